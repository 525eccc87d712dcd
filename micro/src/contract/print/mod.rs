//! Descriptors as the text of a `.proto`, formatted the same way every time.
//!
//! What is printed is what annotated code can say: proto3 without extensions, and of options those of protobuf and
//! `micro.timeout`. A file that came from a `.proto` is never printed, it is there already. What is printed reads back as the descriptors it was
//! printed from.

mod body;
mod comments;
mod enums;
mod messages;
mod names;
mod options;
mod services;

#[cfg(test)]
mod tests;

use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::FileDescriptorProto;

use super::paths::{FILE_ENUMS, FILE_MESSAGES, FILE_SERVICES};
use crate::error::{Error, Result};

pub(super) use names::Names;
pub(super) use options::Options;

use body::{Body, quoted};
use comments::Comments;

/// Prints a file, with the options of its methods, below `header`, which is whole lines. `import` says how an imported file
/// is called.
pub(super) fn print(
    file: &FileDescriptorProto,
    names: &Names,
    options: &Options,
    header: &str,
    import: impl Fn(&str) -> String,
) -> String {
    let printer = Printer { names, options, comments: Comments::of(file), package: file.package() };
    let mut body = Body::default();
    body.apart(&format!("{header}syntax = \"proto3\";\n"));
    if !file.package().is_empty() {
        body.apart(&format!("package {};\n", file.package()));
    }
    if !file.dependency.is_empty() {
        let line = |name: &String| format!("import {};\n", quoted(&import(name)));
        body.apart(&file.dependency.iter().map(line).collect::<String>());
    }
    for (index, service) in file.service.iter().enumerate() {
        body.apart(&printer.service(service, &comments::below(&[], FILE_SERVICES, index)));
    }
    for (index, message) in file.message_type.iter().enumerate() {
        body.apart(&printer.message(message, file.package(), &comments::below(&[], FILE_MESSAGES, index)));
    }
    for (index, values) in file.enum_type.iter().enumerate() {
        body.apart(&printer.enumeration(values, &comments::below(&[], FILE_ENUMS, index)));
    }
    body.into_text()
}

/// Prints the files of an encoded `google.protobuf.FileDescriptorSet`, each with its name: for tests, which read the
/// text again.
///
/// # Errors
///
/// `invalid argument` for a set that does not hold together.
pub fn print_files(encoded: &[u8]) -> Result<Vec<(String, String)>> {
    let pool = DescriptorPool::decode(encoded)
        .map_err(|error| Error::invalid_argument("the files do not hold together").with_source(error))?;
    let mut names = Names::default();
    pool.files().for_each(|file| names.add(file.file_descriptor_proto()));
    let print = |file: &FileDescriptor| {
        print(file.file_descriptor_proto(), &names, &Options::of(file), "", str::to_owned)
    };
    Ok(pool.files().map(|file| (file.name().to_owned(), print(&file))).collect())
}

/// What the declarations of a file are printed with.
struct Printer<'a> {
    names: &'a Names,
    options: &'a Options,
    comments: Comments<'a>,
    package: &'a str,
}
