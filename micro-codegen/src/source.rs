//! Reads `.proto` files with protox, and remembers where everything stands for the errors that come later.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use prost_types::FileDescriptorProto;

use crate::error::{Error, Place};
use crate::options::Custom;
use crate::{Result, options};

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

/// Reads `files` and whatever they import from `includes`.
pub(crate) fn read(files: &[PathBuf], includes: &[PathBuf]) -> Result<Source> {
    if files.is_empty() {
        return Err(Error::new("no .proto file was named").help("name at least one, relative to the package"));
    }
    for file in files {
        if !file.is_file() {
            let error = Error::new(format!("there is no file {}", file.display()));
            return Err(match std::env::current_dir() {
                Ok(directory) => error.help(format!("paths are relative to {}", directory.display())),
                Err(_) => error,
            });
        }
    }
    let explain = |error: protox::Error| explain(&error, includes);
    let mut compiler = protox::Compiler::new(includes).map_err(explain)?;
    compiler.include_source_info(true).include_imports(true);
    for file in files {
        compiler.open_file(file).map_err(explain)?;
    }
    let files = compiler.file_descriptor_set().file;
    let options = options::read(&compiler.encode_file_descriptor_set(), options::SET, &files)?;
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

/// Turns protox's error, and those it collected beside it, into ours.
fn explain(error: &protox::Error, includes: &[PathBuf]) -> Error {
    let path = error.file().map(|name| {
        let mut candidates = includes.iter().map(|include| include.join(name));
        candidates.find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
    });
    let text = path.as_ref().and_then(|path| fs::read_to_string(path).ok());
    let mut errors = vec![one(error, path.as_deref(), text.as_deref())];
    for related in error.related().into_iter().flatten() {
        errors.push(one(related, path.as_deref(), text.as_deref()));
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
