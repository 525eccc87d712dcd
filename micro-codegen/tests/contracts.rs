//! The contracts in `proto/` at the workspace's root: they keep the rules, and the code committed for them is what the
//! generator makes. `cargo xtask generate`, which is this test with `UPDATE_GENERATED=1`, writes it anew.
//!
//! The test stands here because nothing it needs depends on the library: a library whose generated code is stale may
//! not compile.

use std::fs;
use std::path::{Path, PathBuf};

use micro_codegen::Builder;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../micro/src/generated/tree");

/// Lists the contracts, sorted.
fn contracts() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(PROTO), &mut found);
    found.sort();
    assert!(!found.is_empty(), "nothing found below {PROTO}");
    found
}

#[test]
fn the_committed_code_is_what_the_generator_makes() {
    let builder = contracts().into_iter().fold(micro_codegen::builder().include(PROTO), Builder::file);
    builder.out_dir(COMMITTED).assert_fresh();
}

#[test]
fn contracts_are_named_and_documented_by_the_rules() {
    let mut compiler = protox::Compiler::new([PROTO]).unwrap();
    compiler.include_source_info(true);
    for file in contracts() {
        compiler.open_file(file).unwrap();
    }
    let files = compiler.file_descriptor_set().file;
    let mut rules = Rules { file: files.first().expect("a file"), problems: Vec::new() };
    for file in &files {
        rules.file = file;
        rules.check();
    }
    assert!(rules.problems.is_empty(), "\n{}", rules.problems.join("\n"));
}

/// Holds a file against the rules.
struct Rules<'a> {
    file: &'a FileDescriptorProto,
    problems: Vec<String>,
}

// Field numbers: the steps of a path into `SourceCodeInfo`.
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const SERVICE: i32 = 6;
const MEMBER: i32 = 2;

impl Rules<'_> {
    fn check(&mut self) {
        let file = self.file;
        let package = file.package().to_owned();
        let version = package.rsplit('.').next().and_then(|part| part.strip_prefix('v'));
        let versioned = version.is_some_and(|number| number.parse::<u32>().is_ok());
        self.hold(versioned, &package, "ends with its version");
        let directory = file.name().rsplit_once('/').map_or("", |(directory, _)| directory);
        self.hold(directory == package.replace('.', "/"), &package, "stands in the folder of its name");
        for (index, message) in (0..).zip(&file.message_type) {
            self.message(message, index);
        }
        for (index, enumeration) in (0..).zip(&file.enum_type) {
            self.enumeration(enumeration, index);
        }
        for (index, service) in (0..).zip(&file.service) {
            self.service(service, index);
        }
    }

    fn message(&mut self, message: &DescriptorProto, index: i32) {
        self.documented(message.name(), &[MESSAGE, index]);
        // Entries of maps are no types that anybody wrote.
        let written = message
            .nested_type
            .iter()
            .filter(|nested| !nested.options.as_ref().is_some_and(|options| options.map_entry()));
        self.hold(
            written.count() == 0 && message.enum_type.is_empty(),
            message.name(),
            "holds no further types",
        );
        for (member, field) in (0..).zip(&message.field) {
            let name = format!("{}.{}", message.name(), field.name());
            self.documented(&name, &[MESSAGE, index, MEMBER, member]);
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            self.hold(field.name().bytes().all(plain), &name, "is in lower case");
        }
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptorProto, index: i32) {
        self.documented(enumeration.name(), &[ENUM, index]);
        let mut prefix = String::new();
        for char in enumeration.name().chars() {
            if char.is_ascii_uppercase() && !prefix.is_empty() {
                prefix.push('_');
            }
            prefix.push(char.to_ascii_uppercase());
        }
        for (member, value) in (0..).zip(&enumeration.value) {
            self.documented(value.name(), &[ENUM, index, MEMBER, member]);
            let rest = value.name().strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('_'));
            self.hold(rest.is_some(), value.name(), "begins with the name of its type");
            let zero = (value.number() == 0) == (rest == Some("UNSPECIFIED"));
            self.hold(zero, value.name(), "is zero if it is UNSPECIFIED, and only then");
        }
    }

    fn service(&mut self, service: &ServiceDescriptorProto, index: i32) {
        self.documented(service.name(), &[SERVICE, index]);
        for (member, method) in (0..).zip(&service.method) {
            let name = format!("{}.{}", service.name(), method.name());
            self.documented(&name, &[SERVICE, index, MEMBER, member]);
            let own = |end: &str| format!(".{}.{}{end}", self.file.package(), method.name());
            let named = method.input_type() == own("Request") && method.output_type() == own("Response");
            self.hold(named, &name, "has a request and a response of its own, called after it");
        }
    }

    /// Checks that a comment stands above what is at `path`.
    fn documented(&mut self, name: &str, path: &[i32]) {
        let locations = self.file.source_code_info.iter().flat_map(|info| &info.location);
        let comment = locations
            .filter(|location| location.path == path)
            .find_map(|location| location.leading_comments.as_deref());
        let said = comment.is_some_and(|comment| comment.trim().ends_with('.'));
        self.hold(said, name, "is documented, in whole sentences");
    }

    fn hold(&mut self, holds: bool, name: &str, rule: &str) {
        if !holds {
            self.problems.push(format!("{}: {name}: {rule}", self.file.name()));
        }
    }
}
