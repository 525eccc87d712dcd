//! The environment of the process as a source, and the per-user directory derived from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// What stands for the environment.
#[derive(Clone, Default)]
pub(super) enum Environment {
    /// Nothing.
    #[default]
    None,
    /// The variables of this process.
    Process,
    /// Given pairs.
    Pairs(BTreeMap<String, String>),
}

impl Environment {
    /// Returns a variable; an empty one counts as absent, as is the custom of shells and compose files.
    pub(super) fn get(&self, name: &str) -> Option<Result<String, OsString>> {
        match self {
            Environment::None => None,
            Environment::Process => process(name).map(OsString::into_string),
            Environment::Pairs(pairs) => pairs.get(name).filter(|value| !value.is_empty()).cloned().map(Ok),
        }
    }

    /// Returns the directory for run-time files of this user: `$XDG_RUNTIME_DIR/micro`, else `micro-<uid>` in the
    /// directory for temporary files. Processes find each other by it, so all of them have to agree, also those
    /// that read no settings from the environment.
    pub(super) fn user_directory(&self) -> PathBuf {
        let runtime = match self {
            Environment::Pairs(pairs) => pairs.get("XDG_RUNTIME_DIR").map(OsString::from),
            _ => process("XDG_RUNTIME_DIR"),
        };
        match runtime.map(PathBuf::from).filter(|directory| directory.is_absolute()) {
            Some(directory) => directory.join("micro"),
            None => std::env::temp_dir().join(format!("micro-{}", user())),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Environment::None => "none",
            Environment::Process => "process",
            Environment::Pairs(_) => "pairs",
        })
    }
}

fn process(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Names the user. `std` cannot ask for the id, but what belongs to the process tells it.
#[cfg(unix)]
fn user() -> String {
    use std::os::unix::fs::MetadataExt;

    let owner = |path: PathBuf| std::fs::metadata(path).ok().map(|metadata| metadata.uid().to_string());
    owner("/proc/self".into())
        .or_else(|| std::env::home_dir().and_then(owner))
        .unwrap_or_else(|| "user".to_owned())
}

/// Names the user. Where there are no user ids the directory for temporary files is the user's own.
#[cfg(not(unix))]
fn user() -> String {
    "user".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_follows_xdg_and_else_lies_with_temporary_files() {
        let pairs =
            |value: &str| Environment::Pairs([("XDG_RUNTIME_DIR".to_owned(), value.to_owned())].into());
        assert_eq!(pairs("/run/user/7").user_directory(), PathBuf::from("/run/user/7/micro"));
        for relative in ["", "run"] {
            let directory = pairs(relative).user_directory();
            assert!(directory.starts_with(std::env::temp_dir()), "{directory:?}");
        }
    }

    #[test]
    fn empty_variables_count_as_absent() {
        let environment = Environment::Pairs([("A".to_owned(), String::new())].into());
        assert!(environment.get("A").is_none());
    }
}
