//! Collects the types a message refers to and makes descriptors of them.
//!
//! Annotated types of one package go into one file, named `micro/<package>.proto`; types generated from a `.proto`
//! keep the file they came from. Nothing here runs per call: each message is described once, when first asked.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::field_descriptor_proto::Type;
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    FileDescriptorProto, SourceCodeInfo, enum_descriptor_proto,
};

use super::places::{Place, Places};
use super::{Descriptor, Message};

pub use super::fields::Fields;

// Field numbers of descriptor.proto, which make up the paths of comments.
const FILE_MESSAGES: i32 = 4;
const FILE_ENUMS: i32 = 5;
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
    /// Whether nobody should use it any more.
    pub deprecated: bool,
    /// Where it is written: `src/ledger.rs:12`.
    pub place: &'static str,
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
    /// Whether nobody should use it any more.
    pub deprecated: bool,
    /// Where it is written: `src/ledger.rs:12`.
    pub place: &'static str,
    /// Name, number and documentation of each value.
    pub values: &'static [(&'static str, i32, &'static str)],
    /// The numbers of the values that nobody should use any more.
    pub deprecated_values: &'static [i32],
    /// Inclusive ranges of numbers that must not be used.
    pub reserved: &'static [(i32, i32)],
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
    /// The Rust type behind each annotated name, be it of a type or of a value.
    seen: Places,
    /// The first contradiction.
    conflict: Option<String>,
}

impl Types {
    /// Adds an annotated message, unless it is there already: types may refer to themselves.
    pub fn add_message<T: Message>(&mut self, info: &MessageInfo, describe: fn(&mut Fields<'_>)) {
        self.add_written(info, Place::of::<T>(info.place), describe);
    }

    // Compiled once, and not again for each message.
    fn add_written(&mut self, info: &MessageInfo, place: Place, describe: fn(&mut Fields<'_>)) {
        if !self.enter(info.package, info.name, place) {
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
        self.add_units(info, Place::of::<T>(info.place));
    }

    fn add_units(&mut self, info: &EnumInfo, place: Place) {
        if !self.enter(info.package, info.name, place) {
            return;
        }
        for (name, _, _) in info.values {
            self.note(&full_name(info.package, name), place.of_value());
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
            options: info
                .deprecated_values
                .contains(&number)
                .then(|| EnumValueOptions { deprecated: Some(true), ..Default::default() }),
        };
        // Unlike those of messages, the ranges of enums include their end.
        let range = |&(first, last): &(i32, i32)| enum_descriptor_proto::EnumReservedRange {
            start: Some(first),
            end: Some(last),
        };
        file.enum_type.push(EnumDescriptorProto {
            name: Some(info.name.to_owned()),
            value: values.into_iter().map(value).collect(),
            reserved_range: info.reserved.iter().map(range).collect(),
            reserved_name: info.reserved_names.iter().map(|name| (*name).to_owned()).collect(),
            options: info.deprecated.then(|| EnumOptions { deprecated: Some(true), ..Default::default() }),
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
    fn enter(&mut self, package: &'static str, name: &str, place: Place) -> bool {
        let full_name = full_name(package, name);
        let is_new = self.note(&full_name, place);
        if is_new {
            self.origin.insert(full_name, file_name(package));
        }
        is_new
    }

    /// Notes what a name stands for, telling whether it is new.
    fn note(&mut self, full_name: &str, place: Place) -> bool {
        if let Some(known) = self.seen.get(full_name) {
            if *known != place {
                self.contradict(Place::contradiction(full_name, known, &place));
            }
            return false;
        }
        self.seen.insert(full_name.to_owned(), place);
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
            .map(|message| Descriptor::written(message, self.seen))
            .ok_or_else(|| format!("{full_name} is missing"))
    }
}

pub(super) fn full_name(package: &str, name: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn units(
        name: &'static str,
        place: &'static str,
        values: &'static [(&'static str, i32, &'static str)],
    ) -> EnumInfo {
        EnumInfo {
            package: "p",
            name,
            docs: "",
            deprecated: false,
            place,
            values,
            deprecated_values: &[],
            reserved: &[],
            reserved_names: &[],
        }
    }

    #[test]
    fn values_are_names_of_the_package() {
        let status = units("Status", "a.rs:1", &[("STATUS_OK", 0, ""), ("STATUS_CODE_UNKNOWN", 1, "")]);
        let code = units("StatusCode", "b.rs:2", &[("STATUS_CODE_UNKNOWN", 0, "")]);
        let mut types = Types::default();
        types.add_enum::<u8>(&status);
        types.add_enum::<u8>(&status);
        assert!(types.conflict.is_none(), "{:?}", types.conflict);
        types.add_enum::<u16>(&EnumInfo { package: "q", ..code });
        assert!(types.conflict.is_none(), "{:?}", types.conflict);
        types.add_enum::<u32>(&code);
        let error = types.build("p.Status").unwrap_err();
        for text in ["p.STATUS_CODE_UNKNOWN", "a value of u8 (a.rs:1)", "a value of u32 (b.rs:2)", "rename"] {
            assert!(error.contains(text), "{text}: {error}");
        }

        let mut types = Types::default();
        types.add_enum::<u8>(&status);
        types.add_enum::<u16>(&units("STATUS_OK", "b.rs:2", &[("X", 0, "")]));
        let error = types.build("p.Status").unwrap_err();
        for text in ["p.STATUS_OK", "a value of u8 (a.rs:1)", "the name of u16 (b.rs:2)"] {
            assert!(error.contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn two_types_of_one_name_contradict() {
        let info = units("E", "a.rs:1", &[("E_NONE", 0, "")]);
        let mut types = Types::default();
        types.add_enum::<u8>(&info);
        types.add_enum::<u8>(&info);
        assert!(types.conflict.is_none());
        types.add_enum::<u16>(&EnumInfo { place: "b.rs:2", ..info });
        let error = types.build("p.E").unwrap_err();
        for text in ["two types are called p.E", "u8 (a.rs:1)", "u16 (b.rs:2)", "name = "] {
            assert!(error.contains(text), "{text}: {error}");
        }
    }
}
