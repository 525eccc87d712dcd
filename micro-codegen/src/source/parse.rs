//! Reads `.proto` files with protox: nothing has to be installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use micro_expand::{OPTIONS_FILE, OPTIONS_PROTO};
use miette::Diagnostic;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

use super::{Source, editions};
use crate::error::{Error, Place};
use crate::{Result, options};

/// How many errors of a file are shown: each is looked for in its text, and nobody reads thousands.
const SHOWN: usize = 20;

/// Reads `files` and whatever they import from `includes`.
pub(super) fn read(files: &[PathBuf], includes: &[PathBuf]) -> Result<Source> {
    let explain = |error: protox::Error| explain(&error, includes);
    let mut files_of = ChainFileResolver::new();
    for include in includes {
        files_of.add(IncludeFileResolver::new(include.clone()));
    }
    files_of.add(GoogleFileResolver::new());
    files_of.add(BuiltIn);
    let mut compiler = protox::Compiler::with_file_resolver(files_of);
    compiler.include_source_info(true).include_imports(true);
    for file in files {
        compiler.open_file(file).map_err(explain)?;
    }
    let files = compiler.file_descriptor_set().file;
    let options = options::read(&compiler.encode_file_descriptor_set(), &files)?;
    let mut source = Source { files, roots: Vec::new(), on_disk: BTreeMap::new(), options };
    for file in compiler.files() {
        if let Some(path) = file.path() {
            source.on_disk.insert(file.name().to_owned(), path.to_owned());
        }
        if !file.is_import() {
            source.roots.push(file.name().to_owned());
        }
    }
    Ok(source)
}

/// The file of our options, for whoever has no copy of it.
struct BuiltIn;

impl FileResolver for BuiltIn {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            OPTIONS_FILE => File::from_source(OPTIONS_FILE, OPTIONS_PROTO),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Turns protox's error, and those it collected beside it, into ours.
fn explain(error: &protox::Error, includes: &[PathBuf]) -> Error {
    let path = error.file().map(|name| {
        let mut candidates = includes.iter().map(|include| include.join(name));
        candidates.find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
    });
    let bytes = path.as_ref().and_then(|path| fs::read(path).ok());
    let text = match (&path, bytes.map(String::from_utf8)) {
        (_, Some(Ok(text))) => Some(text),
        (Some(path), Some(Err(bad))) => {
            return not_text(path, bad.as_bytes(), bad.utf8_error().valid_up_to());
        }
        _ => None,
    };
    if let (Some(path), Some(text)) = (&path, &text) {
        // Nobody would see the caret under it.
        if text.starts_with('\u{feff}') {
            let error = Error::new("the file begins with a byte order mark").at([Place::file(path)]);
            return error.help("save it as UTF-8 without one");
        }
        // What else is wrong then follows from the first line.
        if let Some(error) = editions::refuse(path, text) {
            return error;
        }
    }
    let mut errors = vec![one(error, path.as_deref(), text.as_deref())];
    let mut related = error.related().into_iter().flatten();
    for related in related.by_ref().take(SHOWN - 1) {
        errors.push(one(related, path.as_deref(), text.as_deref()));
    }
    match related.count() {
        0 => {}
        more => errors.push(Error::new(format!("there are {more} more in this file"))),
    }
    if error.is_file_not_found() {
        let looked: Vec<String> = includes.iter().map(|include| include.display().to_string()).collect();
        let last = errors.pop().map(|error| {
            error.help(format!("looked in: {}; add a directory with `.include(…)`", looked.join(", ")))
        });
        errors.extend(last);
    }
    Error::all(errors).unwrap_or_else(|| Error::new(error.to_string()))
}

/// Says where a file stops being text.
pub(super) fn not_text(path: &Path, bytes: &[u8], valid: usize) -> Error {
    let text = String::from_utf8_lossy(&bytes[..valid]);
    let place = Place::bytes(path, &text, text.len(), 1).label("not UTF-8 from here");
    Error::new("the file is not UTF-8").at([place]).help("save it as UTF-8")
}

fn one(error: &dyn Diagnostic, path: Option<&Path>, text: Option<&str>) -> Error {
    let mut places = Vec::new();
    if let (Some(path), Some(text)) = (path, text) {
        for label in error.labels().into_iter().flatten() {
            let place = Place::bytes(path, text, label.offset(), label.len());
            places.push(place.label(label.label().unwrap_or_default()));
        }
    }
    if let (true, Some(path)) = (places.is_empty(), path) {
        places.push(Place::file(path));
    }
    let mut message = error.to_string();
    // A file that cannot be opened says why in its source only.
    if let Some(source) = error.source() {
        let reason = source.to_string();
        if !message.contains(&reason) {
            message = format!("{message}: {reason}");
        }
    }
    let shown = Error::new(message).at(places);
    match error.help() {
        Some(help) => shown.help(help.to_string()),
        None => shown,
    }
}
