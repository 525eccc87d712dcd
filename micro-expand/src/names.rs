//! Names: the identifiers that are made of a method's name.

use proc_macro2::{Ident, Span};

/// Every word that cannot be an identifier as it stands, in edition 2024 or a later one.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The keywords that are not allowed even behind `r#`.
const NEVER: &[&str] = &["_", "Self", "crate", "self", "super"];

/// Makes an identifier, escaping keywords: `type` becomes `r#type`, `self` becomes `self_`.
///
/// `name` must otherwise be an identifier; every name of a `.proto` is.
pub fn ident(name: &str) -> Ident {
    ident_at(name, Span::call_site())
}

/// Makes an identifier like [`ident`] that points at `span`.
pub fn ident_at(name: &str, span: Span) -> Ident {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if NEVER.contains(&name) {
        Ident::new(&format!("{name}_"), span)
    } else if KEYWORDS.contains(&name) {
        Ident::new_raw(name, span)
    } else {
        Ident::new(name, span)
    }
}

/// Makes the name of a constant: `get_total` becomes `GET_TOTAL`.
pub fn constant(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_uppercase()
}

/// Makes the name a method has on the wire: `get_total` becomes `GetTotal`.
pub fn upper_camel(name: &str) -> String {
    let words = name.strip_prefix("r#").unwrap_or(name).split('_');
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_escaped_and_the_unescapable_get_a_tail() {
        assert_eq!(ident("hello").to_string(), "hello");
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("r#type").to_string(), "r#type");
        assert_eq!(ident("gen").to_string(), "r#gen");
        assert_eq!(ident("self").to_string(), "self_");
    }

    #[test]
    fn names_change_their_case() {
        assert_eq!(upper_camel("get_total"), "GetTotal");
        assert_eq!(upper_camel("r#type"), "Type");
        assert_eq!(upper_camel("v2_get"), "V2Get");
        assert_eq!(constant("get_total"), "GET_TOTAL");
    }
}
