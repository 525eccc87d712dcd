//! Comments become documentation. What rustdoc would take for Rust to run is marked as text, since a comment in
//! a `.proto` is for readers of every language.

use std::collections::BTreeMap;

use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, SourceCodeInfo};

/// Makes every comment of a file fit for rustdoc.
pub(crate) fn clean(file: &mut FileDescriptorProto) {
    for location in file.source_code_info.iter_mut().flat_map(|info| &mut info.location) {
        // Detached comments belong to nothing, and how they are told apart is a matter of taste.
        location.leading_detached_comments.clear();
        let comments = [&mut location.leading_comments, &mut location.trailing_comments];
        for text in comments.into_iter().flatten() {
            *text = without_code(text);
        }
    }
}

/// The comments of a file, by the path of what they stand at: a search for each would take long in a large file.
pub(crate) struct Docs<'a>(BTreeMap<&'a [i32], &'a Location>);

impl<'a> Docs<'a> {
    /// Finds the comments of a file.
    pub(crate) fn of(info: Option<&'a SourceCodeInfo>) -> Self {
        let mut found = BTreeMap::new();
        for location in info.into_iter().flat_map(|info| &info.location) {
            found.entry(location.path.as_slice()).or_insert(location);
        }
        Docs(found)
    }

    /// Returns the documentation of what stands at `path`: the comment above, then the one behind.
    pub(crate) fn at(&self, path: &[i32]) -> String {
        let Some(location) = self.0.get(path) else { return String::new() };
        let comments = [location.leading_comments.as_deref(), location.trailing_comments.as_deref()];
        let texts: Vec<String> =
            comments.into_iter().flatten().map(unindented).filter(|text| !text.is_empty()).collect();
        texts.join("\n\n")
    }
}

/// Takes the space after the comment sign off every line, and empty lines off both ends.
fn unindented(comment: &str) -> String {
    let lines: Vec<&str> =
        comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn without_code(comment: &str) -> String {
    // How the open block of code begins, and whether it stands in a list or a quote.
    let mut open: Option<(&str, bool)> = None;
    let mut out = String::with_capacity(comment.len());
    for line in comment.lines() {
        let (before, content) = line.split_at(micro_expand::signs(line));
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        let marks = &content[..content.len() - content.trim_start_matches(['`', '~']).len()];
        match (open, mark) {
            (None, Some(mark)) => {
                open = Some((mark, !before.trim().is_empty()));
                out.push_str(&format!("{}{marks}text", shallow(before)));
            }
            (Some((opened, nested)), Some(mark)) if opened == mark => {
                open = None;
                // What is nested ends at its own depth.
                let before = if nested { before.to_owned() } else { shallow(before) };
                out.push_str(&format!("{before}{marks}"));
            }
            (Some(_), _) => out.push_str(line),
            (None, None) if content.is_empty() => {}
            (None, None) => out.push_str(&format!("{}{content}", shallow(before))),
        }
        out.push('\n');
    }
    out
}

/// Makes of what stands before a text what does not begin a block of code: with the one blank that prost-build adds
/// to a line of several, four after the comment sign would.
fn shallow(before: &str) -> String {
    let signs = before.trim_start();
    let blanks = &before[..before.len() - signs.len()];
    let blanks = if blanks.len() > 3 || blanks.contains('\t') { "   " } else { blanks };
    if signs.contains("     ") || signs.contains('\t') {
        let signs: String = signs.split_whitespace().map(|sign| format!("{sign} ")).collect();
        return format!("{blanks}{signs}");
    }
    format!("{blanks}{signs}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_as_text() {
        assert_eq!(without_code(" Says:\n\n     let x = 1;\n"), " Says:\n\n   let x = 1;\n");
        assert_eq!(without_code(" Says:\n\n    let x = 1;\n     \n"), " Says:\n\n   let x = 1;\n\n");
        assert_eq!(without_code(" -     let x = 1;\n"), " - let x = 1;\n");
        assert_eq!(
            without_code(" ```go\n     x := 1\n ```\n after\n"),
            " ```text\n     x := 1\n ```\n after\n"
        );
        assert_eq!(without_code(" - one\n   two\n"), " - one\n   two\n");
        assert_eq!(
            without_code(" - ```rust\n   let x = 1;\n   ```\n > ```\n > x\n > ```\n"),
            " - ```text\n   let x = 1;\n   ```\n > ```text\n > x\n > ```\n"
        );
    }

    #[test]
    fn both_comments_are_documentation() {
        let location = Location {
            path: vec![6, 0],
            leading_comments: Some(" Says things.\n\n Politely.\n".to_owned()),
            trailing_comments: Some(" Or not.\n".to_owned()),
            ..Location::default()
        };
        let info = SourceCodeInfo { location: vec![location] };
        let docs = Docs::of(Some(&info));
        assert_eq!(docs.at(&[6, 0]), "Says things.\n\nPolitely.\n\nOr not.");
        assert_eq!(docs.at(&[6, 1]), "");
        assert_eq!(Docs::of(None).at(&[6, 0]), "");
    }
}
