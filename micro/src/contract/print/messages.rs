//! Messages and their fields.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::Printer;
use super::body::{Body, quoted};
use super::comments::below;
use super::names::joined;
use crate::contract::paths::{MESSAGE_ENUMS, MESSAGE_FIELDS, MESSAGE_NESTED, MESSAGE_ONEOFS};

/// The highest number a field may have.
const MAX_NUMBER: i32 = (1 << 29) - 1;

impl Printer<'_> {
    /// Prints the message at `path`, which is declared in `scope`.
    pub(super) fn message(&self, message: &DescriptorProto, scope: &str, path: &[i32]) -> String {
        let full_name = joined(scope, message.name());
        let mut body = Body::default();
        if message.options.as_ref().is_some_and(|options| options.deprecated()) {
            body.close("option deprecated = true;\n");
        }
        body.close(&reserved_numbers(message));
        body.close(&reserved_names(&message.reserved_name));
        self.fields(&mut body, message, &full_name, path);
        for (index, nested) in message.nested_type.iter().enumerate().filter(|(_, nested)| !is_entry(nested))
        {
            body.apart(&self.message(nested, &full_name, &below(path, MESSAGE_NESTED, index)));
        }
        for (index, values) in message.enum_type.iter().enumerate() {
            body.apart(&self.enumeration(values, &below(path, MESSAGE_ENUMS, index)));
        }
        self.comments.before(path, &body.within(&format!("message {}", message.name())))
    }

    /// Prints the fields, those of a oneof where the first of them stands.
    fn fields(&self, body: &mut Body, message: &DescriptorProto, full_name: &str, path: &[i32]) {
        let oneof_of = |field: &FieldDescriptorProto| field.oneof_index.filter(|_| !field.proto3_optional());
        let print = |index: usize, field: &FieldDescriptorProto| {
            let statement = self.field(field, message, full_name);
            self.comments.before(&below(path, MESSAGE_FIELDS, index), &statement)
        };
        // What is reserved stands by itself, fields stand close together.
        let mut fields = Body::default();
        let mut printed = Vec::new();
        for (index, field) in message.field.iter().enumerate() {
            let Some(oneof) = oneof_of(field) else {
                fields.close(&print(index, field));
                continue;
            };
            if printed.contains(&oneof) {
                continue;
            }
            printed.push(oneof);
            let mut variants = Body::default();
            for (index, variant) in message.field.iter().enumerate() {
                if oneof_of(variant) == Some(oneof) {
                    variants.close(&print(index, variant));
                }
            }
            let place = usize::try_from(oneof).unwrap_or(usize::MAX);
            let name = message.oneof_decl.get(place).map_or("", |oneof| oneof.name());
            let statement = variants.within(&format!("oneof {name}"));
            fields.apart(&self.comments.before(&below(path, MESSAGE_ONEOFS, place), &statement));
        }
        body.apart(&fields.into_text());
    }

    fn field(&self, field: &FieldDescriptorProto, message: &DescriptorProto, full_name: &str) -> String {
        let entry = message
            .nested_type
            .iter()
            .filter(|nested| is_entry(nested))
            .find(|nested| field.type_name().trim_start_matches('.') == joined(full_name, nested.name()));
        let of = match (entry, field.label()) {
            (Some(entry), _) => self.map(entry, full_name),
            (None, Label::Repeated) => format!("repeated {}", self.type_of(field, full_name)),
            (None, _) if field.proto3_optional() => format!("optional {}", self.type_of(field, full_name)),
            (None, _) => self.type_of(field, full_name),
        };
        format!("{of} {} = {}{};\n", field.name(), field.number(), options(field))
    }

    /// Prints the type of a map, which a compiler makes a message of.
    fn map(&self, entry: &DescriptorProto, full_name: &str) -> String {
        let scope = joined(full_name, entry.name());
        let part = |number: i32| {
            let field = entry.field.iter().find(|field| field.number() == number);
            field.map(|field| self.type_of(field, &scope)).unwrap_or_default()
        };
        format!("map<{}, {}>", part(1), part(2))
    }

    fn type_of(&self, field: &FieldDescriptorProto, scope: &str) -> String {
        let scalar = match field.r#type() {
            Type::Double => "double",
            Type::Float => "float",
            Type::Int64 => "int64",
            Type::Uint64 => "uint64",
            Type::Int32 => "int32",
            Type::Fixed64 => "fixed64",
            Type::Fixed32 => "fixed32",
            Type::Bool => "bool",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Uint32 => "uint32",
            Type::Sfixed32 => "sfixed32",
            Type::Sfixed64 => "sfixed64",
            Type::Sint32 => "sint32",
            Type::Sint64 => "sint64",
            Type::Enum | Type::Message | Type::Group => {
                return self.names.refer(field.type_name(), scope, self.package);
            }
        };
        scalar.to_owned()
    }
}

/// Tells whether a message is what a compiler made of a map.
fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn options(field: &FieldDescriptorProto) -> String {
    let mut options = Vec::new();
    if let Some(set) = &field.options {
        options.extend(set.packed.map(|packed| format!("packed = {packed}")));
        options.extend(set.deprecated().then(|| "deprecated = true".to_owned()));
    }
    let other_name = field.json_name.as_ref().filter(|name| **name != json_name(field.name()));
    options.extend(other_name.map(|name| format!("json_name = {}", quoted(name))));
    match options.is_empty() {
        true => String::new(),
        false => format!(" [{}]", options.join(", ")),
    }
}

/// Names a field as JSON does when nobody says otherwise: `some_name` is `someName`.
fn json_name(name: &str) -> String {
    let mut upper = false;
    let mut json = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter != '_' {
            json.push(if upper { letter.to_ascii_uppercase() } else { letter });
        }
        upper = letter == '_';
    }
    json
}

fn reserved_numbers(message: &DescriptorProto) -> String {
    // The end of a range is one more than its last number.
    let range = |first: i32, last: i32| match last {
        last if first == last => first.to_string(),
        MAX_NUMBER => format!("{first} to max"),
        last => format!("{first} to {last}"),
    };
    let ranges = message.reserved_range.iter().map(|reserved| range(reserved.start(), reserved.end() - 1));
    let ranges: Vec<String> = ranges.collect();
    match ranges.is_empty() {
        true => String::new(),
        false => format!("reserved {};\n", ranges.join(", ")),
    }
}

pub(super) fn reserved_names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("reserved {};\n", names.join(", ")),
    }
}
