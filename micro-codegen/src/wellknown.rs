//! What comes with the library, never out of a user's files: Google's well-known types, which prost-types has, and the file
//! of our options.

use std::collections::BTreeMap;

use micro_expand::{OPTIONS_FILE, OPTIONS_PROTO};
use prost_types::{DescriptorProto, FileDescriptorProto};
use protox::file::File;
use protox::prost_reflect::DescriptorPool;

use crate::names;

/// Types that prost maps to plain Rust types inside messages.
const WRAPPERS: [&str; 9] = [
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "StringValue",
    "UInt32Value",
    "UInt64Value",
];

/// Types of prost-types that are messages to micro.
const MESSAGES: [&str; 7] = ["Any", "Duration", "FieldMask", "ListValue", "Struct", "Timestamp", "Value"];

/// Returns the well-known file called `name`, always in the same version, whoever compiled the others.
pub(crate) fn file(name: &str) -> Option<FileDescriptorProto> {
    if !is_file(name) {
        return None;
    }
    let pool = if name == OPTIONS_FILE { pool() } else { DescriptorPool::global() };
    let file = pool.get_file_by_name(name)?;
    Some(FileDescriptorProto { source_code_info: None, ..file.file_descriptor_proto().clone() })
}

/// Returns a pool of the well-known files, that of our options among them.
pub(crate) fn pool() -> DescriptorPool {
    let mut pool = DescriptorPool::global();
    let options = File::from_source(OPTIONS_FILE, OPTIONS_PROTO).map(FileDescriptorProto::from);
    let added = options
        .map_err(|error| error.to_string())
        .and_then(|options| pool.add_file_descriptor_proto(options).map_err(|error| error.to_string()));
    match added {
        Ok(()) => pool,
        Err(error) => panic!("{OPTIONS_FILE}, which is built in, is wrong: {error}"),
    }
}

/// Tells whether a file is one of the well-known.
pub(crate) fn is_file(name: &str) -> bool {
    matches!(
        name,
        "google/protobuf/any.proto"
            | "google/protobuf/api.proto"
            | "google/protobuf/compiler/plugin.proto"
            | "google/protobuf/descriptor.proto"
            | "google/protobuf/duration.proto"
            | "google/protobuf/empty.proto"
            | "google/protobuf/field_mask.proto"
            | "google/protobuf/source_context.proto"
            | "google/protobuf/struct.proto"
            | "google/protobuf/timestamp.proto"
            | "google/protobuf/type.proto"
            | "google/protobuf/wrappers.proto"
            | OPTIONS_FILE
    )
}

/// Lists the Rust path of every type of a well-known file, but for those prost-build has built in. One by one,
/// since prost-build would spell the modules of a path its own way (`__private` as `private`).
pub(crate) fn externs(file: &FileDescriptorProto, micro: &str) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    let inner = file.package().strip_prefix("google.protobuf").unwrap_or_default();
    let module = names::modules(inner)
        .into_iter()
        .fold(format!("{micro}::__private::prost_types"), |path, part| path + "::" + &part);
    let proto = format!(".{}", file.package());
    for message in &file.message_type {
        add_message(&mut paths, &proto, &module, message);
    }
    for value in &file.enum_type {
        paths
            .insert(format!("{proto}.{}", value.name()), format!("{module}::{}", names::camel(value.name())));
    }
    paths.retain(|name, _| {
        let short = name.trim_start_matches(".google.protobuf.");
        short != "Empty" && !WRAPPERS.contains(&short)
    });
    paths
}

fn add_message(paths: &mut BTreeMap<String, String>, proto: &str, module: &str, message: &DescriptorProto) {
    let proto = format!("{proto}.{}", message.name());
    paths.insert(proto.clone(), format!("{module}::{}", names::camel(message.name())));
    let module = format!("{module}::{}", names::snake(message.name()));
    for nested in &message.nested_type {
        add_message(paths, &proto, &module, nested);
    }
    for value in &message.enum_type {
        paths
            .insert(format!("{proto}.{}", value.name()), format!("{module}::{}", names::camel(value.name())));
    }
}

/// Returns the Rust type of a well-known message as a method takes it; `None` for a message that is not
/// well-known. The error is the list of what a method can take.
pub(crate) fn of_method(full_name: &str, micro: &str) -> Option<Result<String, String>> {
    let name = full_name.strip_prefix(".google.protobuf.")?;
    Some(if name == "Empty" {
        Ok("()".to_owned())
    } else if WRAPPERS.contains(&name) {
        Ok(format!("{micro}::message::wrappers::{name}"))
    } else if MESSAGES.contains(&name) {
        Ok(format!("{micro}::__private::prost_types::{name}"))
    } else {
        Err(format!(
            "of the well-known types a method takes Empty, {}, {}",
            MESSAGES.join(", "),
            WRAPPERS.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_file_is_there() {
        let descriptor = file("google/protobuf/descriptor.proto").unwrap();
        let paths = externs(&descriptor, "::m");
        assert_eq!(
            paths[".google.protobuf.FieldDescriptorProto.Type"],
            "::m::__private::prost_types::field_descriptor_proto::Type"
        );
        assert!(file("google/protobuf/wrappers.proto").is_some() && file("greeter.proto").is_none());
        assert!(externs(&file("google/protobuf/wrappers.proto").unwrap(), "::m").is_empty());
    }

    #[test]
    fn the_file_of_our_options_is_one_of_them() {
        let options = file(OPTIONS_FILE).unwrap();
        assert_eq!((options.package(), options.extension.len()), ("micro", 6));
        assert!(options.extension.iter().all(|option| option.extendee() == ".google.protobuf.MethodOptions"));
        assert!(externs(&options, "::m").is_empty());
    }

    #[test]
    fn methods_take_some_of_them() {
        assert_eq!(of_method(".google.protobuf.Empty", "::m"), Some(Ok("()".to_owned())));
        assert_eq!(
            of_method(".google.protobuf.UInt32Value", "::m"),
            Some(Ok("::m::message::wrappers::UInt32Value".to_owned()))
        );
        assert!(of_method(".google.protobuf.Api", "::m").unwrap().unwrap_err().contains("Timestamp"));
        assert_eq!(of_method(".greeter.v1.Hello", "::m"), None);
    }
}
