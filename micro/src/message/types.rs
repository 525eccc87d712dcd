//! Collects the types a message refers to and makes descriptors of them.
//!
//! Annotated types of one package go into one file, named `micro/<package>.proto`; types generated from a `.proto`
//! keep the file they came from. Nothing here runs per call: each message is described once, when first asked.

use std::any::TypeId;
use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MessageOptions, OneofDescriptorProto, SourceCodeInfo, descriptor_proto,
    enum_descriptor_proto,
};

use super::field::{Element, Key, Plain};
use super::{Descriptor, Message};

// Field numbers of descriptor.proto, which make up the paths of comments.
const FILE_MESSAGES: i32 = 4;
const FILE_ENUMS: i32 = 5;
const MESSAGE_FIELDS: i32 = 2;
const MESSAGE_ONEOFS: i32 = 8;
const ENUM_VALUES: i32 = 2;

/// What the type of a field is called in a descriptor.
pub enum FieldType {
    /// A scalar.
    Scalar(Type),
    /// A message, by its full name.
    Message(&'static str),
    /// An enum, by its full name.
    Enum(&'static str),
}

/// What `#[micro::message]` knows of a message, apart from its fields.
pub struct MessageInfo {
    /// The package: `ledger.v1`.
    pub package: &'static str,
    /// The name within the package: `Total`.
    pub name: &'static str,
    /// The documentation.
    pub docs: &'static str,
    /// Inclusive ranges of numbers that must not be used.
    pub reserved: &'static [(u32, u32)],
    /// Names that must not be used.
    pub reserved_names: &'static [&'static str],
}

/// What `#[micro::message]` knows of an enum of units.
pub struct EnumInfo {
    /// The package: `ledger.v1`.
    pub package: &'static str,
    /// The name within the package: `Currency`.
    pub name: &'static str,
    /// The documentation.
    pub docs: &'static str,
    /// Name, number and documentation of each value.
    pub values: &'static [(&'static str, i32, &'static str)],
    /// Inclusive ranges of numbers that must not be used.
    pub reserved: &'static [(u32, u32)],
    /// Names that must not be used: those of values, such as `CURRENCY_MARK`.
    pub reserved_names: &'static [&'static str],
}

/// The types found so far.
#[derive(Default)]
pub struct Types {
    /// Annotated types, by package.
    packages: BTreeMap<&'static str, FileDescriptorProto>,
    /// Files of generated types, by name.
    files: BTreeMap<String, FileDescriptorProto>,
    /// The file each type is in, by the type's full name.
    origin: BTreeMap<String, String>,
    /// The Rust type behind each annotated name.
    seen: BTreeMap<String, TypeId>,
    /// The first contradiction.
    conflict: Option<String>,
}

