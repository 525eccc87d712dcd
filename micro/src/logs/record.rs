//! One record of the log, made of an event within limits: whatever a program logs, a record stays small.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use tracing::Level;
use tracing::field::{Field, Visit};

use super::capture::Ids;

/// How long a message may be, in bytes.
const MESSAGE: usize = 8 << 10;

/// How long the value of a field may be, in bytes.
const VALUE: usize = 2 << 10;

/// How much room all fields have together, names included, in bytes.
const FIELDS: usize = 8 << 10;

/// What is put after a text that was cut.
const CUT: &str = "…";

/// What a record takes besides its texts, roughly, in bytes.
const OVERHEAD: usize = 160;

/// One record of the log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// When it was logged.
    pub(crate) time: SystemTime,
    pub(crate) level: Level,
    /// The part of the program it comes from.
    pub(crate) target: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Vec<(&'static str, String)>,
    /// The call it was logged in.
    pub(crate) ids: Ids,
}

impl Record {
    /// Makes a record of an event.
    pub(super) fn of(event: &tracing::Event<'_>) -> Self {
        let metadata = event.metadata();
        let mut texts = Texts { message: String::new(), fields: Vec::new(), left: FIELDS };
        event.record(&mut texts);
        Record {
            time: SystemTime::now(),
            level: *metadata.level(),
            target: metadata.target(),
            message: texts.message,
            fields: texts.fields,
            ids: Ids::default(),
        }
    }

    /// Returns how much memory the record takes, roughly, in bytes.
    pub(super) fn size(&self) -> usize {
        let fields = self.fields.iter().map(|(_, value)| size_of::<(&str, String)>() + value.len());
        OVERHEAD + self.message.len() + fields.sum::<usize>()
    }
}

/// Collects the fields of an event.
struct Texts {
    message: String,
    fields: Vec<(&'static str, String)>,
    /// How much room is left for fields.
    left: usize,
}

impl Texts {
    fn take(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if field.name() == "message" {
            self.message = cut(MESSAGE, value);
            return;
        }
        let Some(room) = self.left.checked_sub(field.name().len()).filter(|room| *room > 0) else { return };
        let value = cut(VALUE.min(room), value);
        self.left = room.saturating_sub(value.len());
        self.fields.push((field.name(), value));
    }
}

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.take(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format_args!("{value:?}"));
    }
}

/// Writes at most `limit` bytes of a text, and a mark where the rest is missing.
fn cut(limit: usize, text: fmt::Arguments<'_>) -> String {
    let mut cut = Cut { text: String::new(), limit };
    if cut.write_fmt(text).is_err() {
        cut.text.push_str(CUT);
    }
    cut.text
}

/// Fails at the limit, so that whoever writes stops.
struct Cut {
    text: String,
    limit: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.limit - self.text.len();
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| more.is_char_boundary(*end)).unwrap_or(0);
        self.text.push_str(&more[..end]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_marked() {
        assert_eq!(cut(4, format_args!("abcd")), "abcd");
        assert_eq!(cut(4, format_args!("abcde")), "abcd…");
        assert_eq!(cut(4, format_args!("{}{}", "abc", "äb")), "abc…");
        assert_eq!(cut(0, format_args!("a")), "…");
        assert_eq!(cut(0, format_args!("")), "");
    }
}
