//! Input that compilers write or editors save, and that is not what most write: each is compiled, or answered by an error
//! that says what to do. None is answered by a panic or by waiting.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet, SourceCodeInfo};
use protox::prost::Message;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proto");

fn write(directory: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, content).unwrap();
    path
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

/// Compiles files below `directory` to descriptors, with their imports and comments.
fn compiled(directory: impl AsRef<Path>, files: &[&str]) -> Vec<FileDescriptorProto> {
    let mut compiler = protox::Compiler::new([directory]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(files).unwrap();
    compiler.file_descriptor_set().file
}

fn respond(request: &[u8]) -> CodeGeneratorResponse {
    CodeGeneratorResponse::decode(&micro_codegen::respond(request).unwrap()[..]).unwrap()
}

#[test]
fn a_file_of_an_edition_that_another_imports_reaches_the_plugin() {
    let message = DescriptorProto { name: Some("Base".to_owned()), ..DescriptorProto::default() };
    let base = FileDescriptorProto {
        name: Some("base.proto".to_owned()),
        package: Some("base.v1".to_owned()),
        syntax: Some("editions".to_owned()),
        message_type: vec![message],
        ..FileDescriptorProto::default()
    };
    let top = FileDescriptorProto {
        name: Some("top.proto".to_owned()),
        package: Some("top.v1".to_owned()),
        dependency: vec!["base.proto".to_owned()],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    };
    let request = |edition: &[u8]| {
        let request = CodeGeneratorRequest {
            file_to_generate: vec!["top.proto".to_owned()],
            proto_file: vec![top.clone()],
            ..CodeGeneratorRequest::default()
        };
        let mut encoded = request.encode_to_vec();
        let base = [&base.encode_to_vec()[..], edition].concat();
        // `proto_file` is number 15.
        protox::prost::encoding::bytes::encode(15, &base, &mut encoded);
        respond(&encoded)
    };
    // `edition` is number 14, and 1000 is 2023.
    let response = request(&[0x70, 0xe8, 0x07]);
    assert_eq!(response.error(), "");
    has(response.file[0].content(), &["pub struct Base"]);
    has(request(&[]).error(), &["base.proto", "an edition unknown here"]);
}

#[test]
fn source_info_that_lacks_something_is_no_panic_and_keeps_the_comments_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    let file = "shop/v1/shop.proto";
    let generate = |keep: &dyn Fn(&Location) -> bool| {
        let mut files = compiled(PROTO, &[file]);
        for file in &mut files {
            let info = file.source_code_info.get_or_insert_with(SourceCodeInfo::default);
            info.location.retain(|location| keep(location));
        }
        fs::write(&path, FileDescriptorSet { file: files.clone() }.encode_to_vec()).unwrap();
        let by_set = micro_codegen::builder().descriptor_set(&path).file(file).generate().unwrap();
        let request = CodeGeneratorRequest {
            file_to_generate: vec![file.to_owned()],
            proto_file: files,
            ..CodeGeneratorRequest::default()
        };
        let response = respond(&request.encode_to_vec());
        assert_eq!(response.error(), "");
        assert_eq!(response.file[0].content(), by_set);
        by_set
    };
    let whole = generate(&|_| true);
    has(&whole, &["What somebody buys.", "Looks an order up."]);
    let partial = generate(&|location| location.leading_comments.is_some());
    has(&partial, &["What somebody buys.", "How far it is.", "Looks an order up."]);
    let empty = generate(&|_| false);
    assert!(!empty.contains("What somebody buys.") && empty.contains("pub struct Order"), "{empty}");
}

#[test]
fn fields_and_oneofs_that_are_one_in_rust_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = |files: &[(&str, &str)]| {
        let builder = files.iter().fold(micro_codegen::builder(), |builder, (name, text)| {
            builder.file(write(directory.path(), name, text))
        });
        builder.generate().unwrap_err().to_string()
    };
    let fields =
        "syntax = \"proto2\";\nmessage A {\n  optional string Foo = 1;\n  optional string foo = 2;\n}\n";
    has(
        &error(&[("fields.proto", fields)]),
        &["field `Foo` and field `foo` are both `foo`", "fields.proto:4:19"],
    );
    let members =
        "syntax = \"proto2\";\nmessage A {\n  oneof o {\n    string a_b = 1;\n    string A_B = 2;\n  }\n}\n";
    has(
        &error(&[("members.proto", members)]),
        &["field `a_b` and field `A_B` are both `AB`", "members.proto:5:12"],
    );
    // The types in a message share their module with the package of that name.
    let order =
        "syntax = \"proto3\";\npackage shop;\nmessage Order {\n  oneof line { string text = 1; }\n}\n";
    let line = "syntax = \"proto3\";\npackage shop.order;\nmessage Line {}\n";
    has(
        &error(&[("order.proto", order), ("line.proto", line)]),
        &["oneof `line` of message `Order`", "message `Line`", "are both `Line`"],
    );
}

