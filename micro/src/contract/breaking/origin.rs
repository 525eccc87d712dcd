//! What a version of a contract consists of: its own packages, and of what these import the types that they use.
//!
//! A set of files holds everything that is imported, also what others publish: rules for fields, which nothing but
//! options refers to, or types that many share. Nobody calls these by themselves. A type of theirs counts as long as a
//! field or a method of the contract has it; what becomes of the rest, and whether it is imported at all, no caller
//! sees.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// How a definition belongs to its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The contract's own.
    Own,
    /// Imported, and had by a field or a method.
    Used,
    /// Imported with something else, or for options.
    Idle,
}

/// Where the definitions of a version come from, and which of them it uses.
pub(super) struct Origin<'a> {
    /// The names of the files that are there because others import them.
    borrowed: BTreeSet<&'a str>,
    /// The full names of the types that what is the contract's own has, and of those that these have.
    used: BTreeSet<&'a str>,
    /// The same for its methods alone.
    called: BTreeSet<&'a str>,
}

impl<'a> Origin<'a> {
    pub(super) fn of(set: &'a FileDescriptorSet) -> Origin<'a> {
        let borrowed = borrowed(set);
        let mut messages = BTreeMap::new();
        let (mut of_messages, mut of_methods) = (Vec::new(), Vec::new());
        for file in &set.file {
            collect(file.package(), &file.message_type, &mut messages);
            for method in file.service.iter().flat_map(|service| &service.method) {
                of_methods.extend([method.input_type(), method.output_type()]);
            }
            if !borrowed.contains(file.name()) {
                file.message_type.iter().for_each(|message| list(message, &mut of_messages));
            }
        }
        let called = reached(of_methods.clone(), &messages);
        let used = reached([of_messages, of_methods].concat(), &messages);
        Origin { borrowed, used, called }
    }

    /// Tells whether a file is there because others import it.
    pub(super) fn is_borrowed(&self, file: &FileDescriptorProto) -> bool {
        self.borrowed.contains(file.name())
    }

    /// Says how a type in a file belongs to the version.
    pub(super) fn part(&self, file: &FileDescriptorProto, full_name: &str) -> Part {
        match (self.is_borrowed(file), self.used.contains(full_name)) {
            (false, _) => Part::Own,
            (true, true) => Part::Used,
            (true, false) => Part::Idle,
        }
    }

    /// Tells whether some method takes or answers a type, or one that holds it.
    pub(super) fn is_called(&self, full_name: &str) -> bool {
        self.called.contains(full_name)
    }
}

/// Lists the files without services that only other packages or options have a use for.
fn borrowed(set: &FileDescriptorSet) -> BTreeSet<&str> {
    let packages: BTreeMap<&str, &str> = set.file.iter().map(|file| (file.name(), file.package())).collect();
    let (mut imported, mut serving) = (BTreeSet::new(), BTreeSet::new());
    for file in &set.file {
        let theirs = file.dependency.iter().filter_map(|import| packages.get(import.as_str()).copied());
        imported.extend(theirs.filter(|package| *package != file.package()));
        if !file.service.is_empty() {
            serving.insert(file.package());
        }
    }
    let is_borrowed = |file: &&FileDescriptorProto| {
        let for_others = imported.contains(file.package()) && !serving.contains(file.package());
        for_others || (file.service.is_empty() && adds_options(file))
    };
    set.file.iter().filter(is_borrowed).map(FileDescriptorProto::name).collect()
}

/// Tells whether a file is there for options: it adds some to those of protobuf.
fn adds_options(file: &FileDescriptorProto) -> bool {
    fn is_option(field: &FieldDescriptorProto) -> bool {
        let extended = bare(field.extendee());
        extended.starts_with("google.protobuf.") && extended.ends_with("Options")
    }
    fn holds_one(message: &DescriptorProto) -> bool {
        message.extension.iter().any(is_option) || message.nested_type.iter().any(holds_one)
    }
    file.extension.iter().any(is_option) || file.message_type.iter().any(holds_one)
}

/// Collects messages, with those that are nested, by their full names.
fn collect<'a>(
    scope: &str,
    messages: &'a [DescriptorProto],
    all: &mut BTreeMap<String, &'a DescriptorProto>,
) {
    for message in messages {
        let name = join(scope, message.name());
        collect(&name, &message.nested_type, all);
        all.insert(name, message);
    }
}

/// Lists the types that a message and those nested in it have.
fn list<'a>(message: &'a DescriptorProto, types: &mut Vec<&'a str>) {
    types.extend(message.field.iter().map(FieldDescriptorProto::type_name));
    message.nested_type.iter().for_each(|nested| list(nested, types));
}

/// Follows types to all that they hold.
fn reached<'a>(
    mut left: Vec<&'a str>,
    messages: &BTreeMap<String, &'a DescriptorProto>,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    while let Some(name) = left.pop().map(bare) {
        // Fields of scalars have no name of a type.
        if !name.is_empty() && reached.insert(name) {
            let fields = messages.get(name).copied().into_iter().flat_map(|message| &message.field);
            left.extend(fields.map(FieldDescriptorProto::type_name));
        }
    }
    reached
}

/// Returns a full name without the dot that stands before it in a descriptor.
fn bare(type_name: &str) -> &str {
    type_name.strip_prefix('.').unwrap_or(type_name)
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
