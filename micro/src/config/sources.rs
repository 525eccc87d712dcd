//! Where settings come from: flags, environment, code.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::error::Result;

use super::environment::Environment;
use super::flags::{self, Request};
use super::settings::{Key, Origin};

/// The places that are asked for settings. Empty unless told otherwise: tests and libraries are not surprised by
/// whoever started the process.
#[derive(Clone, Default)]
pub struct Sources {
    environment: Environment,
    flags: BTreeMap<&'static str, String>,
    code: BTreeMap<&'static str, String>,
}

impl Sources {
    /// Asks nobody: every setting has its default.
    pub fn none() -> Self {
        Sources::default()
    }

    /// Asks the `MICRO_*` variables of this process.
    pub fn environment() -> Self {
        Sources::none().with_environment()
    }

    /// Asks `pairs` in place of the environment, for tests.
    pub fn pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Sources { environment: Environment::Pairs(pairs), ..Sources::none() }
    }

    /// Asks the `MICRO_*` variables of this process too.
    pub fn with_environment(mut self) -> Self {
        self.environment = Environment::Process;
        self
    }

    /// Asks `arguments` too: those of a command line, without the program's name. What follows `--`, and what
    /// does not begin with `-`, is left to the program.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown flag, listing the known, and for one that lacks its value.
    pub fn flags<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Result<Self> {
        self.read_flags(arguments.into_iter().map(Into::into))?;
        Ok(self)
    }

    /// Reads flags; returns what else the command line asks for.
    pub(crate) fn read_flags(
        &mut self,
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Option<Request>> {
        let parsed = flags::parse(arguments)?;
        self.flags.extend(parsed.values);
        Ok(parsed.request)
    }

    /// Sets a value in code.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.code.insert(key, value.into());
    }

    /// Returns the arguments of this process, without the program's name. Those that are not Unicode cannot be
    /// ours.
    pub(crate) fn arguments() -> impl Iterator<Item = String> {
        std::env::args_os().skip(1).filter_map(|argument| argument.into_string().ok())
    }

    /// Finds the text given for `key`, and by whom. An error for an environment variable that is not Unicode.
    pub(super) fn get(&self, key: &'static Key) -> Option<Result<(String, Origin), (Origin, String)>> {
        if let Some(text) = self.flags.get(key.key) {
            return Some(Ok((text.clone(), Origin::Flag(key.flag))));
        }
        let origin = Origin::Environment(key.env);
        match self.environment.get(key.env) {
            Some(Ok(text)) => return Some(Ok((text, origin))),
            Some(Err(_)) => return Some(Err((origin, "the value is not Unicode text".to_owned()))),
            None => {}
        }
        self.code.get(key.key).map(|text| Ok((text.clone(), Origin::Code)))
    }

    /// Returns the directory of the `local:` registry when nobody sets one: the same for every process of the
    /// user, whichever sources it asks.
    pub(super) fn local_registry_dir(&self) -> PathBuf {
        self.environment.user_directory().join("registry")
    }
}

impl fmt::Debug for Sources {
    /// Prints keys only: values may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("environment", &self.environment)
            .field("flags", &self.flags.keys().collect::<Vec<_>>())
            .field("code", &self.code.keys().collect::<Vec<_>>())
            .finish()
    }
}
