//! The README and the guides as tests read them: the files that they show, and the blocks of code.

use std::collections::BTreeMap;
use std::fs;

use crate::workspace;

/// Reads a page, by its path in the repository.
///
/// # Panics
///
/// When it is not there.
pub fn page(path: &str) -> String {
    let text = fs::read_to_string(workspace().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}")).replace("\r\n", "\n")
}

/// Returns the files that a page shows, by path: the blocks that follow a `<!-- file: path -->`. Several of one path
/// are joined, with a blank line between them.
///
/// # Panics
///
/// When no block follows such a comment.
pub fn files(page: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::<String, String>::new();
    for shown in page.split("<!-- file: ").skip(1) {
        let Some((path, after)) = shown.split_once(" -->") else { panic!("a comment does not end: {shown}") };
        let block = after.trim_start().starts_with("```").then(|| blocks(after).into_iter().next()).flatten();
        let Some(block) = block else { panic!("{path}: no block follows its comment: {after}") };
        let file = files.entry(path.to_owned()).or_default();
        if !file.is_empty() {
            file.push('\n');
        }
        file.push_str(&block.text);
    }
    files
}

/// A block of code.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The first word of what stands behind the fence: `rust`.
    pub language: String,
    /// Whole lines.
    pub text: String,
}

/// Returns the blocks of code in a text, in their order.
///
/// # Panics
///
/// When one does not end.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("```") else { continue };
        let language = head.split([',', ' ']).next().unwrap_or_default().to_owned();
        let mut block = String::new();
        loop {
            match lines.next() {
                Some("```") => break,
                Some(line) => block.extend([line, "\n"]),
                None => panic!("a block does not end: {block}"),
            }
        }
        blocks.push(Block { language, text: block });
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\n<!-- file: a/b.rs -->\n```rust,ignore (why)\nuse x;\n```\n\nWords.\n\n```text\nsaid\n```\n\n\
                        <!-- file: c.toml -->\n```toml\n[package]\n```\n<!-- file: a/b.rs -->\n```rust\nmod y;\n\nmod z;\n```\n";

    #[test]
    fn files_are_read_by_path_and_joined() {
        let files = files(PAGE);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["a/b.rs", "c.toml"]);
        assert_eq!(files["a/b.rs"], "use x;\n\nmod y;\n\nmod z;\n");
    }

    #[test]
    fn blocks_are_read_in_their_order() {
        let languages: Vec<String> = blocks(PAGE).into_iter().map(|block| block.language).collect();
        assert_eq!(languages, ["rust", "text", "toml", "rust"]);
        assert_eq!(blocks(PAGE)[1].text, "said\n");
    }

    #[test]
    #[should_panic(expected = "d.rs: no block follows")]
    fn a_comment_without_its_block_is_told() {
        files("<!-- file: d.rs -->\n\nWords, and then\n\n```rust\n```\n");
    }
}
