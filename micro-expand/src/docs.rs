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

fn lines(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.trim_end().lines() {
        let line = line.trim_end();
        let content = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        let line = match (fence, mark) {
            (None, Some(mark)) => {
                fence = Some(mark);
                format!(" {mark}text")
            }
            (Some(open), Some(mark)) if open == mark => {
                fence = None;
                format!(" {mark}")
            }
            (Some(_), _) => format!(" {line}"),
            // Four spaces or more are a code block too. List items keep their depth up to three.
            (None, None) if content.is_empty() => String::new(),
            (None, None) => format!(" {}{content}", " ".repeat((line.len() - content.len()).min(2))),
        };
        lines.push(line);
    }
    lines
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
    fn no_text_is_no_attribute() {
        assert!(lines("").is_empty() && lines("  \n").is_empty());
    }
}