#[test]
fn oneofs_called_like_a_type_beside_them_or_an_optional_field_are_no_clash() {
    let directory = tempfile::tempdir().unwrap();
    let text = "syntax = \"proto3\";
message A {
  message Kind {}
  oneof kind { Kind one = 1; string two = 2; }
  optional string note = 3;
  map<string, string> labels = 4;
}
message B {
  oneof note { string one = 1; }
  oneof other { string three = 2; }
}
";
    let path = write(directory.path(), "good.proto", text);
    let code = micro_codegen::builder().file(path).generate().unwrap();
    has(&code, &["pub enum KindOneOf", "pub note: ::core::option::Option<"]);
}

#[test]
fn what_is_wrong_with_a_file_of_a_set_that_nobody_asked_for_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let http = "syntax = \"proto3\";
package google.api;
import \"google/protobuf/descriptor.proto\";
extend google.protobuf.MethodOptions { string http = 72295728; }
";
    let other = "syntax = \"proto3\";
package other.v1;
import \"http.proto\";
message FooBar {}
message foo_bar {}
service Other {
  rpc Get(FooBar) returns (FooBar) { option (google.api.http) = \"/\"; }
}
";
    write(directory.path(), "http.proto", http);
    write(directory.path(), "other.proto", other);
    write(directory.path(), "base.proto", "syntax = \"proto3\";\npackage base.v1;\nmessage Base {}\n");
    let asked = "syntax = \"proto3\";\npackage asked.v1;\nimport \"base.proto\";\nmessage A { base.v1.Base b = 1; }\n";
    write(directory.path(), "asked.proto", asked);
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(["asked.proto", "other.proto"]).unwrap();
    let set = write(directory.path(), "set.binpb", compiler.encode_file_descriptor_set());
    let builder = micro_codegen::builder().descriptor_set(&set);
    let code = builder.clone().file("asked.proto").generate().unwrap();
    has(&code, &["pub struct Base", "from asked.proto."]);
    assert!(!code.contains("FooBar"), "{code}");
    let error = builder.clone().file("other.proto").generate().unwrap_err().to_string();
    has(&error, &["are both `FooBar`"]);
    let all = builder.generate().unwrap_err().to_string();
    has(&all, &["are both `FooBar`"]);
}

#[test]
fn a_plugin_asked_for_nothing_writes_nothing() {
    let response = respond(&CodeGeneratorRequest::default().encode_to_vec());
    assert_eq!((response.error(), response.file.len()), ("", 0));
}

#[test]
fn a_file_named_twice_is_named_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(directory.path(), "a.proto", "syntax = \"proto3\";\npackage a.v1;\nmessage A {}\n");
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    compiler.include_source_info(true).open_file(&file).unwrap();
    let set = write(directory.path(), "set.binpb", compiler.encode_file_descriptor_set());
    let once = micro_codegen::builder().file(&file);
    let twice = once.clone().file(&file);
    let expected = once.generate().unwrap();
    has(&expected, &[" from a.proto. Do not edit."]);
    assert_eq!(twice.generate().unwrap(), expected);
    assert_eq!(twice.clone().include(directory.path()).descriptor_set(&set).generate().unwrap(), expected);
    let request = CodeGeneratorRequest {
        file_to_generate: vec!["a.proto".to_owned(), "a.proto".to_owned()],
        proto_file: compiled(directory.path(), &["a.proto"]),
        ..CodeGeneratorRequest::default()
    };
    assert_eq!(respond(&request.encode_to_vec()).file[0].content(), expected);
}

#[test]
fn a_byte_order_mark_is_told_in_the_file_that_has_it() {
    let directory = tempfile::tempdir().unwrap();
    for text in ["syntax = \"proto3\";\n", "edition = \"2023\";\n"] {
        write(directory.path(), "marked.proto", format!("\u{feff}{text}"));
        let top = write(directory.path(), "top.proto", "syntax = \"proto3\";\nimport \"marked.proto\";\n");
        let error = micro_codegen::builder().file(top).generate().unwrap_err().to_string();
        has(&error, &["marked.proto", "begins with a byte order mark", "UTF-8 without"]);
        assert!(!error.contains('\u{feff}'), "{error}");
    }
}

