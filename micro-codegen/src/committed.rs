//! Code that is committed: held against what would be made now, and written anew only when that is asked for.

use std::env;
use std::path::Path;

use crate::Result;
use crate::error::Error;
use crate::write::{self, Found};

/// The variable that has committed code written.
pub(crate) const UPDATE: &str = "UPDATE_GENERATED";

/// Tells whether committed code is to be written.
///
/// # Errors
///
/// When the variable says something else than yes or no.
pub(crate) fn asked() -> Result<bool> {
    meant(env::var_os(UPDATE).unwrap_or_default().to_str())
}

fn meant(value: Option<&str>) -> Result<bool> {
    match value {
        Some("" | "0") => Ok(false),
        Some("1") => Ok(true),
        other => Err(Error::new(format!(
            "{UPDATE} is {:?}; it is 1, or it is not set",
            other.unwrap_or("no text")
        ))),
    }
}

/// Makes `target` hold `code`, and deletes what earlier versions left beside it.
pub(crate) fn write(target: &Path, code: &str) -> Result<()> {
    write::if_changed(target, code)?;
    write::clear(target)
}

/// Holds `target` against `code`, and what lies beside it. Nothing is written.
///
/// # Errors
///
/// Which files are stale, missing or too many, and that `command` mends it.
pub(crate) fn check(target: &Path, code: &str, command: &str) -> Result<()> {
    let mut wrong = Vec::new();
    match write::look(target, code)? {
        Found::Same => {}
        Found::Nothing => wrong.push(format!("missing: {}", target.display())),
        Found::Other(current) => {
            wrong.push(format!("stale:   {}, from line {}", target.display(), first(&current, code)));
        }
    }
    for other in write::leftovers(target)? {
        wrong.push(format!("extra:   {}", other.display()));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let error = Error::new(format!("committed code is not what would be made now\n  {}", wrong.join("\n  ")));
    Err(error.help(format!(
        "{UPDATE}=1 {command}\n  = note: `cargo fmt` leaves it as it is when its module is declared under `#[rustfmt::skip]`"
    )))
}

/// Returns the number of the first line in which two texts differ.
fn first(one: &str, other: &str) -> usize {
    let same = one.lines().zip(other.lines()).take_while(|(one, other)| one == other);
    same.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_yes_and_nothing_is_no() {
        assert!(meant(Some("1")).unwrap());
        for no in ["", "0"] {
            assert!(!meant(Some(no)).unwrap(), "{no:?}");
        }
        for wrong in [Some("true"), None] {
            assert!(meant(wrong).unwrap_err().to_string().contains(UPDATE), "{wrong:?}");
        }
    }

    #[test]
    fn the_first_difference_is_counted_from_one() {
        for (one, other, expected) in [("a\nb", "a\nc", 2), ("", "a", 1), ("a", "a\nb", 2)] {
            assert_eq!(first(one, other), expected, "{one:?} {other:?}");
        }
    }
}
