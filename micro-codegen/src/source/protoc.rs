//! Reads `.proto` files with protoc, for whoever has to have its verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use micro_expand::{OPTIONS_FILE, OPTIONS_PROTO};

use super::{Source, editions, name, parse, set};
use crate::Result;
use crate::error::Error;

/// The variable that says where protoc is.
pub(super) const PROGRAM: &str = "PROTOC";

/// Reads `files` and whatever they import from `includes`, by the protoc of the environment.
pub(super) fn read(files: &[PathBuf], includes: &[PathBuf]) -> Result<Source> {
    let program = env::var_os(PROGRAM).filter(|program| !program.is_empty());
    compile(&program.unwrap_or_else(|| "protoc".into()), files, includes)
}

fn compile(program: &OsStr, files: &[PathBuf], includes: &[PathBuf]) -> Result<Source> {
    let place = |error: std::io::Error| Error::new(format!("there is no room for protoc's answer: {error}"));
    let directory = tempfile::tempdir().map_err(place)?;
    let answer = directory.path().join("set.binpb");
    // Behind the others, so that a copy of one's own goes first.
    let built_in = directory.path().join("built_in");
    let options = built_in.join(OPTIONS_FILE);
    fs::create_dir_all(options.parent().unwrap_or(&built_in)).map_err(place)?;
    fs::write(&options, OPTIONS_PROTO).map_err(place)?;
    let output = run(program, &answer, files, includes.iter().chain([&built_in]))?;
    if !output.status.success() {
        let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        let error = Error::new(format!("protoc failed, {}:\n{}", output.status, said.trim_end()));
        return Err(explain(error, &said, files, includes));
    }
    let (held, options) = set::decode(fs::read(&answer).map_err(place)?)
        .map_err(|error| not_text(files, includes).unwrap_or(error))?;
    let mut roots = Vec::new();
    for file in files {
        roots.push(name(file, includes).ok_or_else(|| {
            Error::new(format!("{} lies in none of the directories imports are looked up in", file.display()))
        })?);
    }
    let mut on_disk = BTreeMap::new();
    for file in &held {
        let mut candidates = includes.iter().map(|include| include.join(file.name()));
        if let Some(path) = candidates.find(|path| path.is_file()) {
            on_disk.insert(file.name().to_owned(), path);
        }
    }
    Ok(Source { files: held, roots, on_disk, options })
}

/// Adds to an error what helps when protoc has `said` that.
fn explain(error: Error, said: &str, files: &[PathBuf], includes: &[PathBuf]) -> Error {
    let begins = |file: &PathBuf| editions::place(file, &fs::read_to_string(file).ok()?);
    for place in files.iter().filter_map(begins) {
        // Versions before 27 stop at the word, or say by which option they try.
        let (line, column) = place.position.unwrap_or_default();
        let stopped = said.contains(&format!(":{line}:{column}: Expected top-level statement"));
        if stopped || said.contains("--experimental_editions") {
            return error.at([place]).help(
                "protoc reads editions from version 27: call a newer one, or let another compiler make a descriptor set, \
                 `buf build -o set.binpb`, and say `.descriptor_set(\"set.binpb\")`",
            );
        }
    }
    let looked: Vec<String> = includes.iter().map(|include| include.display().to_string()).collect();
    error.help(format!("it looks in: {}; add a directory with `.include(…)`", looked.join(", ")))
}

/// Finds a file that is not UTF-8 among `files` and what they import. protoc lets that pass in comments, and then nobody
/// can read its answer, nor tell by it which file it is.
fn not_text(files: &[PathBuf], includes: &[PathBuf]) -> Option<Error> {
    let mut seen = BTreeSet::new();
    let mut open = files.to_vec();
    while let Some(path) = open.pop() {
        let Ok(bytes) = fs::read(&path) else { continue };
        match String::from_utf8(bytes) {
            Ok(text) => {
                for import in text.lines().filter(|line| line.trim_start().starts_with("import")) {
                    let name = import.split(['"', '\'']).nth(1).unwrap_or_default();
                    let found = includes.iter().map(|include| include.join(name)).find(|path| path.is_file());
                    open.extend(found.filter(|path| seen.insert(path.clone())));
                }
            }
            Err(bad) => return Some(parse::not_text(&path, bad.as_bytes(), bad.utf8_error().valid_up_to())),
        }
    }
    None
}

fn run<'a>(
    program: &OsStr,
    answer: &Path,
    files: &[PathBuf],
    includes: impl Iterator<Item = &'a PathBuf>,
) -> Result<Output> {
    let mut out = OsString::from("--descriptor_set_out=");
    out.push(answer);
    let mut command = Command::new(program);
    command.args(["--include_imports", "--include_source_info"]).arg(out);
    for include in includes {
        command.arg("-I").arg(include);
    }
    command.args(files).stdin(Stdio::null()).output().map_err(|error| {
        let error = Error::new(format!("cannot start {}: {error}", Path::new(program).display()));
        error.help(format!(
            "install protoc (Debian's package is `protobuf-compiler`), or set {PROGRAM} to where it is; micro needs none \
             without `.protoc(true)`"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protoc_that_reads_no_editions_is_told_which_does() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let edition = file("edition.proto", "// New.\nedition = \"2023\";\n");
        let proto3 = file("proto3.proto", "syntax = \"proto3\";\n");
        // As protoc 3.21 says it.
        let said = "edition.proto:2:1: Expected top-level statement (e.g. \"message\").";
        let says = |said: &str, files: &[PathBuf]| {
            explain(Error::new("protoc failed"), said, files, &[PathBuf::from("proto")]).to_string()
        };
        let error = says(said, &[proto3.clone(), edition.clone()]);
        for part in
            ["edition.proto:2:1", "^^^^^^^ an edition", "from version 27", "`.descriptor_set(\"set.binpb\")`"]
        {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        for error in [says(said, &[proto3]), says("edit.proto:3:1: \"B\" is not defined.", &[edition])] {
            assert!(error.contains("it looks in: proto;") && !error.contains("27"), "{error}");
        }
    }

    #[test]
    fn a_protoc_that_is_not_there_is_told_with_the_mend() {
        let error = compile(OsStr::new("/there/is/no/protoc"), &[], &[]).err().unwrap().to_string();
        for part in ["cannot start /there/is/no/protoc", "protobuf-compiler", "PROTOC", "`.protoc(true)`"] {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    }
}
