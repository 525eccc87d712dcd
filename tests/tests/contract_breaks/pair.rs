//! Two versions of a contract as text, and what is said about the way from one to the other.

use std::fs;
use std::path::Path;

use prost::Message as _;

/// What a file begins with that does not begin with a syntax of its own.
const BEGIN: &str = "syntax = \"proto3\"; package shop.v1;";

/// What the name of a further file of a version stands after.
const FILE: &str = "=== ";

/// A change, and who takes it for a break.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    /// What is changed.
    pub(crate) name: &'static str,
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
    /// Our breaks, sorted by place.
    pub(crate) breaks: &'static [&'static str],
    /// The rules of buf that are broken, sorted by name.
    pub(crate) buf: &'static [&'static str],
    /// Why one of us sees a break and the other does not.
    pub(crate) differs: Option<&'static str>,
}

/// Makes a pair that breaks nobody.
pub(crate) const fn pair(name: &'static str, old: &'static str, new: &'static str) -> Pair {
    Pair { name, old, new, breaks: &[], buf: &[], differs: None }
}

impl Pair {
    /// Says what breaks by our rules.
    pub(crate) const fn breaks(mut self, breaks: &'static [&'static str]) -> Pair {
        self.breaks = breaks;
        self
    }

    /// Says what breaks by buf's.
    pub(crate) const fn buf(mut self, rules: &'static [&'static str]) -> Pair {
        self.buf = rules;
        self
    }

    /// Says why the two do not agree.
    pub(crate) const fn differs(mut self, why: &'static str) -> Pair {
        self.differs = Some(why);
        self
    }
}

/// Compiles a version: one file, or several with a name before each but the first.
pub(crate) fn compile(version: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        let begin = if text.trim_start().starts_with("syntax") { "" } else { BEGIN };
        fs::write(&path, format!("{begin}\n{text}")).unwrap();
        files.push(path);
    };
    let mut parts = version.split(FILE);
    if let Some(first) = parts.next().filter(|first| !first.trim().is_empty()) {
        write("shop.proto", first);
    }
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap();
        write(name.trim(), text);
    }
    let includes: [&Path; 1] = [directory.path()];
    match protox::compile(&files, includes) {
        Ok(set) => set.encode_to_vec(),
        Err(error) => panic!("{version}\n{error:?}"),
    }
}
