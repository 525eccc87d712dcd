//! Keeps prost-build from asking the same again and again: what a message can derive.
//!
//! It walks through all that the message holds, then through all that each of those holds, by every way that
//! leads there: for forty messages that hold one another twice that takes years. It finds what it walks
//! through by name, and of one name the last counts. So each message gets a stand-in of the same name, which
//! can derive the same and holds nothing.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// The module that stand-ins are generated into. No package is called so.
pub(crate) const MODULE: &str = "stand-ins";

/// Makes a stand-in for every message of `files`, to be read after them.
pub(crate) fn of(files: &[FileDescriptorProto]) -> Vec<FileDescriptorProto> {
    let mut messages = Messages::new();
    for file in files {
        let scope = file.package.as_ref().map_or_else(String::new, |package| format!(".{package}"));
        for message in &file.message_type {
            add(&mut messages, &scope, message);
        }
    }
    let derived = derived(&messages);
    let mut scopes: BTreeMap<&str, Vec<DescriptorProto>> = BTreeMap::new();
    for (name, _) in messages.iter().filter(|(_, message)| !message.is_entry) {
        let Some((scope, short)) = name.rsplit_once('.') else { continue };
        let can = derived.get(name.as_str()).copied().unwrap_or(NOTHING);
        scopes.entry(scope).or_default().push(stand_in(short, can));
    }
    let file = |(scope, message_type): (&str, Vec<DescriptorProto>)| FileDescriptorProto {
        name: Some(MODULE.to_owned()),
        package: scope.strip_prefix('.').map(str::to_owned),
        message_type,
        ..FileDescriptorProto::default()
    };
    scopes.into_iter().map(file).collect()
}

/// What a message can derive: `Copy`; `Eq` and `Hash`.
#[derive(Clone, Copy)]
struct Derives {
    copy: bool,
    eq: bool,
}

const NOTHING: Derives = Derives { copy: false, eq: false };

impl Derives {
    fn and(self, other: Derives) -> Derives {
        Derives { copy: self.copy && other.copy, eq: self.eq && other.eq }
    }
}

/// A message as far as it matters here.
struct Message<'a> {
    /// What its scalars let it derive.
    own: Derives,
    /// The messages it holds, by their full names.
    holds: Vec<&'a str>,
    is_entry: bool,
}

/// Messages by their full names, with a dot before.
type Messages<'a> = BTreeMap<String, Message<'a>>;

fn add<'a>(messages: &mut Messages<'a>, scope: &str, message: &'a DescriptorProto) {
    let name = format!("{scope}.{}", message.name());
    for nested in &message.nested_type {
        add(messages, &name, nested);
    }
    let is_entry = message.options.as_ref().is_some_and(|options| options.map_entry());
    let mut added = Message { own: Derives { copy: true, eq: true }, holds: Vec::new(), is_entry };
    for field in &message.field {
        let is_repeated = field.label() == Label::Repeated;
        match field.r#type() {
            Type::Message if !is_repeated => added.holds.push(field.type_name()),
            kind => added.own = added.own.and(scalar(kind, is_repeated)),
        }
    }
    messages.insert(name, added);
}

/// Returns what a field lets its message derive, as prost-build has it.
fn scalar(kind: Type, is_repeated: bool) -> Derives {
    match kind {
        Type::Message | Type::Group => NOTHING,
        Type::String | Type::Bytes => Derives { copy: false, eq: true },
        Type::Float | Type::Double => Derives { copy: !is_repeated, eq: false },
        _ => Derives { copy: !is_repeated, eq: true },
    }
}

/// Finds out what each message can derive, those first that hold none. What holds itself is never reached,
/// nor what holds that: it can derive nothing.
fn derived<'a>(messages: &'a Messages<'a>) -> BTreeMap<&'a str, Derives> {
    let mut held_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ready = Vec::new();
    for (name, message) in messages {
        waiting.insert(name, message.holds.len());
        if message.holds.is_empty() {
            ready.push(name.as_str());
        }
        for held in &message.holds {
            held_by.entry(held).or_default().push(name);
        }
    }
    let mut derived: BTreeMap<&str, Derives> = BTreeMap::new();
    while let Some(name) = ready.pop() {
        let Some(message) = messages.get(name) else { continue };
        let held = message.holds.iter().map(|held| derived.get(held).copied().unwrap_or(NOTHING));
        let can = held.fold(message.own, Derives::and);
        derived.insert(name, can);
        for holder in held_by.get(name).into_iter().flatten() {
            if let Some(left) = waiting.get_mut(holder) {
                *left -= 1;
                if *left == 0 {
                    ready.push(holder);
                }
            }
        }
    }
    derived
}

fn stand_in(name: &str, can: Derives) -> DescriptorProto {
    let field = |number: i32, kind: Type| FieldDescriptorProto {
        name: Some(format!("field{number}")),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    };
    let text = (!can.copy).then(|| field(1, Type::String));
    let number = (!can.eq).then(|| field(2, Type::Double));
    DescriptorProto {
        name: Some(name.to_owned()),
        field: text.into_iter().chain(number).collect(),
        ..DescriptorProto::default()
    }
}
