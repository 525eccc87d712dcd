//! Files that are written in an edition: no parser here reads them, but a compiler that does makes descriptors of them.
//! Where those say nothing that proto3 cannot, they become proto3, which every reader of descriptors knows.

use std::path::Path;

use protox::prost::Message;
use protox::prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage, Value};

use crate::Result;
use crate::error::{Error, Place};
use crate::options::SET;

/// The editions whose rules are known, as `google.protobuf.Edition` numbers them.
const KNOWN: [i32; 2] = [1000, 1001];

// Numbers of `google.protobuf.FeatureSet`'s enums.
const IMPLICIT: i32 = 2;
const LEGACY_REQUIRED: i32 = 3;
const CLOSED: i32 = 2;
const EXPANDED: i32 = 2;
const DELIMITED: i32 = 2;

// Numbers of `google.protobuf.FieldDescriptorProto`'s enums.
const REPEATED: i32 = 3;
const STRING: i32 = 9;
const GROUP: i32 = 10;
const MESSAGE: i32 = 11;
const BYTES: i32 = 12;

/// Returns the place where a file says that it is written in an edition.
pub(super) fn place(path: &Path, text: &str) -> Option<Place> {
    const WORD: &str = "edition";
    let rest = after_comments(text);
    let behind = rest.strip_prefix(WORD)?.trim_start();
    if !behind.starts_with('=') {
        return None;
    }
    Some(Place::bytes(path, text, text.len() - rest.len(), WORD.len()).label("an edition"))
}

/// Returns the error of a file that begins with `edition`, with the way to compile it nevertheless.
pub(super) fn refuse(path: &Path, text: &str) -> Option<Error> {
    let place = place(path, text)?;
    let error = Error::new("only proto2 and proto3 are read without a compiler that knows editions");
    Some(error.at([place]).help(
        "let one make a descriptor set, `buf build -o set.binpb` or, from version 27, `protoc --include_imports \
         --include_source_info --descriptor_set_out=set.binpb`, and say `.descriptor_set(\"set.binpb\")`; or call that \
         protoc by `.protoc(true)`",
    ))
}

/// Returns what follows the comments and blanks at the beginning of a file.
fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = match rest.get(..2) {
            Some("//") => rest.split_once('\n'),
            Some("/*") => rest.split_once("*/"),
            _ => return rest,
        };
        rest = after.map_or("", |(_, after)| after).trim_start();
    }
}

/// Returns an encoded set with its editions made proto3.
///
/// # Errors
///
/// When a file uses what proto3 does not have.
pub(super) fn lower(encoded: &[u8]) -> Result<Vec<u8>> {
    let failed = |why: String| Error::new(format!("cannot read a file of an edition: {why}"));
    let descriptor = DescriptorPool::global()
        .get_message_by_name(SET.0)
        .ok_or_else(|| failed(format!("{} is unknown", SET.0)))?;
    let mut set = DynamicMessage::decode(descriptor, encoded).map_err(|error| failed(error.to_string()))?;
    for file in messages(&mut set, "file") {
        if text(file, "syntax") != "editions" {
            continue;
        }
        let edition = number(file, "edition");
        if !KNOWN.contains(&edition) {
            let error = failed(format!("{} is in an edition unknown here ({edition})", text(file, "name")));
            return Err(error.help("2023 and 2024 are known"));
        }
        Lowering { file: text(file, "name") }.file(file)?;
    }
    Ok(set.encode_to_vec())
}

/// What a place says of itself, or inherits.
#[derive(Clone, Copy, Default)]
struct Features {
    presence: i32,
    enums: i32,
    repeated: i32,
    encoding: i32,
}

impl Features {
    /// Takes the features out of the options of `holder`, which inherits the rest.
    fn within(mut self, holder: &mut DynamicMessage) -> Features {
        if !holder.has_field_by_name("options") {
            return self;
        }
        let options = holder.get_field_by_name_mut("options").and_then(Value::as_message_mut);
        let features = options.and_then(|options| options.take_field_by_name("features"));
        let Some(features) = features.as_ref().and_then(Value::as_message) else { return self };
        for (name, feature) in [
            ("field_presence", &mut self.presence),
            ("enum_type", &mut self.enums),
            ("repeated_field_encoding", &mut self.repeated),
            ("message_encoding", &mut self.encoding),
        ] {
            if features.has_field_by_name(name) {
                *feature = number(features, name);
            }
        }
        self
    }
}

struct Lowering {
    file: String,
}

