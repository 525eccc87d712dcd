//! The options of methods that a `.proto` sets by importing `micro/options.proto`. Its text belongs to the generator and
//! the macros; here is what descriptors need of it.

use prost_reflect::DescriptorPool;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{FieldDescriptorProto, FileDescriptorProto};

/// The name that the file is imported by.
pub(crate) const FILE: &str = "micro/options.proto";

/// The option that limits how long a call may take.
pub(crate) const TIMEOUT: &str = "micro.timeout";

/// What the file declares: name, number, type, and whether there is one value or several.
const OPTIONS: [(&str, i32, Type, Label); 6] = [
    ("timeout", 72401, Type::String, Label::Optional),
    ("topic", 72402, Type::String, Label::Optional),
    ("queue", 72403, Type::String, Label::Optional),
    ("attempts", 72404, Type::Uint32, Label::Optional),
    ("concurrency", 72405, Type::Uint32, Label::Optional),
    ("scopes", 72406, Type::String, Label::Repeated),
];

/// Returns a pool of protobuf's own files and this one. Whatever else is in a pool of ours may import them.
pub(crate) fn pool() -> DescriptorPool {
    let mut pool = DescriptorPool::global();
    match pool.add_file_descriptor_proto(file()) {
        Ok(()) => pool,
        Err(error) => panic!("{FILE} and protobuf's own files do not fit: {error}"),
    }
}

fn file() -> FileDescriptorProto {
    let option = |(name, number, kind, label): (&str, i32, Type, Label)| FieldDescriptorProto {
        name: Some(name.to_owned()),
        extendee: Some(".google.protobuf.MethodOptions".to_owned()),
        number: Some(number),
        label: Some(label as i32),
        r#type: Some(kind as i32),
        json_name: Some(name.to_owned()),
        ..FieldDescriptorProto::default()
    };
    FileDescriptorProto {
        name: Some(FILE.to_owned()),
        package: Some("micro".to_owned()),
        dependency: vec!["google/protobuf/descriptor.proto".to_owned()],
        extension: OPTIONS.map(option).into(),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_those_of_methods() {
        let pool = pool();
        assert!(pool.get_extension_by_name(TIMEOUT).is_some());
        let file = pool.get_file_by_name(FILE).expect("it was added");
        assert_eq!(file.extensions().len(), OPTIONS.len());
        for option in file.extensions() {
            assert_eq!(
                option.containing_message().full_name(),
                "google.protobuf.MethodOptions",
                "{option:?}"
            );
        }
    }
}
