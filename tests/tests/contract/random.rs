//! Random files of descriptors: whatever annotated code can say, under names that are easily mistaken for others.

use std::collections::BTreeSet;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::method_options::IdempotencyLevel;
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, MessageOptions, MethodDescriptorProto,
    MethodOptions, OneofDescriptorProto, ServiceDescriptorProto, ServiceOptions, SourceCodeInfo,
    descriptor_proto, enum_descriptor_proto,
};

/// Names of types, services and methods: keywords, parts of packages, and names of fields among them.
const TYPES: [&str; 10] =
    ["Entry", "Total", "Leaf", "Kind", "string", "message", "stream", "key", "google", "a"];

/// Names of fields and oneofs.
const FIELDS: [&str; 10] =
    ["some_name", "google", "a", "v1", "string", "message", "b", "value", "x_1", "Leaf"];

const SCALARS: [Type; 15] = [
    Type::Double,
    Type::Float,
    Type::Int64,
    Type::Uint64,
    Type::Int32,
    Type::Fixed64,
    Type::Fixed32,
    Type::Bool,
    Type::String,
    Type::Bytes,
    Type::Uint32,
    Type::Sfixed32,
    Type::Sfixed64,
    Type::Sint32,
    Type::Sint64,
];

const COMMENTS: [&str; 3] = [" One line.\n", " Two.\n\n   Lines.\n", " */ // message A {\n"];

/// The well-known files that every random file imports.
pub(super) const WELL_KNOWN: [&str; 2] = ["google/protobuf/empty.proto", "google/protobuf/timestamp.proto"];

/// Makes two files, of which the second imports the first. The same ones for the same seed.
pub(super) fn files(seed: u64) -> Vec<FileDescriptorProto> {
    let mut random = Random { rng: fastrand::Rng::with_seed(seed), messages: Vec::new(), enums: Vec::new() };
    random.messages.extend([".google.protobuf.Empty".to_owned(), ".google.protobuf.Timestamp".to_owned()]);
    let package = ["a.v1", "b.google.v1", ""][random.rng.usize(..3)];
    let first = random.file("first.proto", package, None);
    let second = random.file("second.proto", "a.v1.inner", Some("first.proto"));
    vec![first, second]
}

struct Random {
    rng: fastrand::Rng,
    /// What fields and methods may refer to, with a leading dot.
    messages: Vec<String>,
    enums: Vec<String>,
}

impl Random {
    fn file(&mut self, name: &str, package: &str, import: Option<&str>) -> FileDescriptorProto {
        let mut file = FileDescriptorProto {
            name: Some(name.to_owned()),
            package: Some(package.to_owned()).filter(|package| !package.is_empty()),
            dependency: WELL_KNOWN.into_iter().chain(import).map(str::to_owned).collect(),
            syntax: Some("proto3".to_owned()),
            ..FileDescriptorProto::default()
        };
        // Without a package these would be called as packages are.
        let possible = |name: &&str| !package.is_empty() || !["a", "google"].contains(name);
        let mut services = Vec::new();
        for name in self.some(&TYPES, 8).into_iter().filter(possible) {
            match self.rng.u8(..6) {
                0 => file.enum_type.push(self.enumeration(name, package)),
                1 => services.push(name),
                _ => {
                    let message = self.skeleton(name, package, 0);
                    file.message_type.push(message);
                }
            }
        }
        for message in &mut file.message_type {
            self.fill(message, package);
        }
        file.service = services.into_iter().map(|name| self.service(name)).collect();
        file.source_code_info = Some(SourceCodeInfo { location: self.comments(&file) });
        file
    }

