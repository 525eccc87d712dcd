//! One version of a contract by full names, so that two versions can be held against each other.

use std::collections::BTreeMap;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

use super::origin::{Origin, Part, join};
use super::packages::Packages;

/// A definition and where it stands.
pub(super) struct Item<'a, T> {
    /// The name in its own version.
    pub(super) full_name: String,
    /// The message it is nested in, as the index calls it.
    pub(super) parent: Option<String>,
    /// Whether its file is of the old syntax, in which every single field has presence.
    pub(super) proto2: bool,
    /// Whether a method takes or answers it, or what holds it.
    called: bool,
    part: Part,
    pub(super) proto: &'a T,
}

impl<T> Item<'_, T> {
    /// Tells whether the definition is to be compared with `is`, the new one: what is borrowed only while both
    /// versions use it. Where it is used no more, the field or the method that had it says so.
    pub(super) fn counts(&self, is: Option<&Item<'_, T>>) -> bool {
        match self.part {
            Part::Own => true,
            Part::Used => is.is_some_and(|is| is.part != Part::Idle),
            Part::Idle => false,
        }
    }

    /// Tells whether it is a break by itself that the definition is gone. One that was called is gone with the last
    /// field or method that had it, which is where that is judged; one that was nested went with what was around it.
    pub(super) fn is_missed(&self, new: &Index<'_>) -> bool {
        !self.called && self.parent.as_ref().is_none_or(|parent| new.messages.contains_key(parent))
    }
}

/// What a version defines, by the names that the new version has for it: those of a moved package differ.
pub(super) struct Index<'a> {
    pub(super) messages: BTreeMap<String, Item<'a, DescriptorProto>>,
    pub(super) enums: BTreeMap<String, Item<'a, EnumDescriptorProto>>,
    pub(super) services: BTreeMap<String, Item<'a, ServiceDescriptorProto>>,
    /// The new names of what has moved, by the old ones.
    moved: BTreeMap<String, String>,
}

/// Where a definition is met.
struct Scope<'a> {
    /// What its name follows, in its own version.
    own: &'a str,
    /// The same in the new version.
    now: &'a str,
    nested: bool,
    file: &'a FileDescriptorProto,
    origin: &'a Origin<'a>,
}

impl<'a> Index<'a> {
    /// Collects what a set defines, without packages that are gone and without what is never compared.
    pub(super) fn of(
        set: &'a FileDescriptorSet,
        origin: &'a Origin<'a>,
        packages: &Packages<'_>,
    ) -> Index<'a> {
        let mut index = Index {
            messages: BTreeMap::new(),
            enums: BTreeMap::new(),
            services: BTreeMap::new(),
            moved: BTreeMap::new(),
        };
        for file in set.file.iter().filter(|file| is_compared(file)) {
            let Some(now) = packages.now(file.package()) else { continue };
            let scope = Scope { own: file.package(), now, nested: false, file, origin };
            for message in &file.message_type {
                index.add_message(&scope, message);
            }
            for values in &file.enum_type {
                let (name, item) = index.item(&scope, values.name(), values);
                index.enums.insert(name, item);
            }
            for service in &file.service {
                let (name, item) = index.item(&scope, service.name(), service);
                index.services.insert(name, item);
            }
        }
        index
    }

    /// Returns the full name of a type, as the new version calls it. A descriptor has a dot before it.
    pub(super) fn now<'n>(&'n self, type_name: &'n str) -> &'n str {
        let name = type_name.strip_prefix('.').unwrap_or(type_name);
        self.moved.get(name).map_or(name, String::as_str)
    }

    /// Finds the entry that a map's fields are made of; none for a field that is no map.
    pub(super) fn entry(&self, field: &FieldDescriptorProto) -> Option<&'a DescriptorProto> {
        let entry = self.messages.get(self.now(field.type_name()))?.proto;
        is_entry(entry).then_some(entry)
    }

    fn add_message(&mut self, scope: &Scope<'_>, message: &'a DescriptorProto) {
        let (name, item) = self.item(scope, message.name(), message);
        let own = item.full_name.clone();
        self.messages.insert(name.clone(), item);
        let (file, origin) = (scope.file, scope.origin);
        let inner = Scope { own: &own, now: &name, nested: true, file, origin };
        for nested in &message.nested_type {
            self.add_message(&inner, nested);
        }
        for values in &message.enum_type {
            let (name, item) = self.item(&inner, values.name(), values);
            self.enums.insert(name, item);
        }
    }

    fn item<T>(&mut self, scope: &Scope<'_>, name: &str, proto: &'a T) -> (String, Item<'a, T>) {
        let (full_name, now) = (join(scope.own, name), join(scope.now, name));
        if full_name != now {
            self.moved.insert(full_name.clone(), now.clone());
        }
        let parent = scope.nested.then(|| scope.now.to_owned());
        let proto2 = scope.file.syntax.as_deref().is_none_or(|syntax| syntax == "proto2");
        let called = scope.origin.is_called(&full_name);
        let part = scope.origin.part(scope.file, &full_name);
        (now, Item { full_name, parent, proto2, called, part, proto })
    }
}

/// Tells whether a file can break the contract: what Google publishes changes by its own rules.
pub(super) fn is_compared(file: &FileDescriptorProto) -> bool {
    file.package() != "google" && !file.package().starts_with("google.")
}

/// Tells whether a message is what a map is made of, which nobody wrote.
pub(super) fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}
