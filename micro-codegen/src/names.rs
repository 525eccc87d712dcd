//! How protobuf names become Rust names: as prost-build does it, since its code refers to the same modules and
//! types.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_types::{DescriptorProto, EnumDescriptorProto};

/// Names a module or field: `HelloRequest` becomes `hello_request`.
pub(crate) fn snake(name: &str) -> String {
    escape(name.to_snake_case())
}

/// Names a type: `hello_request` becomes `HelloRequest`.
pub(crate) fn camel(name: &str) -> String {
    escape(name.to_upper_camel_case())
}

/// Names a method. Words that Rust keeps for itself are left: the expansion escapes them.
pub(crate) fn method(name: &str) -> String {
    let name = name.to_snake_case();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

/// Names an enum's variant: `COLOR_RED` of `Color` is `Red`.
pub(crate) fn variant(rust_enum: &str, name: &str) -> String {
    let name = camel(name);
    match name.strip_prefix(rust_enum) {
        Some(rest) if rest.starts_with(char::is_uppercase) => escape(rest.to_owned()),
        _ => escape(name),
    }
}

/// Lists the Rust names of the types in a message.
pub(crate) fn types(message: &DescriptorProto) -> BTreeSet<String> {
    let nested = message.nested_type.iter().map(DescriptorProto::name);
    nested.chain(message.enum_type.iter().map(EnumDescriptorProto::name)).map(camel).collect()
}

/// Names the enum that a oneof is, beside the `types` in its message.
pub(crate) fn oneof(types: &BTreeSet<String>, name: &str) -> String {
    let name = camel(name);
    if types.contains(&name) { name + "OneOf" } else { name }
}

/// Lists the modules of a package: `greeter.v1` is `greeter`, `v1`.
pub(crate) fn modules(package: &str) -> Vec<String> {
    package.split('.').filter(|part| !part.is_empty()).map(snake).collect()
}

/// Returns the path from the module of `package` to the type `.full.Name`.
pub(crate) fn relative(package: &str, full_name: &str) -> String {
    let mut here = package.split('.').filter(|part| !part.is_empty()).peekable();
    let mut parts: Vec<&str> = full_name.trim_start_matches('.').split('.').collect();
    let name = camel(parts.pop().unwrap_or_default());
    let mut there = parts.into_iter().peekable();
    while here.peek().is_some() && here.peek() == there.peek() {
        here.next();
        there.next();
    }
    let mut path: Vec<String> = here.map(|_| "super".to_owned()).collect();
    path.extend(there.map(snake));
    path.push(name);
    path.join("::")
}

fn escape(name: String) -> String {
    match name.as_str() {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => name + "_",
        "as" | "break" | "const" | "continue" | "else" | "enum" | "false" | "fn" | "for" | "if" | "impl"
        | "in" | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref" | "return" | "static"
        | "struct" | "trait" | "true" | "type" | "unsafe" | "use" | "where" | "while" | "dyn"
        | "abstract" | "become" | "box" | "do" | "final" | "macro" | "override" | "priv" | "typeof"
        | "unsized" | "virtual" | "yield" | "async" | "await" | "try" | "gen" => format!("r#{name}"),
        digit if digit.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_prost() {
        assert_eq!(snake("HelloRequest"), "hello_request");
        assert_eq!(snake("type"), "r#type");
        assert_eq!(camel("self"), "Self_");
        assert_eq!(camel("hello_request"), "HelloRequest");
        assert_eq!(modules("greeter.async.V1"), ["greeter", "r#async", "v1"]);
        assert_eq!(modules(""), [""; 0]);
    }

    #[test]
    fn variants_lose_the_name_of_their_enum() {
        assert_eq!(variant("Color", "COLOR_RED"), "Red");
        assert_eq!(variant("Color", "COLORED"), "Colored");
        assert_eq!(variant("Color", "COLOR_1"), "Color1");
        assert_eq!(variant("Color", "COLOR_SELF"), "Self_");
    }

    #[test]
    fn methods_are_snake_case() {
        assert_eq!(method("SayHello"), "say_hello");
        assert_eq!(method("Move"), "move");
        assert_eq!(method("_2FA"), "_2fa");
    }

    #[test]
    fn paths_are_relative_to_the_package() {
        assert_eq!(relative("greeter.v1", ".greeter.v1.Hello"), "Hello");
        assert_eq!(relative("greeter.v1", ".greeter.v1.Hello.Inner"), "hello::Inner");
        assert_eq!(relative("greeter.v1", ".greeter.v2.Hello"), "super::v2::Hello");
        assert_eq!(relative("greeter.v1", ".shop.Hello"), "super::super::shop::Hello");
        assert_eq!(relative("greeter.v1", ".Hello"), "super::super::Hello");
        assert_eq!(relative("", ".greeter.v1.Hello"), "greeter::v1::Hello");
    }
}
