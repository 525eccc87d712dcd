//! Where descriptors come from: protox, which is built in, protoc, or a descriptor set that something else made. What is
//! generated from the same files is the same.

mod editions;
mod parse;
mod protoc;
mod set;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use prost_types::FileDescriptorProto;

use crate::Result;
use crate::error::{Error, Place};
use crate::options::Custom;

/// What a build is asked to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    /// The files asked for.
    pub(crate) files: Vec<PathBuf>,
    /// Where imports are looked up; what is the default for the files when empty.
    pub(crate) includes: Vec<PathBuf>,
    /// Whether protoc reads the files.
    pub(crate) protoc: bool,
    /// The set that holds the files, in place of their text.
    pub(crate) set: Option<PathBuf>,
}

/// The files of a build: everything asked for and everything imported.
pub(crate) struct Source {
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The names of the files asked for.
    pub(crate) roots: Vec<String>,
    /// Where the named files lie, as far as that is known.
    pub(crate) on_disk: BTreeMap<String, PathBuf>,
    /// The custom options that are set in the files.
    pub(crate) options: Vec<Custom>,
}

impl Source {
    /// Takes the files of an encoded request to a plugin of protoc, which are checked as those of a set are.
    pub(crate) fn of_request(encoded: &[u8], roots: Vec<String>) -> Result<Source> {
        let (files, options) = set::decode(set::of_request(encoded)?)?;
        Ok(Source { files, roots, on_disk: BTreeMap::new(), options })
    }

    /// Lists the files read from disk.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.on_disk.values().cloned().collect()
    }

    /// Returns the place of what stands at `path` in a file's descriptor, in the terms of `SourceCodeInfo`.
    pub(crate) fn place(&self, file: &FileDescriptorProto, path: &[i32]) -> Place {
        let shown = self.on_disk.get(file.name()).cloned().unwrap_or_else(|| PathBuf::from(file.name()));
        let mut place = Place::file(&shown);
        let location = file
            .source_code_info
            .iter()
            .flat_map(|info| &info.location)
            .find(|location| location.path == path);
        // A span is line, column, end column; or, over several lines, line, column, end line, end column.
        let Some([line, column, rest @ ..]) = location.map(|location| location.span.as_slice()) else {
            return place;
        };
        let number = |value: &i32| usize::try_from(*value).unwrap_or(0);
        place.position = Some((number(line) + 1, number(column) + 1));
        if let [end] = rest {
            place.width = number(end).saturating_sub(number(column)).max(1);
        }
        if let Ok(text) = fs::read_to_string(&shown) {
            place.text = text.lines().nth(number(line)).map(str::to_owned);
        }
        place
    }
}

impl Inputs {
    /// Reads the files and whatever they import.
    pub(crate) fn read(&self) -> Result<Source> {
        let includes = self.includes();
        match (&self.set, self.protoc) {
            (Some(_), true) => {
                let error = Error::new("there are two sources: `.protoc(true)` and `.descriptor_set(…)`");
                Err(error.help("leave one of them out"))
            }
            (Some(set), false) => set::read(set, &self.files, &includes),
            (None, true) => protoc::read(check(&self.files)?, &includes),
            (None, false) => parse::read(check(&self.files)?, &includes),
        }
    }

    /// Lists what a change of makes another tree, as far as that is known before anything is read.
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        match &self.set {
            Some(set) => vec![set.clone()],
            None => self.files.clone(),
        }
    }

    /// Names the environment variable that decides what reads the files, if one does.
    pub(crate) fn variable(&self) -> Option<&'static str> {
        self.protoc.then_some(protoc::PROGRAM)
    }

    fn includes(&self) -> Vec<PathBuf> {
        let mut includes = self.includes.clone();
        if includes.is_empty() {
            for file in &self.files {
                let directory = default_include(file);
                if !includes.contains(&directory) {
                    includes.push(directory);
                }
            }
        }
        includes
    }
}

/// Refuses to read nothing, and what is not there.
fn check(files: &[PathBuf]) -> Result<&[PathBuf]> {
    if files.is_empty() {
        return Err(Error::new("no .proto file was named").help("name at least one, relative to the package"));
    }
    match files.iter().find(|file| !file.is_file()) {
        Some(file) => Err(missing(file)),
        None => Ok(files),
    }
}

fn missing(file: &Path) -> Error {
    let error = Error::new(format!("there is no file {}", file.display()));
    match std::env::current_dir() {
        Ok(directory) => error.help(format!("paths are relative to {}", directory.display())),
        Err(_) => error,
    }
}

/// Returns the name by which a file is imported: what follows the first of `includes` that it lies in.
fn name(path: &Path, includes: &[PathBuf]) -> Option<String> {
    let path = plain(path);
    includes.iter().find_map(|include| joined(path.strip_prefix(plain(include)).ok()?))
}

/// Leaves out what stands for the same directory.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// Writes a path as imports are written; `None` for one that is empty or no text.
fn joined(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/")).filter(|name| !name.is_empty())
}

fn default_include(file: &Path) -> PathBuf {
    let own = match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    own.ancestors()
        .find(|directory| matches!(directory.components().next_back(), Some(Component::Normal(name)) if name == "proto"))
        .unwrap_or(own)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_looked_up_from_the_nearest_proto_directory() {
        for (file, expected) in [
            ("proto/greeter.proto", "proto"),
            ("proto/greeter/v1/greeter.proto", "proto"),
            ("../proto/ledger/proto/ledger.proto", "../proto/ledger/proto"),
            ("api/greeter.proto", "api"),
            ("greeter.proto", "."),
        ] {
            assert_eq!(default_include(Path::new(file)), Path::new(expected), "{file}");
        }
    }

    #[test]
    fn a_file_is_named_after_the_directory_it_is_looked_up_in() {
        for (path, includes, expected) in [
            ("proto/greeter/v1/greeter.proto", &["api", "proto"][..], Some("greeter/v1/greeter.proto")),
            ("./proto/greeter.proto", &["proto/./"], Some("greeter.proto")),
            ("greeter.proto", &["."], Some("greeter.proto")),
            ("proto/greeter.proto", &["proto/greeter.proto"], None),
            ("protocol/greeter.proto", &["proto"], None),
        ] {
            let includes: Vec<PathBuf> = includes.iter().map(PathBuf::from).collect();
            assert_eq!(name(Path::new(path), &includes).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn one_build_has_one_source() {
        let inputs = Inputs { protoc: true, set: Some(PathBuf::from("a.binpb")), ..Inputs::default() };
        let error = inputs.read().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("two sources") && error.contains("leave one"), "{error}");
    }
}
