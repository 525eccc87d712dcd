//! Reads a descriptor set: what protoc, buf and other compilers write, whatever they read themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use prost_types::{FileDescriptorProto, FileDescriptorSet};
use protox::prost::Message;
use protox::prost_reflect::{DescriptorPool, DynamicMessage};

use super::{Source, editions, joined, name, plain};
use crate::error::Error;
use crate::options::{self, Custom};
use crate::{Result, wellknown};

/// How a set is made that has everything in it.
const MAKE: &str = "make it by `protoc --include_imports --include_source_info --descriptor_set_out=set.binpb`, or by \
                    `buf build -o set.binpb`";

/// Reads the set at `path`. `files` are those asked for, all that it holds when there are none.
pub(super) fn read(path: &Path, files: &[PathBuf], includes: &[PathBuf]) -> Result<Source> {
    let shown = path.display();
    let encoded =
        fs::read(path).map_err(|error| Error::new(format!("cannot read {shown}: {error}")).help(MAKE))?;
    let (mut held, mut options) = decode(encoded).map_err(|error| error.within(&shown))?;
    let roots: Vec<String> = match files {
        [] => {
            held.iter().map(|file| file.name().to_owned()).filter(|name| !wellknown::is_file(name)).collect()
        }
        files => files.iter().map(|file| root(file, &held, includes)).collect::<Result<_>>()?,
    };
    if roots.is_empty() {
        return Err(Error::new(format!("{shown} holds no file")).help(MAKE));
    }
    leave_out(&mut held, &mut options, &roots);
    Ok(Source { files: held, roots, on_disk: BTreeMap::new(), options })
}

/// Leaves out the files that are neither asked for nor imported: what is wrong with them is nobody's matter here.
fn leave_out(held: &mut Vec<FileDescriptorProto>, options: &mut Vec<Custom>, roots: &[String]) {
    let imports: BTreeMap<&str, &[String]> =
        held.iter().map(|file| (file.name(), &file.dependency[..])).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<&str> = roots.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        if reached.insert(name.to_owned()) {
            open.extend(imports.get(name).copied().into_iter().flatten().map(String::as_str));
        }
    }
    held.retain(|file| reached.contains(file.name()));
    options.retain(|option| reached.contains(&option.file));
}

/// Makes an encoded set of the files in an encoded request to a plugin. They stay as they came: what decoding to the
/// types of prost-types drops, options of others and editions, is in the set, too.
pub(super) fn of_request(request: &[u8]) -> Result<Vec<u8>> {
    const REQUEST: &str = "google.protobuf.compiler.CodeGeneratorRequest";
    let failed = |why: String| Error::new(format!("cannot read the files of a request: {why}"));
    let known = DescriptorPool::global();
    let message =
        |name: &str| known.get_message_by_name(name).ok_or_else(|| failed(format!("{name} is unknown")));
    let mut request =
        DynamicMessage::decode(message(REQUEST)?, request).map_err(|error| failed(error.to_string()))?;
    let (name, field) = options::SET;
    let mut set = DynamicMessage::new(message(name)?);
    if let Some(files) = request.take_field_by_name("proto_file") {
        set.set_field_by_number(field, files);
    }
    Ok(set.encode_to_vec())
}

/// Reads an encoded set, which is checked as far as it is not known who made it.
pub(super) fn decode(mut encoded: Vec<u8>) -> Result<(Vec<FileDescriptorProto>, Vec<Custom>)> {
    let mut files = files(&encoded)?;
    if files.iter().any(|file| file.syntax() == "editions") {
        encoded = editions::lower(&encoded)?;
        files = self::files(&encoded)?;
    }
    for file in &files {
        // prost-reflect answers another one by a panic.
        if !matches!(file.syntax(), "" | "proto2" | "proto3") {
            let error = format!("{} is written in the syntax {:?}, unknown here", file.name(), file.syntax());
            return Err(Error::new(error));
        }
    }
    complete(&mut files)?;
    let mut pool = wellknown::pool();
    let own = files.iter().filter(|file| !wellknown::is_file(file.name()));
    pool.add_file_descriptor_protos(own.cloned()).map_err(|error| Error::new(error.to_string()))?;
    let options = options::read(&encoded, &files)?;
    Ok((files, options))
}

fn files(encoded: &[u8]) -> Result<Vec<FileDescriptorProto>> {
    let set = FileDescriptorSet::decode(encoded)
        .map_err(|error| Error::new(format!("this is no descriptor set: {error}")).help(MAKE))?;
    Ok(set.file)
}

/// Sees to it that every import is there. The well-known files come from here, whether or not they are in the set.
fn complete(files: &mut Vec<FileDescriptorProto>) -> Result<()> {
    let mut names: BTreeSet<String> = files.iter().map(|file| file.name().to_owned()).collect();
    let mut at = 0;
    while let Some(file) = files.get(at) {
        let mut more = Vec::new();
        for import in file.dependency.iter().filter(|import| !names.contains(*import)) {
            match wellknown::file(import) {
                Some(known) => more.push(known),
                None => {
                    let error = format!("{} imports {import}, which is not in the set", file.name());
                    return Err(Error::new(error).help(MAKE));
                }
            }
        }
        names.extend(more.iter().map(|file| file.name().to_owned()));
        files.extend(more);
        at += 1;
    }
    Ok(())
}

/// Finds a file in the set, by the path it is compiled from or by the name it is imported by.
fn root(file: &Path, held: &[FileDescriptorProto], includes: &[PathBuf]) -> Result<String> {
    let names = [name(file, includes), joined(&plain(file))];
    let is_held = |name: &String| held.iter().any(|file| file.name() == name);
    names.into_iter().flatten().find(is_held).ok_or_else(|| {
        let error = Error::new(format!("the descriptor set does not hold {}", file.display()));
        let held: Vec<&str> = held.iter().map(FileDescriptorProto::name).collect();
        error.help(format!("it holds {}", held.join(", ")))
    })
}
