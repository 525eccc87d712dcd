//! References to types, as short as they can be without meaning another type.
//!
//! A compiler looks a name up from the inside out, by its first part, and takes what it finds first: in a message that
//! has a field or a nested type called `Entry`, `Entry` may not be the message of the package.

use std::collections::HashSet;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

/// What begins a statement or is a type of its own, and so cannot begin a reference.
const WORDS: &[&str] = &[
    "bool",
    "bytes",
    "double",
    "enum",
    "extend",
    "extensions",
    "fixed32",
    "fixed64",
    "float",
    "group",
    "int32",
    "int64",
    "map",
    "message",
    "oneof",
    "option",
    "optional",
    "repeated",
    "required",
    "reserved",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "stream",
    "string",
    "uint32",
    "uint64",
];

/// The full name of everything that a set of files declares.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// Adds what a file declares.
    pub(crate) fn add(&mut self, file: &FileDescriptorProto) {
        let package = file.package();
        let ends = package.match_indices('.').map(|(end, _)| end).chain([package.len()]);
        self.0.extend(ends.filter(|end| *end > 0).map(|end| package[..end].to_owned()));
        for message in &file.message_type {
            self.add_message(package, message);
        }
        for values in &file.enum_type {
            self.add_enum(package, values);
        }
        for service in &file.service {
            let full_name = self.declare(package, service.name());
            for method in &service.method {
                self.declare(&full_name, method.name());
            }
        }
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto) {
        let full_name = self.declare(scope, message.name());
        for field in &message.field {
            self.declare(&full_name, field.name());
        }
        for oneof in &message.oneof_decl {
            self.declare(&full_name, oneof.name());
        }
        for nested in &message.nested_type {
            self.add_message(&full_name, nested);
        }
        for values in &message.enum_type {
            self.add_enum(&full_name, values);
        }
    }

    fn add_enum(&mut self, scope: &str, values: &EnumDescriptorProto) {
        self.declare(scope, values.name());
        for value in &values.value {
            // Values are neighbours of their enum, not within it.
            self.declare(scope, value.name());
        }
    }

    fn declare(&mut self, scope: &str, name: &str) -> String {
        let full_name = joined(scope, name);
        self.0.insert(full_name.clone());
        full_name
    }

    /// Writes a reference from within `scope`, a declaration of `package`, to `type_name`: `.ledger.v1.Entry`.
    pub(super) fn refer(&self, type_name: &str, scope: &str, package: &str) -> String {
        let full_name = type_name.trim_start_matches('.');
        // Not shorter than the package: that `v2.Entry` is found from `ledger.v1` is for compilers to know.
        let within = outwards(scope).take_while(|outer| outer.len() >= package.len() && !outer.is_empty());
        let shortened = within.filter_map(|outer| full_name.strip_prefix(outer)?.strip_prefix('.'));
        let found = shortened.chain([full_name]).find(|name| self.means(name, scope, full_name));
        found.map_or_else(|| format!(".{full_name}"), str::to_owned)
    }

    /// Tells whether a reference from within `scope` is to `full_name`.
    fn means(&self, reference: &str, scope: &str, full_name: &str) -> bool {
        let first = reference.split('.').next().unwrap_or_default();
        let known = |outer: &&str| self.0.contains(&joined(outer, first));
        !WORDS.contains(&first)
            && outwards(scope).find(known).is_some_and(|outer| joined(outer, reference) == full_name)
    }
}

/// Lists a scope and those around it, the empty one last.
fn outwards(scope: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(scope), |scope| match scope.rsplit_once('.') {
        Some((outer, _)) => Some(outer),
        None => (!scope.is_empty()).then_some(""),
    })
}

/// Makes the full name of what is declared in a scope.
pub(super) fn joined(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use prost_types::FieldDescriptorProto;

    fn message(name: &str, fields: &[&str], nested: Vec<DescriptorProto>) -> DescriptorProto {
        let field = |name: &&str| FieldDescriptorProto {
            name: Some((*name).to_owned()),
            ..FieldDescriptorProto::default()
        };
        DescriptorProto {
            name: Some(name.to_owned()),
            field: fields.iter().map(field).collect(),
            nested_type: nested,
            ..DescriptorProto::default()
        }
    }

    fn names() -> Names {
        let mut names = Names::default();
        let file = |package: &str, message_type| FileDescriptorProto {
            package: Some(package.to_owned()),
            message_type,
            ..FileDescriptorProto::default()
        };
        names.add(&file(
            "a.v1",
            vec![
                message("Entry", &[], vec![]),
                message("Plain", &[], vec![message("Inner", &[], vec![])]),
                message("Hiding", &["Entry", "google"], vec![message("Plain", &[], vec![])]),
                message("string", &[], vec![]),
            ],
        ));
        names.add(&file("a.v2", vec![message("Entry", &[], vec![])]));
        names.add(&file("google.protobuf", vec![message("Empty", &[], vec![])]));
        names
    }

    #[test]
    fn references_are_short_where_they_are_clear() {
        let names = names();
        for (type_name, scope, written) in [
            (".a.v1.Entry", "a.v1.Plain", "Entry"),
            (".a.v1.Plain.Inner", "a.v1.Plain", "Inner"),
            (".a.v1.Plain.Inner", "a.v1.Entry", "Plain.Inner"),
            (".a.v2.Entry", "a.v1.Plain", "a.v2.Entry"),
            (".google.protobuf.Empty", "a.v1.Plain", "google.protobuf.Empty"),
        ] {
            assert_eq!(names.refer(type_name, scope, "a.v1"), written, "{type_name} in {scope}");
        }
    }

    #[test]
    fn references_that_would_mean_another_are_written_in_full() {
        let names = names();
        for (type_name, scope) in [
            (".a.v1.Entry", "a.v1.Hiding"),
            (".google.protobuf.Empty", "a.v1.Hiding"),
            (".a.v1.string", "a.v1.Plain"),
        ] {
            let written = names.refer(type_name, scope, "a.v1");
            // `a.v1.Entry` is as clear as `.a.v1.Entry`.
            assert_eq!(written.trim_start_matches('.'), &type_name[1..], "{type_name} in {scope}");
        }
        assert_eq!(names.refer(".google.protobuf.Empty", "a.v1.Hiding", "a.v1"), ".google.protobuf.Empty");
        assert_eq!(names.refer(".a.v1.Plain", "a.v1.Hiding", "a.v1"), "a.v1.Plain");
    }

    #[test]
    fn types_of_no_package_are_found_from_everywhere() {
        let mut names = Names::default();
        let file = FileDescriptorProto {
            message_type: vec![message("Entry", &[], vec![]), message("Other", &[], vec![])],
            ..FileDescriptorProto::default()
        };
        names.add(&file);
        assert_eq!(names.refer(".Entry", "Other", ""), "Entry");
        assert_eq!(names.refer(".Missing", "Other", ""), ".Missing");
    }
}
