//! The fields of a message, as they are described one after the other.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, MessageOptions, OneofDescriptorProto, descriptor_proto,
};

use super::field::{Element, Key, Plain};
use super::types::{FieldType, MessageInfo, Types, full_name};

// Field numbers of descriptor.proto, which make up the paths of comments.
const MESSAGE_FIELDS: i32 = 2;
const MESSAGE_ONEOFS: i32 = 8;

/// The fields of one message.
pub struct Fields<'a> {
    types: &'a mut Types,
    full_name: String,
    message: DescriptorProto,
    /// Where in the message a comment stands, and the comment.
    comments: Vec<(Vec<i32>, &'static str)>,
    /// The fields that need a oneof of their own to tell "absent" from "default".
    optional: Vec<usize>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(types: &'a mut Types, info: &MessageInfo) -> Self {
        let range = |&(first, last): &(u32, u32)| descriptor_proto::ReservedRange {
            start: Some(first as i32),
            end: Some(last as i32 + 1),
        };
        let message = DescriptorProto {
            name: Some(info.name.to_owned()),
            reserved_range: info.reserved.iter().map(range).collect(),
            reserved_name: info.reserved_names.iter().map(|name| (*name).to_owned()).collect(),
            options: info.deprecated.then(|| MessageOptions { deprecated: Some(true), ..Default::default() }),
            ..Default::default()
        };
        let full_name = full_name(info.package, info.name);
        Fields { types, full_name, message, comments: Vec::new(), optional: Vec::new() }
    }

    /// Describes one value without presence.
    pub fn singular<T: Element<E>, E>(&mut self, name: &'static str, number: u32, docs: &'static str) {
        let field_type = T::field_type(self.types);
        self.push(name, number, docs, Label::Optional, field_type);
    }

    /// Describes one value with presence.
    pub fn optional<T: Element<E>, E>(&mut self, name: &'static str, number: u32, docs: &'static str) {
        let field_type = T::field_type(self.types);
        let is_message = matches!(field_type, FieldType::Message(_));
        let index = self.push(name, number, docs, Label::Optional, field_type);
        if !is_message {
            self.optional.push(index);
        }
    }

    /// Describes many values.
    pub fn repeated<T: Element<E>, E>(&mut self, name: &'static str, number: u32, docs: &'static str) {
        let field_type = T::field_type(self.types);
        self.push(name, number, docs, Label::Repeated, field_type);
    }

    /// Describes a map.
    pub fn map<K: Key, V: Element<E>, E>(&mut self, name: &'static str, number: u32, docs: &'static str) {
        let entry = format!("{}Entry", upper_camel(name));
        let key = <K as Element<Plain>>::field_type(self.types);
        let value = V::field_type(self.types);
        self.message.nested_type.push(DescriptorProto {
            name: Some(entry.clone()),
            field: vec![
                field("key", 1, Label::Optional, type_of(key)),
                field("value", 2, Label::Optional, type_of(value)),
            ],
            options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
            ..Default::default()
        });
        let entry = (Type::Message, Some(format!(".{}.{entry}", self.full_name)));
        self.add(field(name, number, Label::Repeated, entry), docs);
    }

    /// Describes a oneof; its variants follow as [`variant`](Fields::variant).
    pub fn oneof(&mut self, name: &'static str, docs: &'static str) -> i32 {
        let index = self.message.oneof_decl.len() as i32;
        self.message.oneof_decl.push(OneofDescriptorProto { name: Some(name.to_owned()), options: None });
        self.comments.push((vec![MESSAGE_ONEOFS, index], docs));
        index
    }

    /// Describes one variant of the oneof `oneof`.
    pub fn variant<T: Element<E>, E>(
        &mut self,
        oneof: i32,
        name: &'static str,
        number: u32,
        docs: &'static str,
    ) {
        let field_type = T::field_type(self.types);
        let index = self.push(name, number, docs, Label::Optional, field_type);
        self.message.field[index].oneof_index = Some(oneof);
    }

    /// Describes what nobody should use any more: the fields that `describe` adds.
    pub fn deprecated(&mut self, describe: impl FnOnce(&mut Self)) {
        let before = self.message.field.len();
        describe(self);
        for field in &mut self.message.field[before..] {
            field.options.get_or_insert_default().deprecated = Some(true);
        }
    }

    fn push(
        &mut self,
        name: &str,
        number: u32,
        docs: &'static str,
        label: Label,
        field_type: FieldType,
    ) -> usize {
        self.add(field(name, number, label, type_of(field_type)), docs)
    }

    fn add(&mut self, field: FieldDescriptorProto, docs: &'static str) -> usize {
        let index = self.message.field.len();
        self.message.field.push(field);
        self.comments.push((vec![MESSAGE_FIELDS, index as i32], docs));
        index
    }

    pub(super) fn finish(mut self) -> (DescriptorProto, Vec<(Vec<i32>, &'static str)>) {
        // The oneofs that stand for presence come after all others.
        for index in std::mem::take(&mut self.optional) {
            let oneof = self.message.oneof_decl.len() as i32;
            let field = &mut self.message.field[index];
            field.oneof_index = Some(oneof);
            field.proto3_optional = Some(true);
            let name = Some(format!("_{}", field.name()));
            self.message.oneof_decl.push(OneofDescriptorProto { name, options: None });
        }
        (self.message, self.comments)
    }
}

fn type_of(field_type: FieldType) -> (Type, Option<String>) {
    match field_type {
        FieldType::Scalar(scalar) => (scalar, None),
        FieldType::Message(name) => (Type::Message, Some(format!(".{name}"))),
        FieldType::Enum(name) => (Type::Enum, Some(format!(".{name}"))),
    }
}

fn field(
    name: &str,
    number: u32,
    label: Label,
    (kind, type_name): (Type, Option<String>),
) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number as i32),
        label: Some(label as i32),
        r#type: Some(kind as i32),
        type_name,
        ..Default::default()
    }
}

/// Writes `some_name` as `SomeName`, as protoc does for the entries of a map.
fn upper_camel(name: &str) -> String {
    let mut upper = true;
    let mut camel = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                camel.extend(letter.to_uppercase());
                upper = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_as_deprecated_is_marked_and_nothing_else() {
        let info = MessageInfo {
            package: "p",
            name: "M",
            docs: "",
            deprecated: true,
            place: "a.rs:1",
            reserved: &[],
            reserved_names: &[],
        };
        let mut types = Types::default();
        let mut fields = Fields::new(&mut types, &info);
        fields.singular::<String, Plain>("kept", 1, "");
        fields.deprecated(|fields| fields.repeated::<String, Plain>("old", 2, ""));
        let (message, _) = fields.finish();
        let marked = |field: &FieldDescriptorProto| field.options.as_ref().is_some_and(|o| o.deprecated());
        assert_eq!(message.field.iter().map(marked).collect::<Vec<_>>(), [false, true]);
        assert!(message.options.is_some_and(|options| options.deprecated()));
    }

    #[test]
    fn entries_are_named_as_protoc_names_them() {
        assert_eq!(upper_camel("cents_by_name"), "CentsByName");
        assert_eq!(upper_camel("x1_y"), "X1Y");
    }
}