    /// Picks some of `names`, each once, in any order.
    fn some<'a>(&mut self, names: &[&'a str], most: usize) -> Vec<&'a str> {
        let mut names = names.to_vec();
        self.rng.shuffle(&mut names);
        names.truncate(self.rng.usize(..=most));
        names
    }

    fn one_in(&mut self, chances: u8) -> bool {
        self.rng.u8(..chances) == 0
    }

    /// Makes a message and those within it, all without fields: fields refer to any of them.
    fn skeleton(&mut self, name: &str, scope: &str, depth: usize) -> DescriptorProto {
        let full_name = joined(scope, name);
        self.messages.push(format!(".{full_name}"));
        let mut message = DescriptorProto { name: Some(name.to_owned()), ..DescriptorProto::default() };
        for name in self.some(&TYPES, if depth < 2 { 3 } else { 0 }) {
            if self.one_in(3) {
                message.enum_type.push(self.enumeration(name, &full_name));
            } else {
                message.nested_type.push(self.skeleton(name, &full_name, depth + 1));
            }
        }
        message
    }

    fn fill(&mut self, message: &mut DescriptorProto, scope: &str) {
        let full_name = joined(scope, message.name());
        for nested in &mut message.nested_type {
            self.fill(nested, &full_name);
        }
        let nested = message.nested_type.iter().map(|nested| nested.name().to_owned());
        let taken: BTreeSet<String> =
            nested.chain(message.enum_type.iter().map(|nested| nested.name().to_owned())).collect();
        let names = self.some(&FIELDS, 8);
        let mut names =
            names.into_iter().filter(|name| !taken.contains(*name)).collect::<Vec<_>>().into_iter();
        let (mut entries, mut number) = (Vec::new(), 0);
        while let Some(name) = names.next() {
            number += self.rng.i32(1..4);
            match self.rng.u8(..6) {
                0 => {
                    let (entry, field) = self.map(name, number, &full_name);
                    entries.push(entry);
                    message.field.push(field);
                }
                1 => {
                    let variants: Vec<&str> = names.by_ref().take(self.rng.usize(1..3)).collect();
                    let oneof = message.oneof_decl.len() as i32;
                    for variant in &variants {
                        let field = self.field(variant, number, Label::Optional);
                        message.field.push(FieldDescriptorProto { oneof_index: Some(oneof), ..field });
                        number += 1;
                    }
                    if !variants.is_empty() {
                        message.oneof_decl.push(oneof_called(name));
                    }
                }
                2 => {
                    let field = self.field(name, number, Label::Optional);
                    message.field.push(FieldDescriptorProto { proto3_optional: Some(true), ..field });
                }
                3 => message.field.push(self.field(name, number, Label::Repeated)),
                _ => message.field.push(self.field(name, number, Label::Optional)),
            }
        }
        // The oneofs of optional fields come after the others, as compilers have it, and entries before what is nested.
        for field in message.field.iter_mut().filter(|field| field.proto3_optional()) {
            field.oneof_index = Some(message.oneof_decl.len() as i32);
            message.oneof_decl.push(oneof_called(&format!("_{}", field.name())));
        }
        entries.append(&mut message.nested_type);
        message.nested_type = entries;
        for (start, end) in [(100, 101), (200, 205), (1000, 536_870_912)] {
            if self.one_in(4) {
                message
                    .reserved_range
                    .push(descriptor_proto::ReservedRange { start: Some(start), end: Some(end) });
            }
        }
        message.reserved_name.extend(self.one_in(4).then(|| "old_name".to_owned()));
        message.options =
            self.one_in(5).then(|| MessageOptions { deprecated: Some(true), ..MessageOptions::default() });
    }

    /// Makes a field of any type.
    fn field(&mut self, name: &str, number: i32, label: Label) -> FieldDescriptorProto {
        let (kind, type_name) = match self.rng.u8(..3) {
            0 => (SCALARS[self.rng.usize(..SCALARS.len())], None),
            1 if !self.enums.is_empty() => {
                (Type::Enum, Some(self.enums[self.rng.usize(..self.enums.len())].clone()))
            }
            _ => (Type::Message, Some(self.messages[self.rng.usize(..self.messages.len())].clone())),
        };
        let packable =
            !matches!(kind, Type::Message | Type::String | Type::Bytes) && label == Label::Repeated;
        let packed = (packable && self.one_in(3)).then(|| self.rng.bool());
        let deprecated = self.one_in(5).then_some(true);
        let options = FieldOptions { packed, deprecated, ..FieldOptions::default() };
        FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(label as i32),
            r#type: Some(kind as i32),
            type_name,
            json_name: self.one_in(6).then(|| format!("custom \"{number}\"")),
            options: Some(options).filter(|options| *options != FieldOptions::default()),
            ..FieldDescriptorProto::default()
        }
    }

    /// Makes a map, and the message that a compiler makes of it.
    fn map(&mut self, name: &str, number: i32, full_name: &str) -> (DescriptorProto, FieldDescriptorProto) {
        let parts = name.split('_').map(|part| format!("{}{}", part[..1].to_uppercase(), &part[1..]));
        let entry = parts.collect::<String>() + "Entry";
        let plain =
            |field: FieldDescriptorProto| FieldDescriptorProto { json_name: None, options: None, ..field };
        let key = FieldDescriptorProto {
            r#type: Some([Type::String, Type::Bool, Type::Sint64][self.rng.usize(..3)] as i32),
            type_name: None,
            ..plain(self.field("key", 1, Label::Optional))
        };
        let value = plain(self.field("value", 2, Label::Optional));
        let field = FieldDescriptorProto {
            r#type: Some(Type::Message as i32),
            type_name: Some(format!(".{full_name}.{entry}")),
            options: None,
            ..self.field(name, number, Label::Repeated)
        };
        let entry = DescriptorProto {
            name: Some(entry),
            field: vec![key, value],
            options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
            ..DescriptorProto::default()
        };
        (entry, field)
    }

    fn enumeration(&mut self, name: &str, scope: &str) -> EnumDescriptorProto {
        self.enums.push(format!(".{}", joined(scope, name)));
        let aliased = self.one_in(3);
        let mut numbers = vec![0];
        numbers.extend(aliased.then_some(0));
        numbers.extend([-2, 7, 1].into_iter().take(self.rng.usize(..4)));
        let value = |(index, number): (usize, i32)| EnumValueDescriptorProto {
            name: Some(format!("{}_{index}", name.to_uppercase())),
            number: Some(number),
            options: (index == 2)
                .then(|| EnumValueOptions { deprecated: Some(true), ..EnumValueOptions::default() }),
        };
        let options = EnumOptions {
            allow_alias: aliased.then_some(true),
            deprecated: self.one_in(5).then_some(true),
            ..EnumOptions::default()
        };
        let mut reserved = vec![(-20, -15), (100, 100), (1000, i32::MAX)];
        reserved.retain(|_| self.rng.u8(..4) == 0);
        let range =
            |(start, end)| enum_descriptor_proto::EnumReservedRange { start: Some(start), end: Some(end) };
        EnumDescriptorProto {
            name: Some(name.to_owned()),
            value: numbers.into_iter().enumerate().map(value).collect(),
            options: Some(options).filter(|options| *options != EnumOptions::default()),
            reserved_range: reserved.into_iter().map(range).collect(),
            reserved_name: self.one_in(4).then(|| "OLD".to_owned()).into_iter().collect(),
        }
    }

    fn service(&mut self, name: &str) -> ServiceDescriptorProto {
        let names = self.some(&TYPES, 4);
        ServiceDescriptorProto {
            name: Some(name.to_owned()),
            method: names.into_iter().map(|name| self.method(name)).collect(),
            options: self
                .one_in(5)
                .then(|| ServiceOptions { deprecated: Some(true), ..ServiceOptions::default() }),
        }
    }

    fn method(&mut self, name: &str) -> MethodDescriptorProto {
        let level = [None, Some(IdempotencyLevel::NoSideEffects), Some(IdempotencyLevel::Idempotent)];
        let options = MethodOptions {
            idempotency_level: level[self.rng.usize(..3)].map(|level| level as i32),
            deprecated: self.one_in(5).then_some(true),
            ..MethodOptions::default()
        };
        MethodDescriptorProto {
            name: Some(name.to_owned()),
            input_type: Some(self.messages[self.rng.usize(..self.messages.len())].clone()),
            output_type: Some(self.messages[self.rng.usize(..self.messages.len())].clone()),
            options: Some(options).filter(|options| *options != MethodOptions::default()),
            client_streaming: self.rng.bool().then_some(true),
            server_streaming: self.rng.bool().then_some(true),
        }
    }

    /// Comments a third of all declarations.
    fn comments(&mut self, file: &FileDescriptorProto) -> Vec<Location> {
        let mut paths = Vec::new();
        for (index, message) in file.message_type.iter().enumerate() {
            declarations(message, &[4, index as i32], &mut paths);
        }
        for (index, values) in file.enum_type.iter().enumerate() {
            values_of(values, &[5, index as i32], &mut paths);
        }
        for (index, service) in file.service.iter().enumerate() {
            paths.push(vec![6, index as i32]);
            paths.extend((0..service.method.len()).map(|method| vec![6, index as i32, 2, method as i32]));
        }
        paths.retain(|_| self.rng.u8(..3) == 0);
        let comment = |path| Location {
            path,
            span: vec![0, 0, 0],
            leading_comments: Some(COMMENTS[self.rng.usize(..COMMENTS.len())].to_owned()),
            ..Location::default()
        };
        paths.into_iter().map(comment).collect()
    }
}

/// Lists the paths of a message and all within it that is written, which the entries of maps are not.
fn declarations(message: &DescriptorProto, path: &[i32], paths: &mut Vec<Vec<i32>>) {
    let below = |kind: i32, index: usize| [path, &[kind, index as i32]].concat();
    paths.push(path.to_vec());
    paths.extend((0..message.field.len()).map(|index| below(2, index)));
    let written = message.oneof_decl.iter().filter(|oneof| !oneof.name().starts_with('_')).count();
    paths.extend((0..written).map(|index| below(8, index)));
    for (index, nested) in message.nested_type.iter().enumerate() {
        if !nested.options.as_ref().is_some_and(|options| options.map_entry()) {
            declarations(nested, &below(3, index), paths);
        }
    }
    for (index, values) in message.enum_type.iter().enumerate() {
        values_of(values, &below(4, index), paths);
    }
}

fn values_of(values: &EnumDescriptorProto, path: &[i32], paths: &mut Vec<Vec<i32>>) {
    paths.push(path.to_vec());
    paths.extend((0..values.value.len()).map(|index| [path, &[2, index as i32]].concat()));
}

fn oneof_called(name: &str) -> OneofDescriptorProto {
    OneofDescriptorProto { name: Some(name.to_owned()), options: None }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
