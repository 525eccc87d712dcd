//! Brings descriptors into one form, whoever made them: protox and protoc differ in order, in their copies of
//! the well-known files and in what they leave empty. What is generated from them must not.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::field_descriptor_proto::Type;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use protox::prost::Message;

use crate::{docs, wellknown};

/// Orders the files, imports first, and evens out what their makers do differently. Comments are made fit for
/// rustdoc.
pub(crate) fn canonical(files: Vec<FileDescriptorProto>, roots: &[String]) -> Vec<FileDescriptorProto> {
    let mut by_name: BTreeMap<String, FileDescriptorProto> = BTreeMap::new();
    for mut file in files {
        let name = file.name().to_owned();
        match wellknown::file(&name) {
            Some(known) => file = known,
            None => docs::clean(&mut file),
        }
        even_out(&mut file);
        by_name.insert(name, file);
    }
    let mut order = Order { files: &by_name, seen: BTreeSet::new(), names: Vec::new() };
    for root in roots.iter().collect::<BTreeSet<_>>() {
        order.visit(root);
    }
    let names = order.names;
    names.into_iter().filter_map(|name| by_name.remove(&name)).collect()
}

/// Encodes the set that is embedded in the generated code. The library knows the well-known files itself.
pub(crate) fn encode(files: &[FileDescriptorProto]) -> Vec<u8> {
    let own = files.iter().filter(|file| !wellknown::is_file(file.name()));
    let bare = own.map(|file| FileDescriptorProto { source_code_info: None, ..file.clone() });
    FileDescriptorSet { file: bare.collect() }.encode_to_vec()
}

struct Order<'a> {
    files: &'a BTreeMap<String, FileDescriptorProto>,
    seen: BTreeSet<String>,
    names: Vec<String>,
}

impl Order<'_> {
    fn visit(&mut self, name: &str) {
        let files = self.files;
        let Some(file) = files.get(name) else { return };
        if !self.seen.insert(name.to_owned()) {
            return;
        }
        for import in &file.dependency {
            self.visit(import);
        }
        self.names.push(name.to_owned());
    }
}

fn even_out(file: &mut FileDescriptorProto) {
    if file.syntax() == "proto2" {
        file.syntax = None;
    }
    drop_empty(&mut file.options);
    file.message_type.iter_mut().for_each(message);
    file.enum_type.iter_mut().for_each(enumeration);
    file.extension.iter_mut().for_each(field);
    for service in &mut file.service {
        drop_empty(&mut service.options);
        for method in &mut service.method {
            drop_empty(&mut method.options);
            // Absent and false are the same, and both are written.
            method.client_streaming = method.client_streaming.filter(|streaming| *streaming);
            method.server_streaming = method.server_streaming.filter(|streaming| *streaming);
        }
    }
}

fn message(message: &mut DescriptorProto) {
    drop_empty(&mut message.options);
    message.field.iter_mut().for_each(field);
    message.extension.iter_mut().for_each(field);
    message.nested_type.iter_mut().for_each(self::message);
    message.enum_type.iter_mut().for_each(enumeration);
    message.oneof_decl.iter_mut().for_each(|oneof| drop_empty(&mut oneof.options));
    message.extension_range.iter_mut().for_each(|range| drop_empty(&mut range.options));
}

fn enumeration(value: &mut EnumDescriptorProto) {
    drop_empty(&mut value.options);
    value.value.iter_mut().for_each(|value| drop_empty(&mut value.options));
}

fn field(field: &mut FieldDescriptorProto) {
    drop_empty(&mut field.options);
    let kind = field.r#type.and_then(|kind| Type::try_from(kind).ok());
    if let (Some(kind), Some(text)) = (kind, &mut field.default_value)
        && let Some(written) = fraction(kind, text)
    {
        *text = written;
    }
}

/// Writes the default of a field that is no whole number in the one way: protoc writes as its C library does, protox
/// writes out every digit. `None` for other fields.
fn fraction(kind: Type, text: &str) -> Option<String> {
    let value: f64 = text.parse().ok()?;
    match kind {
        Type::Double | Type::Float if value.is_nan() => Some("nan".to_owned()),
        Type::Double => Some(format!("{value:?}")),
        // Rounded twice, as protoc does it.
        Type::Float => Some(format!("{:?}", value as f32)),
        _ => None,
    }
}

/// Options that held custom ones only are empty once those are left out.
fn drop_empty<T: Default + PartialEq>(options: &mut Option<T>) {
    if options.as_ref().is_some_and(|options| *options == T::default()) {
        *options = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, imports: &[&str]) -> FileDescriptorProto {
        FileDescriptorProto {
            name: Some(name.to_owned()),
            dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
            ..FileDescriptorProto::default()
        }
    }

    #[test]
    fn any_order_comes_out_the_same() {
        let files = vec![file("a", &["c", "b"]), file("b", &[]), file("c", &["b"]), file("unused", &[])];
        let mut reversed = files.clone();
        reversed.reverse();
        let names = |files: Vec<FileDescriptorProto>| -> Vec<String> {
            canonical(files, &["a".to_owned()]).iter().map(|file| file.name().to_owned()).collect()
        };
        assert_eq!(names(files.clone()), ["b", "c", "a"]);
        assert_eq!(names(files), names(reversed));
    }

    #[test]
    fn defaults_are_written_one_way() {
        let digits = format!("1{}", "0".repeat(100));
        for (kind, expected, texts) in [
            (Type::Double, "1e100", &[digits.as_str(), "1e+100"][..]),
            (Type::Double, "3.141592653589793", &["3.141592653589793", "3.1415926535897931"]),
            (Type::Float, "1e30", &["1000000000000000000000000000000", "1e+30"]),
            (Type::Float, "0.1", &["0.1", "0.100000001"]),
            (Type::Float, "inf", &["inf", digits.as_str()]),
            (Type::Double, "-inf", &["-inf"]),
            (Type::Double, "nan", &["nan"]),
            (Type::Double, "-0.0", &["-0", "-0.0"]),
        ] {
            for text in texts {
                assert_eq!(fraction(kind, text).as_deref(), Some(expected), "{text}");
            }
        }
        for (kind, text) in [(Type::Int64, "100000"), (Type::String, "1e5"), (Type::Double, "wrong")] {
            assert_eq!(fraction(kind, text), None, "{text}");
        }
    }

    #[test]
    fn empty_options_are_no_options() {
        let mut one = file("a", &[]);
        one.options = Some(prost_types::FileOptions::default());
        one.syntax = Some("proto2".to_owned());
        let roots = ["a".to_owned()];
        assert_eq!(encode(&canonical(vec![one], &roots)), encode(&canonical(vec![file("a", &[])], &roots)));
    }
}
