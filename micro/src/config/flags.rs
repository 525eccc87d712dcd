//! The command line as a source.

use crate::error::{Error, Result};

use super::settings::{KEYS, Key};

/// What a command line asks for in place of running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// `--describe`.
    Describe,
}

/// What a command line says.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Values by key.
    pub(super) values: Vec<(&'static str, String)>,
    /// The first of `--help`, `--version` and `--describe`.
    pub(super) request: Option<Request>,
}

/// Reads `--key value`, `--key=value` and bare switches. Stops at `--`; passes over what does not begin with `-`.
pub(super) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut arguments = arguments.into_iter().peekable();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        if !argument.starts_with('-') || argument == "-" {
            continue;
        }
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        match flag {
            "--help" | "-h" => parsed.request = parsed.request.or(Some(Request::Help)),
            "--version" | "-V" => parsed.request = parsed.request.or(Some(Request::Version)),
            "--describe" => parsed.request = parsed.request.or(Some(Request::Describe)),
            _ => {
                let key = KEYS.iter().find(|key| key.flag == flag).ok_or_else(|| unknown(flag))?;
                let value = match value {
                    Some(value) => value,
                    None if key.bare => "true".to_owned(),
                    // A value of ours never begins with two dashes, a forgotten one is followed by a flag.
                    None => {
                        arguments.next_if(|next| !next.starts_with("--")).ok_or_else(|| lacks_value(key))?
                    }
                };
                parsed.values.push((key.key, value));
            }
        }
    }
    Ok(parsed)
}

fn lacks_value(key: &Key) -> Error {
    Error::invalid_argument(format!("flag {0} lacks its value; an example: {0}={1}", key.flag, key.example))
}

fn unknown(flag: &str) -> Error {
    let requests = ["--help", "--version", "--describe"];
    let known: Vec<&str> = KEYS.iter().map(|key| key.flag).chain(requests).collect();
    let near = known.iter().map(|known| (distance(flag, known), known)).min().filter(|(far, _)| *far <= 3);
    let hint = near.map(|(_, known)| format!("did you mean {known}? ")).unwrap_or_default();
    Error::invalid_argument(format!(
        "unknown flag {flag}; {hint}known are {}; flags of your own stand after `--`",
        known.join(", ")
    ))
}

/// Counts the letters to insert, remove or replace to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // Longer words than any flag need no exact answer.
    for (index, left) in from.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Parsed> {
        parse(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn values_come_joined_or_apart_and_switches_bare() {
        let parsed =
            of(&["serve", "--address", "1.2.3.4:5", "--insecure", "--zone=a=b", "--", "--mine"]).unwrap();
        let values: Vec<_> = parsed.values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(values, [("address", "1.2.3.4:5"), ("insecure", "true"), ("zone", "a=b")]);
        assert_eq!(of(&["--insecure=false"]).unwrap().values, [("insecure", "false".to_owned())]);
        assert_eq!(parsed.request, None);
        assert_eq!(of(&["-h"]).unwrap().request, Some(Request::Help));
        assert_eq!(of(&["--version", "--help"]).unwrap().request, Some(Request::Version));
        assert_eq!(of(&["--describe", "--zone=a"]).unwrap().request, Some(Request::Describe));
    }

    #[test]
    fn unknown_flags_list_the_known_and_the_nearest() {
        let message = of(&["--adress=x"]).unwrap_err().message().to_owned();
        for text in ["--adress", "did you mean --address?", "--registry", "after `--`"] {
            assert!(message.contains(text), "{text}: {message}");
        }
        assert!(!of(&["--completely-else"]).unwrap_err().message().contains("did you mean"));
    }

    #[test]
    fn a_forgotten_value_is_an_error_with_an_example() {
        for arguments in [&["--address"][..], &["--address", "--insecure"]] {
            let message = of(arguments).unwrap_err().message().to_owned();
            assert!(message.contains("--address=127.0.0.1:4000"), "{message}");
        }
    }
}
