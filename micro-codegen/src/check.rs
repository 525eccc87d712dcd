//! Finds names that differ in protobuf and would be one in Rust, before rustc finds them in code nobody wrote.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto};

use crate::error::{Error, Place};
use crate::services::{METHOD, SERVICE};
use crate::source::Source;
use crate::{Result, names, wellknown};

// Field numbers: the steps of a path into `SourceCodeInfo`.
pub(crate) const FILE_MESSAGE: i32 = 4;
pub(crate) const FILE_ENUM: i32 = 5;
pub(crate) const MESSAGE_FIELD: i32 = 2;
pub(crate) const MESSAGE_NESTED: i32 = 3;
pub(crate) const MESSAGE_ENUM: i32 = 4;
pub(crate) const MESSAGE_ONEOF: i32 = 8;
pub(crate) const ENUM_VALUE: i32 = 2;
const NAME: i32 = 1;

/// Checks the names of all types, fields, methods and enum values.
pub(crate) fn names(source: &Source) -> Result<()> {
    let mut check = Check { source, types: BTreeMap::new(), errors: Vec::new() };
    for file in source.files.iter().filter(|file| !wellknown::is_file(file.name())) {
        check.file(file);
    }
    match Error::all(check.errors) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Check<'a> {
    source: &'a Source,
    /// Rust path to what it stands for.
    types: BTreeMap<Vec<String>, String>,
    errors: Vec<Error>,
}

impl Check<'_> {
    fn file(&mut self, file: &FileDescriptorProto) {
        let modules = names::modules(file.package());
        for (index, message) in (0..).zip(&file.message_type) {
            self.message(file, &modules, message, vec![FILE_MESSAGE, index]);
        }
        for (index, value) in (0..).zip(&file.enum_type) {
            self.enumeration(file, &modules, value, vec![FILE_ENUM, index]);
        }
        for (index, service) in (0..).zip(&file.service) {
            self.service(file, &modules, service, index);
        }
    }

    fn message(
        &mut self,
        file: &FileDescriptorProto,
        modules: &[String],
        message: &DescriptorProto,
        path: Vec<i32>,
    ) {
        if message.options.as_ref().is_some_and(|options| options.map_entry()) {
            return;
        }
        self.add(file, modules, names::camel(message.name()), format!("message `{}`", message.name()), &path);
        let mut inner = modules.to_vec();
        inner.push(names::snake(message.name()));
        self.fields(file, &inner, message, &path);
        for (index, nested) in (0..).zip(&message.nested_type) {
            self.message(file, &inner, nested, [&path[..], &[MESSAGE_NESTED, index]].concat());
        }
        for (index, value) in (0..).zip(&message.enum_type) {
            self.enumeration(file, &inner, value, [&path[..], &[MESSAGE_ENUM, index]].concat());
        }
    }

    /// Checks the fields of a struct, and the enums that its oneofs are, which stand in the module `inner`.
    fn fields(
        &mut self,
        file: &FileDescriptorProto,
        inner: &[String],
        message: &DescriptorProto,
        path: &[i32],
    ) {
        let mut taken = BTreeMap::new();
        let mut oneofs = BTreeSet::new();
        for (index, field) in (0..).zip(&message.field) {
            let what = format!("field `{}`", field.name());
            // The oneof around an optional field is there on the wire only.
            let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
            let rust = match oneof {
                Some(_) => names::camel(field.name()),
                None => names::snake(field.name()),
            };
            oneofs.extend(oneof);
            self.member(file, &mut taken, (oneof, rust), what, &[path, &[MESSAGE_FIELD, index]].concat());
        }
        let types = names::types(message);
        for (index, oneof) in (0..).zip(&message.oneof_decl) {
            if !oneofs.contains(&index) {
                continue;
            }
            let what = format!("oneof `{}` of message `{}`", oneof.name(), message.name());
            let path = [path, &[MESSAGE_ONEOF, index]].concat();
            let rust = names::oneof(&types, oneof.name());
            self.member(file, &mut taken, (None, names::snake(oneof.name())), what.clone(), &path);
            self.add(file, inner, rust, what, &path);
        }
    }

    /// Adds a member of a struct, or of the enum that a oneof is, to those `taken`.
    fn member(
        &mut self,
        file: &FileDescriptorProto,
        taken: &mut BTreeMap<(Option<i32>, String), String>,
        member: (Option<i32>, String),
        what: String,
        path: &[i32],
    ) {
        let rust = member.1.clone();
        if rust.trim_matches('_').is_empty() {
            self.nameless(&what, self.name(file, path));
        } else if let Some(first) = taken.insert(member, what.clone()) {
            self.clash(format!("{first} and {what}"), &rust, self.name(file, path));
        }
    }

    fn enumeration(
        &mut self,
        file: &FileDescriptorProto,
        modules: &[String],
        value: &EnumDescriptorProto,
        path: Vec<i32>,
    ) {
        let rust = names::camel(value.name());
        let mut numbers = BTreeSet::new();
        let mut variants = BTreeMap::new();
        for (index, variant) in (0..).zip(&value.value) {
            // An alias gets no variant of its own.
            if !numbers.insert(variant.number()) {
                continue;
            }
            let name = names::variant(&rust, variant.name());
            if let Some(first) = variants.insert(name.clone(), variant.name()) {
                let place = self.name(file, &[&path[..], &[ENUM_VALUE, index]].concat());
                self.clash(
                    format!("values `{first}` and `{}`", variant.name()),
                    &format!("{rust}::{name}"),
                    place,
                );
            }
        }
        self.add(file, modules, rust, format!("enum `{}`", value.name()), &path);
    }

    fn service(
        &mut self,
        file: &FileDescriptorProto,
        modules: &[String],
        service: &ServiceDescriptorProto,
        index: i32,
    ) {
        let path = [SERVICE, index];
        let rust = names::camel(service.name());
        let client = format!("{rust}Client");
        self.add(file, modules, rust, format!("service `{}`", service.name()), &path);
        self.add(file, modules, client, format!("the client of service `{}`", service.name()), &path);
        let mut methods = BTreeMap::new();
        for (position, method) in (0..).zip(&service.method) {
            let rust = names::method(method.name());
            let path = [SERVICE, index, METHOD, position];
            if rust.trim_matches('_').is_empty() {
                self.nameless(&format!("method `{}`", method.name()), self.name(file, &path));
            } else if let Some(first) = methods.insert(rust.clone(), method.name()) {
                let who = format!("methods `{first}` and `{}`", method.name());
                self.clash(who, &rust, self.name(file, &path));
            }
        }
    }

    fn add(
        &mut self,
        file: &FileDescriptorProto,
        modules: &[String],
        rust: String,
        what: String,
        path: &[i32],
    ) {
        if rust.trim_matches('_').is_empty() {
            self.nameless(&what, self.name(file, path));
            return;
        }
        let mut full = modules.to_vec();
        full.push(rust.clone());
        if let Some(first) = self.types.insert(full, what.clone()) {
            self.clash(format!("{first} and {what}"), &rust, self.name(file, path));
        }
    }

    fn name(&self, file: &FileDescriptorProto, path: &[i32]) -> Place {
        self.source.place(file, &[path, &[NAME]].concat())
    }

    fn nameless(&mut self, what: &str, place: Place) {
        let error = Error::new(format!("{what} has no name in Rust"));
        self.errors.push(error.at([place]).help("use a letter"));
    }

    fn clash(&mut self, who: String, rust: &str, place: Place) {
        let error = Error::new(format!("{who} are both `{rust}` in Rust"));
        self.errors.push(error.at([place.label("the second")]).help("rename one of them"));
    }
}
