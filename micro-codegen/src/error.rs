//! What is wrong with a `.proto`, shown as compilers show it: file, line, column and a caret.

use std::fmt;
use std::path::{Path, PathBuf};

/// The error of a build. `Display` and `Debug` show the same text, for `.unwrap()` in `build.rs` prints the
/// latter.
pub struct Error(Box<Inner>);

struct Inner {
    message: String,
    places: Vec<Place>,
    help: Option<String>,
    more: Vec<Error>,
}

/// Where in a file, and what to say there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// Line and column from 1; `None` points at the whole file.
    pub(crate) position: Option<(usize, usize)>,
    /// The text of the line, when the file could be read.
    pub(crate) text: Option<String>,
    /// How many characters to underline, at least one.
    pub(crate) width: usize,
    pub(crate) label: String,
}

impl Place {
    /// Points at a whole file.
    pub(crate) fn file(path: &Path) -> Place {
        Place { file: path.to_owned(), position: None, text: None, width: 1, label: String::new() }
    }

    /// Points at `length` bytes of `source`, beginning at the byte `offset`.
    pub(crate) fn bytes(path: &Path, source: &str, offset: usize, length: usize) -> Place {
        let mut start = offset.min(source.len());
        while !source.is_char_boundary(start) {
            start -= 1;
        }
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = source[line_start..].lines().next().unwrap_or_default();
        let column = source[line_start..start].chars().count();
        let end = line.len().min((start - line_start).saturating_add(length));
        let width = line.get(start - line_start..end).map_or(1, |marked| marked.chars().count());
        Place {
            file: path.to_owned(),
            position: Some((before.matches('\n').count() + 1, column + 1)),
            text: Some(line.to_owned()),
            width: width.max(1),
            label: String::new(),
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Place {
        self.label = label.into();
        self
    }
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Error(Box::new(Inner { message: message.into(), places: Vec::new(), help: None, more: Vec::new() }))
    }

    pub(crate) fn at(mut self, place: impl IntoIterator<Item = Place>) -> Self {
        self.0.places.extend(place);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Says what was being read: `what: message`.
    pub(crate) fn within(mut self, what: impl fmt::Display) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// Makes one error of several; `None` of none.
    pub(crate) fn all(errors: Vec<Error>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.0.more.extend(errors);
        Some(first)
    }
}

impl std::error::Error for Error {}

impl fmt::Debug for Error {
    /// Begins on a line of its own, since `.unwrap()` puts words before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n\nerror: {self}\n")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for place in &self.0.places {
            write!(f, "\n{place}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, "\n  = help: {help}")?;
        }
        for error in &self.0.more {
            write!(f, "\n\nerror: {error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((line, column)) = self.position else {
            return write!(f, " --> {}", self.file.display());
        };
        let gutter = " ".repeat(line.to_string().len());
        write!(f, "{gutter}--> {}:{line}:{column}", self.file.display())?;
        let Some(text) = &self.text else {
            return Ok(());
        };
        // Tabs are kept before the caret, so that it stands right at any tab width.
        let indent: String = text.chars().take(column - 1).map(|c| if c == '\t' { c } else { ' ' }).collect();
        let carets = "^".repeat(self.width);
        let label = if self.label.is_empty() { String::new() } else { format!(" {}", self.label) };
        write!(f, "\n{gutter} |\n{line} | {}\n{gutter} | {indent}{carets}{label}", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_file_line_and_caret() {
        let source = "syntax = \"proto3\";\nmessage Foo {\n\tBär bar = 1;\n}\n";
        let offset = source.find("Bär").unwrap();
        let place = Place::bytes(Path::new("foo.proto"), source, offset, "Bär".len()).label("found here");
        let error = Error::new("name 'Bär' is not defined").at([place]).help("define it");
        assert_eq!(
            error.to_string(),
            "name 'Bär' is not defined\n --> foo.proto:3:2\n  |\n3 | \tBär bar = 1;\n  | \t^^^ found here\n  = help: define it"
        );
        assert!(format!("{error:?}").starts_with("\n\nerror: name"));
    }

    #[test]
    fn any_offset_is_a_place() {
        let source = "é\nab";
        for offset in 0..10 {
            for length in [0, 1, 50, usize::MAX] {
                assert!(Place::bytes(Path::new("f"), source, offset, length).width >= 1);
            }
        }
        let end = Place::bytes(Path::new("f"), source, 99, 1);
        assert_eq!(end.position, Some((2, 3)));
    }
}