impl Lowering {
    fn file(&self, file: &mut DynamicMessage) -> Result<()> {
        file.set_field_by_name("syntax", Value::String("proto3".to_owned()));
        file.clear_field_by_name("edition");
        let features = Features::default().within(file);
        for service in messages(file, "service") {
            features.within(service);
            messages(service, "method").for_each(|method| {
                features.within(method);
            });
        }
        self.types(file, "message_type", features)
    }

    /// Lowers the types of a file or message, whose field `nested` holds its messages.
    fn types(&self, holder: &mut DynamicMessage, nested: &str, features: Features) -> Result<()> {
        messages(holder, "extension").for_each(|extension| {
            features.within(extension);
        });
        for enumeration in messages(holder, "enum_type") {
            if features.within(enumeration).enums == CLOSED {
                return Err(self.refused(enumeration, "a closed enum"));
            }
            messages(enumeration, "value").for_each(|value| {
                features.within(value);
            });
        }
        for message in messages(holder, nested) {
            let features = features.within(message);
            self.fields(message, features)?;
            self.types(message, "nested_type", features)?;
        }
        Ok(())
    }

    fn fields(&self, message: &mut DynamicMessage, features: Features) -> Result<()> {
        messages(message, "oneof_decl").for_each(|oneof| {
            features.within(oneof);
        });
        // What is repeated in a map is its entries, which are encoded one way only.
        let is_entry = message
            .get_field_by_name("options")
            .is_some_and(|options| options.as_message().is_some_and(|options| flag(options, "map_entry")));
        let mut oneofs = messages(message, "oneof_decl").count();
        let mut optional = Vec::new();
        for field in messages(message, "field") {
            let own = features.within(field);
            let (kind, repeated) = (number(field, "type"), number(field, "label") == REPEATED);
            let is_scalar = kind != MESSAGE && kind != GROUP;
            if is_entry {
                continue;
            }
            if !repeated && own.presence == LEGACY_REQUIRED {
                return Err(self.refused(field, "a required field"));
            }
            if !is_scalar && own.encoding == DELIMITED {
                return Err(self.refused(field, "a delimited message"));
            }
            if field.has_field_by_name("default_value") {
                return Err(self.refused(field, "a default of its own"));
            }
            if repeated {
                if own.repeated == EXPANDED && is_scalar && kind != STRING && kind != BYTES {
                    unpack(field);
                }
            } else if is_scalar && own.presence != IMPLICIT && !field.has_field_by_name("oneof_index") {
                field.set_field_by_name("proto3_optional", Value::Bool(true));
                field.set_field_by_name("oneof_index", Value::I32(i32::try_from(oneofs).unwrap_or(i32::MAX)));
                oneofs += 1;
                optional.push(text(field, "name"));
            }
        }
        self.oneofs(message, optional)
    }

    /// Adds the oneofs that proto3 has around its optional fields.
    fn oneofs(&self, message: &mut DynamicMessage, fields: Vec<String>) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let declared = message.descriptor().get_field_by_name("oneof_decl");
        let kind = declared.as_ref().map(|field| field.kind());
        let Some(descriptor) = kind.as_ref().and_then(|kind| kind.as_message()) else {
            return Err(self.refused(message, "optional fields"));
        };
        if let Some(list) = message.get_field_by_name_mut("oneof_decl").and_then(Value::as_list_mut) {
            for field in fields {
                let mut oneof = DynamicMessage::new(descriptor.clone());
                oneof.set_field_by_name("name", Value::String(format!("_{field}")));
                list.push(Value::Message(oneof));
            }
        }
        Ok(())
    }

    fn refused(&self, what: &DynamicMessage, feature: &str) -> Error {
        let error = Error::new(format!("`{}` in {} is {feature}", text(what, "name"), self.file));
        error.help("of an edition, micro takes what proto3 has as well")
    }
}

/// Says that a repeated field is written one by one: proto3 packs where nothing is said.
fn unpack(field: &mut DynamicMessage) {
    if let Some(options) = field.get_field_by_name_mut("options").and_then(Value::as_message_mut) {
        options.set_field_by_name("packed", Value::Bool(false));
    }
}

/// Walks over the messages in a repeated field.
fn messages<'a>(holder: &'a mut DynamicMessage, name: &str) -> impl Iterator<Item = &'a mut DynamicMessage> {
    let list = match holder.has_field_by_name(name) {
        true => holder.get_field_by_name_mut(name).and_then(Value::as_list_mut),
        false => None,
    };
    list.into_iter().flatten().filter_map(Value::as_message_mut)
}

fn text(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(message: &DynamicMessage, name: &str) -> i32 {
    message.get_field_by_name(name).and_then(|value| value.as_enum_number()).unwrap_or_default()
}

fn flag(message: &DynamicMessage, name: &str) -> bool {
    message.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or_default()
}
