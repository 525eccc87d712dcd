//! Files that are no `.proto` that could be read, and one that is only long.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use micro_codegen::Builder;
use tempfile::TempDir;

/// Files in a directory of their own.
struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let held = Files(tempfile::tempdir().unwrap());
        for (name, content) in files {
            let path = held.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        held
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn builder(&self, files: &[&str]) -> Builder {
        files.iter().fold(micro_codegen::builder(), |builder, file| builder.file(self.path(file)))
    }
}

fn error(builder: &Builder) -> String {
    builder.generate().expect_err("this is bad").to_string()
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn an_edition_is_answered_with_the_way_to_compile_it() {
    let mend =
        ["only proto2 and proto3", "buf build -o", "`.descriptor_set(\"set.binpb\")`", "`.protoc(true)`"];
    for (content, place) in [
        ("edition = \"2023\";\npackage a.v1;\n", "a.proto:1:1"),
        ("// Licence.\n\n/* And\n more. */ edition = \"2024\";\nmessage A {}\n", "a.proto:4:11"),
    ] {
        let files = Files::new(&[("a.proto", content.as_bytes())]);
        let error = error(&files.builder(&["a.proto"]));
        has(&error, &mend);
        has(&error, &[place, "an edition"]);
    }
    // One that is imported is named, not the file that imports it.
    let files = Files::new(&[
        ("a.proto", b"syntax = \"proto3\";\nimport \"b.proto\";\nmessage A {}\n"),
        ("b.proto", b"edition = \"2023\";\nmessage B {}\n"),
    ]);
    let error = error(&files.builder(&["a.proto"]));
    has(&error, &mend);
    has(&error, &["b.proto:1:1"]);
}

#[test]
fn a_file_that_is_no_text_is_told_where_it_stops_being_text() {
    let files = Files::new(&[
        ("a.proto", b"syntax = \"proto3\";\n// Gr\xfc\xdfe aus Latin-1.\nmessage A {}\n"),
        ("b.proto", b"syntax = \"proto3\";\nimport \"a.proto\";\nmessage B {}\n"),
        ("zip.proto", b"PK\x03\x04\xff\xfe\xfd"),
    ]);
    for file in ["a.proto", "b.proto"] {
        let error = error(&files.builder(&[file]));
        has(&error, &["is not UTF-8", "a.proto:2:6", "save it as UTF-8"]);
    }
    has(&error(&files.builder(&["zip.proto"])), &["is not UTF-8", "zip.proto:1:5"]);
}

#[test]
fn an_import_that_is_not_found_names_every_root_that_was_searched() {
    let files = Files::new(&[
        ("proto/a.proto", b"syntax = \"proto3\";\nimport \"shop/gone.proto\";\nmessage A {}\n"),
        ("vendor/other.proto", b"syntax = \"proto3\";\n"),
    ]);
    let roots = ["proto", "vendor"].map(|root| files.path(root));
    let builder = roots.iter().fold(files.builder(&["proto/a.proto"]), Builder::include);
    let error = error(&builder);
    has(&error, &["shop/gone.proto", "a.proto:2:", "looked in: ", "`.include(…)`"]);
    for root in &roots {
        has(&error, &[&root.display().to_string()]);
    }
}

#[test]
fn one_type_of_two_files_names_both() {
    let files = Files::new(&[
        ("proto/one.proto", b"syntax = \"proto3\";\npackage shop.v1;\nmessage Order {}\n"),
        ("proto/other.proto", b"syntax = \"proto3\";\npackage shop.v1;\n\nmessage Order {}\n"),
    ]);
    let error = error(&files.builder(&["proto/one.proto", "proto/other.proto"]));
    has(&error, &["shop.v1.Order", "already defined in file 'one.proto'", "other.proto:4:"]);

    // Different to protobuf, the same to Rust.
    let files = Files::new(&[
        ("proto/one.proto", b"syntax = \"proto3\";\npackage shop.v1;\nmessage FooBar {}\n"),
        ("proto/other.proto", b"syntax = \"proto3\";\npackage shop.v1;\n\nmessage foo_bar {}\n"),
    ]);
    let error = self::error(&files.builder(&["proto/one.proto", "proto/other.proto"]));
    has(&error, &["`FooBar`", "`foo_bar`", "are both `FooBar` in Rust", "other.proto:4:9"]);
}

/// Writes a file of at least so many bytes, with what people write: comments, references, enums, a service.
fn long(bytes: usize) -> String {
    let mut proto = "syntax = \"proto3\";\npackage long.v1;\n".to_owned();
    let mut messages = 0;
    while proto.len() < bytes {
        let index = messages;
        write!(
            proto,
            "// Holds what number {index} of many has to say, at the length at which people write.\n\
             message Number{index} {{\n  \
               // Says how it is called, which somebody found worth a sentence of its own.\n  \
               string name = 1;\n  \
               // Says what came before. There may be many.\n  \
               repeated Number{index} before = 2;\n  \
               // Says what is known of it.\n  \
               map<string, Kind{index}> known = 3;\n\
             }}\n\
             enum Kind{index} {{\n  KIND{index}_UNSPECIFIED = 0;\n  KIND{index}_GOOD = 1;\n}}\n"
        )
        .unwrap();
        messages += 1;
    }
    proto.push_str("service Long {\n");
    for index in 0..messages {
        writeln!(
            proto,
            "  // Calls {index}.\n  rpc Call{index}(Number{index}) returns (stream Number{index});"
        )
        .unwrap();
    }
    proto.push_str("}\n");
    proto
}

#[test]
fn a_megabyte_is_generated_like_any_other_file() {
    let proto = long(1 << 20);
    let methods = proto.matches("  rpc Call").count();
    let files = Files::new(&[("long.proto", proto.as_bytes())]);
    let code = files.builder(&["long.proto"]).generate().unwrap();
    assert_eq!(code.matches("pub struct Number").count(), methods);
    assert!(code.contains(&format!("pub fn call{}(", methods - 1)), "the last method is missing");
}

#[test]
fn a_path_that_is_no_file_or_lies_outside_is_named() {
    let files = Files::new(&[("proto/a.proto", b"syntax = \"proto3\";\n")]);
    let directory = files.path("proto");
    has(
        &error(&files.builder(&["proto"])),
        &["there is no file ", &directory.display().to_string(), "paths are relative to "],
    );
    let outside = files.builder(&["proto/a.proto"]).include("elsewhere");
    has(&error(&outside), &["a.proto", "looked in: elsewhere", "`.include(…)`"]);
}