#[test]
fn a_request_that_is_not_utf_8_says_what_may_be_the_reason() {
    // `file_to_generate` is number 1.
    let error = micro_codegen::respond(b"\x0a\x02a\xe9").unwrap_err().to_string();
    has(&error, &["not a request of protoc", "a source file may not be UTF-8"]);
}

#[test]
fn messages_that_hold_one_another_deeply_or_in_many_ways_are_compiled() {
    let directory = tempfile::tempdir().unwrap();
    // A chain of 2,000, and a diamond with 2 to the power of 60 ways through it.
    let mut text = "syntax = \"proto3\";\nmessage C0 {}\nmessage D0 { int32 a = 1; }\n".to_owned();
    for at in 1..2000 {
        writeln!(text, "message C{at} {{ string name = 1; int64 id = 2; C{} prev = 3; }}", at - 1).unwrap();
    }
    for at in 1..60 {
        writeln!(text, "message D{at} {{ D{0} a = 1; D{0} b = 2; }}", at - 1).unwrap();
    }
    let path = write(directory.path(), "deep.proto", text);
    let code = micro_codegen::builder().file(path).generate().unwrap();
    for (message, derives) in
        [("C1999", "Clone, PartialEq, Eq, Hash, "), ("D59", "Clone, Copy, PartialEq, Eq, Hash, ")]
    {
        let (before, _) = code.split_once(&format!("pub struct {message} {{")).unwrap();
        let derived = before.rsplit_once("#[derive(").unwrap().1;
        assert!(derived.starts_with(derives), "{message}: {derived}");
    }
}

#[test]
fn messages_derive_what_all_that_they_hold_can() {
    let directory = tempfile::tempdir().unwrap();
    let text = "syntax = \"proto3\";
import \"google/protobuf/struct.proto\";
import \"google/protobuf/timestamp.proto\";
message Plain { int32 a = 1; optional bool b = 2; google.protobuf.Timestamp at = 3; }
message Text { string a = 1; repeated int32 b = 2; Plain c = 3; }
message Fraction { double a = 1; }
message Holder { Fraction a = 1; }
message Listed { repeated Plain a = 1; }
message Mapped { map<string, int32> a = 1; }
message Loose { google.protobuf.Struct a = 1; }
message Cycle { Back back = 1; }
message Back { Cycle cycle = 1; }
message Before { Cycle cycle = 1; }
message Chosen {
  message Inner { bool a = 1; }
  oneof small { Inner a = 1; int32 b = 2; }
  oneof inner { string c = 3; Plain d = 4; }
  oneof loose { int32 e = 5; Fraction f = 6; }
}
";
    let path = write(directory.path(), "derived.proto", text);
    let code = micro_codegen::builder().file(path).generate().unwrap();
    let (copy, eq, none) =
        ("Clone, Copy, PartialEq, Eq, Hash, ", "Clone, PartialEq, Eq, Hash, ", "Clone, PartialEq, ::");
    for (item, derives) in [
        ("struct Plain", copy),
        ("struct Text", eq),
        ("struct Fraction", "Clone, Copy, PartialEq, ::"),
        ("struct Holder", "Clone, Copy, PartialEq, ::"),
        ("struct Listed", none),
        ("struct Mapped", none),
        ("struct Loose", none),
        ("struct Cycle", none),
        ("struct Back", none),
        ("struct Before", none),
        ("struct Chosen", none),
        ("struct Inner", copy),
        ("enum Small", copy),
        ("enum InnerOneOf", eq),
        ("enum Loose", "Clone, Copy, PartialEq, ::"),
    ] {
        let (before, _) =
            code.split_once(&format!("pub {item} {{")).unwrap_or_else(|| panic!("no {item} in {code}"));
        let derived = before.rsplit_once("#[derive(").unwrap().1;
        assert!(derived.starts_with(derives), "{item}: {derived}");
    }
}

#[test]
fn of_thousands_of_errors_the_first_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let mut text = "syntax = \"proto3\";\n".to_owned();
    for at in 0..500 {
        writeln!(text, "message M{at} {{ Gone{at} a = 1; }}").unwrap();
    }
    let path = write(directory.path(), "gone.proto", text);
    let error = micro_codegen::builder().file(path).generate().unwrap_err().to_string();
    has(&error, &["'Gone0'", "gone.proto:2:", "more in this file"]);
    assert!(error.matches("gone.proto:").count() <= 20, "{error}");
}
