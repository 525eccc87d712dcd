//! Documentation, as the contract has it.

use syn::{Attribute, Expr, Lit, Meta};

/// Joins what documents an item to one text, without Rust's notation: the space after `///`, the indentation of a
/// block comment and the stars before its lines. What a macro such as `include_str!` makes is not known here.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(written).flat_map(|text| bare(&text)).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn written(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Takes the notation away from the text of one attribute: a line of `///`, or a whole block comment.
fn bare(text: &str) -> Vec<String> {
    let mut lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    if let Some(column) = stars(&lines) {
        for line in lines.iter_mut().skip(1).filter(|line| !line.is_empty()) {
            *line = &line[column + 1..];
        }
    }
    let indentation = match lines.len() {
        // What a line of `///` has beyond its first space is its own.
        1 => 1,
        _ => common(&lines),
    };
    lines.iter().map(|line| line[blanks(line).min(indentation)..].to_owned()).collect()
}

/// Returns where the stars of a block comment stand, when each line after the first begins with one, as rustdoc has
/// it: all in one column, without an empty line between them.
fn stars(lines: &[&str]) -> Option<usize> {
    let rest = lines.get(1..)?;
    let first = rest.iter().position(|line| !line.is_empty())?;
    let last = rest.iter().rposition(|line| !line.is_empty())?;
    let column = |line: &str| line[blanks(line)..].starts_with('*').then(|| blanks(line));
    let place = column(rest[first])?;
    rest[first..=last].iter().all(|line| column(line) == Some(place)).then_some(place)
}

/// Returns the indentation that the lines have in common, apart from a first one that begins right after `/**`.
fn common(lines: &[&str]) -> usize {
    let indented = |(place, line): &(usize, &&str)| !line.is_empty() && (*place > 0 || blanks(line) > 0);
    lines.iter().enumerate().filter(indented).map(|(_, line)| blanks(line)).min().unwrap_or(0)
}

/// Counts the spaces and tabs that a line begins with.
fn blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_docs(source: &str, expected: &str) {
        let item: syn::DeriveInput = syn::parse_str(&format!("{source} struct A;")).expect("the item is one");
        assert_eq!(docs(&item.attrs), expected, "{source}");
    }

    #[test]
    fn lines_are_joined_without_the_leading_space() {
        assert_docs("/// One.\n///\n///  Indented.\n", "One.\n\n Indented.");
        assert_docs("///One.\n/// Two.  \n///\n", "One.\nTwo.");
        assert_docs("#[doc = \" Adds.\"] #[must_use] #[doc = \" More.\"]", "Adds.\nMore.");
    }

    #[test]
    fn each_line_of_one_attribute_is_a_line() {
        assert_docs("#[doc = \" A.\\n B.\\n\\n   C.\"]", "A.\nB.\n\n  C.");
        assert_docs("#[doc = \"A.\\nB.\\n  C.\"]", "A.\nB.\n  C.");
    }

    #[test]
    fn block_comments_lose_their_indentation_and_their_stars() {
        assert_docs("/** Moves money.\n * Twice is once. */", "Moves money.\nTwice is once.");
        assert_docs(
            "/**\n     * Moves money.\n     *\n     *  - Twice is *once*.\n     */",
            "Moves money.\n\n - Twice is *once*.",
        );
        assert_docs("/**Moves money.\n    Twice is once.\n*/", "Moves money.\nTwice is once.");
        assert_docs("/**\n    Moves:\n\n    * money\n      and more\n*/", "Moves:\n\n* money\n  and more");
    }

    #[test]
    fn what_a_macro_makes_is_left_to_rustdoc() {
        assert_docs("/// One.\n#[doc = include_str!(\"a.md\")]\n/// Two.\n", "One.\nTwo.");
    }
}
