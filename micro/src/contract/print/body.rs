//! Statements as they stand below one another: how far in, and with which blank lines between.

/// Statements between two braces, or at the top of a file. A statement is whole lines, its comment included; an empty
/// one is none.
#[derive(Debug, Default)]
pub(super) struct Body {
    text: String,
    /// Whether the last statement keeps its distance.
    distant: bool,
}

impl Body {
    /// Adds a statement that stands close to its neighbours.
    pub(super) fn close(&mut self, statement: &str) {
        self.add(statement, false);
    }

    /// Adds a statement that has a blank line before and after it.
    pub(super) fn apart(&mut self, statement: &str) {
        self.add(statement, true);
    }

    fn add(&mut self, statement: &str, distant: bool) {
        if statement.is_empty() {
            return;
        }
        if !self.text.is_empty() && (distant || self.distant) {
            self.text.push('\n');
        }
        self.text.push_str(statement);
        self.distant = distant;
    }

    /// Tells whether there is no statement.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Makes one statement of all: `head`, and the others in braces.
    pub(super) fn within(self, head: &str) -> String {
        if self.is_empty() {
            return format!("{head} {{}}\n");
        }
        let mut text = format!("{head} {{\n");
        for line in self.text.lines() {
            if !line.is_empty() {
                text.push_str("  ");
                text.push_str(line);
            }
            text.push('\n');
        }
        text.push_str("}\n");
        text
    }

    /// Returns the statements as they are.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Writes a text as a string of the language.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_ascii_control() => quoted.push_str(&format!("\\{:03o}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_its_distance_keeps_it_on_both_sides() {
        let mut inner = Body::default();
        inner.close("a;\n");
        inner.close("b;\n");
        inner.apart("c;\n");
        inner.close("d;\n");
        assert_eq!(inner.within("x"), "x {\n  a;\n  b;\n\n  c;\n\n  d;\n}\n");
        assert_eq!(Body::default().within("x"), "x {}\n");
    }

    #[test]
    fn what_would_end_a_string_is_escaped() {
        assert_eq!(quoted("a\"b\\c\nü"), "\"a\\\"b\\\\c\\012ü\"");
    }
}
