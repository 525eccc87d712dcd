//! Small contracts for the tests of this module.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// Makes the field of a message.
pub(super) fn field((name, number, sort): (&str, i32, Type)) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(sort as i32),
        ..FieldDescriptorProto::default()
    }
}

/// Makes a message.
pub(super) fn message(name: &str, fields: &[(&str, i32, Type)]) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.to_owned()),
        field: fields.iter().copied().map(field).collect(),
        ..DescriptorProto::default()
    }
}

/// Makes a file of proto3 that is called as its package.
pub(super) fn file(package: &str, messages: Vec<DescriptorProto>) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(format!("{package}.proto")),
        package: Some(package.to_owned()),
        message_type: messages,
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

/// Encodes files as a set.
pub(super) fn set(file: Vec<FileDescriptorProto>) -> Vec<u8> {
    FileDescriptorSet { file }.encode_to_vec()
}

/// Encodes a contract that is one message: `store.v1.Thing`.
pub(super) fn things(fields: &[(&str, i32, Type)]) -> Vec<u8> {
    set(vec![file("store.v1", vec![message("Thing", fields)])])
}
