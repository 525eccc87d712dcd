//! What cargo, and whoever runs the tests, tell a test.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// Tells whether `variable=1` was given.
///
/// # Errors
///
/// `invalid argument` for a value that is neither `1` nor `0`: it was meant as something.
pub(crate) fn asked(variable: &str) -> Result<bool> {
    meant(variable, std::env::var_os(variable).unwrap_or_default().to_str())
}

/// Returns the directory of the package whose tests run, as cargo says it.
pub(crate) fn package_directory() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").filter(|directory| !directory.is_empty()).map(PathBuf::from)
}

fn meant(variable: &str, value: Option<&str>) -> Result<bool> {
    match value {
        Some("" | "0") => Ok(false),
        Some("1") => Ok(true),
        other => Err(Error::invalid_argument(format!(
            "{variable} is {:?}; it is 1, or it is not set",
            other.unwrap_or("no text")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_yes_and_nothing_is_no() {
        assert!(meant("X", Some("1")).unwrap());
        for no in ["", "0"] {
            assert!(!meant("X", Some(no)).unwrap());
        }
        for wrong in [Some("yes"), Some("11"), None] {
            let error = meant("UPDATE_CONTRACT", wrong).unwrap_err();
            assert!(
                error.message().contains("UPDATE_CONTRACT") && error.message().contains("it is 1"),
                "{error}"
            );
        }
    }

    #[test]
    fn cargo_says_where_the_package_is() {
        assert!(package_directory().unwrap().join("Cargo.toml").is_file());
    }
}
