//! Names that callers choose, of customers and of orders.

use micro::{Error, Result};

/// The longest name, in bytes. Names end up as keys and ids of events, which have a limit too.
const LONGEST: usize = 64;

/// Checks a name: 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// # Errors
///
/// `invalid argument` that says so of `what`.
pub fn check(what: &str, name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(fits) {
        return Err(Error::invalid_argument(format!("{what} must be 1 to {LONGEST} of A-Z a-z 0-9 . _ -")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["ann", "Ann.B_c-9", &"x".repeat(64)] {
            assert!(check("customer", good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "ä", "a\n", &"x".repeat(65)] {
            let error = check("customer", bad).unwrap_err();
            assert!(error.message().starts_with("customer must be 1 to 64"), "{bad:?}: {error}");
        }
    }
}