impl Types {
    /// Adds an annotated message, unless it is there already: types may refer to themselves.
    pub fn add_message<T: Message>(&mut self, info: &MessageInfo, describe: impl FnOnce(&mut Fields<'_>)) {
        if !self.enter(info.package, info.name, TypeId::of::<T>()) {
            return;
        }
        let mut fields = Fields::new(self, info);
        describe(&mut fields);
        let (message, comments) = fields.finish();
        let file = self.package(info.package);
        let path = [FILE_MESSAGES, file.message_type.len() as i32];
        file.message_type.push(message);
        comment(file, &path, info.docs);
        for (tail, docs) in comments {
            comment(file, &[&path[..], &tail[..]].concat(), docs);
        }
    }

    /// Adds an annotated enum of units, unless it is there already.
    pub fn add_enum<T: 'static>(&mut self, info: &EnumInfo) {
        if !self.enter(info.package, info.name, TypeId::of::<T>()) {
            return;
        }
        let mut values = info.values.to_vec();
        // An open enum has its zero first.
        values.sort_by_key(|(_, number, _)| *number != 0);
        let file = self.package(info.package);
        let path = [FILE_ENUMS, file.enum_type.len() as i32];
        comment(file, &path, info.docs);
        for (index, (_, _, docs)) in values.iter().enumerate() {
            comment(file, &[path[0], path[1], ENUM_VALUES, index as i32], docs);
        }
        let value = |(name, number, _): (&str, i32, &str)| EnumValueDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            options: None,
        };
        // Unlike those of messages, the ranges of enums include their end.
        let range = |&(first, last): &(u32, u32)| enum_descriptor_proto::EnumReservedRange {
            start: Some(first as i32),
            end: Some(last as i32),
        };
        file.enum_type.push(EnumDescriptorProto {
            name: Some(info.name.to_owned()),
            value: values.into_iter().map(value).collect(),
            reserved_range: info.reserved.iter().map(range).collect(),
            reserved_name: info.reserved_names.iter().map(|name| (*name).to_owned()).collect(),
            ..Default::default()
        });
    }

    /// Adds a message that has a descriptor, with the files it needs.
    pub(crate) fn add_described(&mut self, descriptor: &Descriptor) {
        let file = descriptor.reflect().parent_file();
        self.origin.insert(descriptor.full_name().to_owned(), file.name().to_owned());
        self.add_file(&file);
    }

    fn add_file(&mut self, file: &FileDescriptor) {
        let proto = file.file_descriptor_proto();
        if let Some(known) = self.files.get(file.name()) {
            let bare =
                |file: &FileDescriptorProto| FileDescriptorProto { source_code_info: None, ..file.clone() };
            // Every crate that embeds descriptors has its own copy of the well-known files.
            if !file.name().starts_with("google/protobuf/") && bare(known) != bare(proto) {
                self.contradict(format!("two different files are called {:?}", file.name()));
            }
            return;
        }
        self.files.insert(file.name().to_owned(), proto.clone());
        for dependency in file.dependencies() {
            self.add_file(&dependency);
        }
    }

    /// Notes the type, telling whether it is new.
    fn enter(&mut self, package: &'static str, name: &str, id: TypeId) -> bool {
        let full_name = full_name(package, name);
        if let Some(known) = self.seen.get(&full_name) {
            if *known != id {
                self.contradict(format!(
                    "two types are called {full_name}; rename one: #[micro::message(name = \"…\")]"
                ));
            }
            return false;
        }
        self.origin.insert(full_name.clone(), file_name(package));
        self.seen.insert(full_name, id);
        true
    }

    fn contradict(&mut self, why: String) {
        self.conflict.get_or_insert(why);
    }

    fn package(&mut self, package: &'static str) -> &mut FileDescriptorProto {
        self.packages.entry(package).or_insert_with(|| FileDescriptorProto {
            name: Some(file_name(package)),
            package: Some(package.to_owned()).filter(|package| !package.is_empty()),
            syntax: Some("proto3".to_owned()),
            ..Default::default()
        })
    }

    /// Makes descriptors of all and returns that of `full_name`.
    pub(crate) fn build(self, full_name: &str) -> Result<Descriptor, String> {
        if let Some(why) = self.conflict {
            return Err(why);
        }
        let origin = self.origin;
        let mut files: Vec<FileDescriptorProto> = self.packages.into_values().collect();
        for file in &mut files {
            let mut imports = Vec::new();
            file.message_type.iter().for_each(|message| list_imports(message, &origin, &mut imports));
            imports.retain(|import| import != file.name());
            imports.sort();
            imports.dedup();
            file.dependency = imports;
        }
        // An `Any` may hold whatever the pool knows: the well-known types at least.
        let mut pool = match self.files.contains_key("google/protobuf/any.proto") {
            true => DescriptorPool::global(),
            false => DescriptorPool::new(),
        };
        files.extend(self.files.into_values());
        pool.add_file_descriptor_protos(files).map_err(|error| error.to_string())?;
        pool.get_message_by_name(full_name)
            .map(Descriptor::new)
            .ok_or_else(|| format!("{full_name} is missing"))
    }
}

fn full_name(package: &str, name: &str) -> String {
    match package {
        "" => name.to_owned(),
        package => format!("{package}.{name}"),
    }
}

fn file_name(package: &str) -> String {
    match package {
        "" => "micro/package.proto".to_owned(),
        package => format!("micro/{package}.proto"),
    }
}

fn list_imports(message: &DescriptorProto, origin: &BTreeMap<String, String>, imports: &mut Vec<String>) {
    for field in &message.field {
        let name = field.type_name().trim_start_matches('.');
        imports.extend(origin.get(name).cloned());
    }
    for nested in &message.nested_type {
        list_imports(nested, origin, imports);
    }
}

fn comment(file: &mut FileDescriptorProto, path: &[i32], docs: &str) {
    if docs.is_empty() {
        return;
    }
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!(" {line}\n") };
    file.source_code_info.get_or_insert_with(SourceCodeInfo::default).location.push(Location {
        path: path.to_vec(),
        span: vec![0, 0, 0],
        leading_comments: Some(docs.lines().map(line).collect()),
        ..Default::default()
    });
}

/// The fields of one message, as they are described one after the other.
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
    fn new(types: &'a mut Types, info: &MessageInfo) -> Self {
        let range = |&(first, last): &(u32, u32)| descriptor_proto::ReservedRange {
            start: Some(first as i32),
            end: Some(last as i32 + 1),
        };
        let message = DescriptorProto {
            name: Some(info.name.to_owned()),
            reserved_range: info.reserved.iter().map(range).collect(),
            reserved_name: info.reserved_names.iter().map(|name| (*name).to_owned()).collect(),
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

    fn finish(mut self) -> (DescriptorProto, Vec<(Vec<i32>, &'static str)>) {
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
    fn two_types_of_one_name_contradict() {
        let info = EnumInfo {
            package: "p",
            name: "E",
            docs: "",
            values: &[("E_NONE", 0, "")],
            reserved: &[],
            reserved_names: &[],
        };
        let mut types = Types::default();
        types.add_enum::<u8>(&info);
        types.add_enum::<u8>(&info);
        assert!(types.conflict.is_none());
        types.add_enum::<u16>(&info);
        assert!(types.build("p.E").unwrap_err().contains("two types are called p.E"));
    }

    #[test]
    fn entries_are_named_as_protoc_names_them() {
        assert_eq!(upper_camel("cents_by_name"), "CentsByName");
        assert_eq!(upper_camel("x1_y"), "X1Y");
    }
}
