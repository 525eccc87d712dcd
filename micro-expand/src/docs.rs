//! Documentation: text from a `.proto` or from another item, made safe to stand on a generated one.

use proc_macro2::TokenStream;
use quote::quote;

/// Makes one `#[doc]` attribute a line of `text`; nothing of an empty text.
///
/// Code blocks lose their language: rustdoc would compile them as tests, and what a comment of a `.proto` holds is
/// not Rust, while what a comment in Rust holds is tested where it was written.
pub fn doc_attributes(text: &str) -> TokenStream {
    let lines = lines(text);
    quote!(#(#[doc = #lines])*)
}

/// Returns how many bytes of `line` come before its text: blanks, and the signs of lists and quotes.
pub fn signs(line: &str) -> usize {
    let mut rest = line;
    loop {
        let content = rest.trim_start();
        let unnumbered = content.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let after = match unnumbered.len() < content.len() {
            true => unnumbered.strip_prefix(['.', ')']),
            false => content.strip_prefix(['-', '*', '+', '>']),
        };
        match after {
            Some(after) if after.starts_with([' ', '\t']) || content.starts_with('>') => rest = after,
            _ => return line.len() - content.len(),
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    // How the open block of code begins, and whether it stands in a list or a quote.
    let mut open: Option<(&str, bool)> = None;
    let mut lines = Vec::new();
    for line in text.trim_end().lines() {
        let line = line.trim_end();
        let (before, content) = line.split_at(signs(line));
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        let nested = !before.trim().is_empty();
        let line = match (open, mark) {
            (None, Some(mark)) => {
                open = Some((mark, nested));
                match nested {
                    true => format!(" {}{mark}text", shallow(before)),
                    false => format!(" {mark}text"),
                }
            }
            (Some((opened, nested)), Some(mark)) if opened == mark => {
                open = None;
                // What is nested ends at its own depth.
                let before = if nested { before } else { "" };
                format!(" {before}{mark}")
            }
            (Some(_), _) => format!(" {line}"),
            (None, None) if content.is_empty() => String::new(),
            (None, None) => format!(" {}{content}", shallow(before)),
        };
        lines.push(line);
    }
    lines
}

/// Makes of what stands before a text what does not begin a block of code, as four blanks do. List items keep their
/// depth up to two.
fn shallow(before: &str) -> String {
    let signs = before.trim_start();
    let blanks = " ".repeat((before.len() - signs.len()).min(2));
    if signs.contains("     ") || signs.contains('\t') {
        let signs: String = signs.split_whitespace().map(|sign| format!("{sign} ")).collect();
        return format!("{blanks}{signs}");
    }
    format!("{blanks}{signs}")
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn nothing_in_a_comment_becomes_a_test() {
        let text = "Says hello.\n\n        let x = 1;\n```\nnot rust\n```\nEnd.";
        assert_eq!(
            lines(text),
            [" Says hello.", "", "   let x = 1;", " ```text", " not rust", " ```", " End."]
        );
    }

    #[test]
    fn nothing_in_a_list_or_a_quote_becomes_a_test() {
        let text = "- ```rust\n  let x = 1;\n  ```\n> ```\n> x\n> ```\n1.      let x = 1;\n- one *two*";
        assert_eq!(
            lines(text),
            [
                " - ```text",
                "   let x = 1;",
                "   ```",
                " > ```text",
                " > x",
                " > ```",
                " 1. let x = 1;",
                " - one *two*"
            ]
        );
    }

    #[test]
    fn no_text_is_no_attribute() {
        assert!(lines("").is_empty() && lines("  \n").is_empty());
    }
}
