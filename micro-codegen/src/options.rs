//! Custom options: those of micro are read, and enforced; what it does not enforce yet is refused, as ignored it would only
//! look safe.
//!
//! Options are extensions of protobuf's own messages, and `prost-types` drops what its messages do not have. A
//! dynamic message keeps it as unknown fields; the files that declare the extensions tell their names, and the one that is
//! built in, `micro/options.proto`, tells what the values of ours are.

mod embed;
mod methods;

pub(crate) use embed::embed;
pub(crate) use methods::Methods;

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use protox::prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage, Value};

use crate::error::{Error, Place};
use crate::services::{METHOD, SERVICE};
use crate::source::Source;
use crate::{Result, wellknown};

/// The message that holds files, and the number of the field it holds them in.
pub(crate) const SET: (&str, u32) = ("google.protobuf.FileDescriptorSet", 1);

/// A custom option that is set.
pub(crate) struct Custom {
    /// The name of the file it is set in.
    pub(crate) file: String,
    /// Where it is set, in the terms of `SourceCodeInfo`.
    path: Vec<i32>,
    /// Its full name: `google.api.http`.
    name: String,
    /// Its value, if it is one of micro's and is declared as `micro/options.proto` declares it.
    value: Option<Value>,
}

/// Lists the custom options that are set in files. `encoded` is a [`SET`] of the files; `files` are the same, decoded.
pub(crate) fn read(encoded: &[u8], files: &[FileDescriptorProto]) -> Result<Vec<Custom>> {
    let (message, field) = SET;
    let failed = |why: String| Error::new(format!("cannot read custom options: {why}"));
    let descriptor = DescriptorPool::global()
        .get_message_by_name(message)
        .ok_or_else(|| failed(format!("{message} is unknown")))?;
    let holder = DynamicMessage::decode(descriptor, encoded).map_err(|error| failed(error.to_string()))?;
    let held = holder.get_field_by_number(field);
    let (names, pool) = (declared(files), wellknown::pool());
    let mut found = Vec::new();
    for file in held.as_deref().and_then(Value::as_list).unwrap_or_default() {
        let Some(file) = file.as_message() else { continue };
        let name = file.get_field_by_name("name");
        let name = name.as_deref().and_then(Value::as_str).unwrap_or_default();
        let mut search =
            Search { names: &names, pool: &pool, file: name, path: Vec::new(), found: &mut found };
        search.message(file);
    }
    Ok(found)
}

fn is_for_micro(name: &str) -> bool {
    name == "google.api.http" || name.starts_with("micro.")
}

fn refusal(source: &Source, option: &Custom) -> Error {
    let name = &option.name;
    let instead = match option.path[..] {
        [SERVICE, _, METHOD, _, ..] => {
            " (what a method can say is `idempotency_level`, and `timeout` and `topic` of `micro/options.proto`)"
        }
        _ => "",
    };
    let error = Error::new(format!("option `({name})` is not enforced yet: set, it would only look safe"));
    error.at(place(source, option)).help(format!(
        "leave it out{instead}; if it is for another tool, say `.ignore_option(\"{name}\")` in build.rs, or \
         `--micro_opt=ignore_option={name}` to protoc"
    ))
}

fn place(source: &Source, option: &Custom) -> Option<Place> {
    let file = source.files.iter().find(|file| file.name() == option.file)?;
    // An option that is set part by part, or several times, stands at longer paths.
    let location = file
        .source_code_info
        .iter()
        .flat_map(|info| &info.location)
        .find(|location| location.path.starts_with(&option.path));
    Some(source.place(file, location.map_or(&option.path[..], |location| &location.path[..])))
}

/// What an extension extends and its number, to its full name.
type Names = BTreeMap<(String, i32), String>;

/// Lists the extensions that files declare.
fn declared(files: &[FileDescriptorProto]) -> Names {
    let mut names = Names::new();
    for file in files {
        add(&mut names, file.package(), &file.extension);
        for message in &file.message_type {
            add_nested(&mut names, file.package(), message);
        }
    }
    names
}

fn add_nested(names: &mut Names, outer: &str, message: &DescriptorProto) {
    let scope = within(outer, message.name());
    add(names, &scope, &message.extension);
    for nested in &message.nested_type {
        add_nested(names, &scope, nested);
    }
}

fn add(names: &mut Names, scope: &str, extensions: &[FieldDescriptorProto]) {
    for extension in extensions {
        let extended = extension.extendee().trim_start_matches('.').to_owned();
        names.insert((extended, extension.number()), within(scope, extension.name()));
    }
}

fn within(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// A walk through a file that knows where it is.
struct Search<'a> {
    names: &'a Names,
    /// Has the options of micro.
    pool: &'a DescriptorPool,
    file: &'a str,
    path: Vec<i32>,
    found: &'a mut Vec<Custom>,
}

impl Search<'_> {
    fn message(&mut self, message: &DynamicMessage) {
        // An option that is set part by part, or several times, may be as many fields.
        let unknown: BTreeSet<i32> =
            message.unknown_fields().map(|field| field.number().cast_signed()).collect();
        for number in unknown {
            let key = (message.descriptor().full_name().to_owned(), number);
            if let Some(name) = self.names.get(&key) {
                let path = [&self.path[..], &[number]].concat();
                let value = self.value(message, number.cast_unsigned(), name);
                self.found.push(Custom { file: self.file.to_owned(), path, name: name.clone(), value });
            }
        }
        for (field, value) in message.fields() {
            self.path.push(field.number().cast_signed());
            match value {
                Value::Message(inner) => self.message(inner),
                Value::List(values) => self.list(values),
                _ => {}
            }
            self.path.pop();
        }
    }

    /// Reads what an option is set to, if it is one of micro's.
    fn value(&self, options: &DynamicMessage, number: u32, name: &str) -> Option<Value> {
        let option = self.pool.get_extension_by_name(name)?;
        let holder = option.containing_message();
        if option.number() != number || holder.full_name() != options.descriptor().full_name() {
            return None;
        }
        let mut encoded = Vec::new();
        let parts = options.unknown_fields().filter(|field| field.number() == number);
        parts.for_each(|field| field.encode(&mut encoded));
        let read = DynamicMessage::decode(holder, encoded.as_slice()).ok()?;
        read.has_extension(&option).then(|| read.get_extension(&option).into_owned())
    }

    fn list(&mut self, values: &[Value]) {
        for (index, value) in (0..).zip(values) {
            let Some(inner) = value.as_message() else { return };
            self.path.push(index);
            self.message(inner);
            self.path.pop();
        }
    }
}
