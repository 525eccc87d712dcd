//! What a bad `.proto` is answered with: the message, where it is, and the mend.

use std::fs;

/// Compiles `proto`, the lines after the package, and returns the error.
fn error_of(proto: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.proto");
    fs::write(&path, format!("syntax = \"proto3\";\npackage bad.v1;\n{proto}\n")).unwrap();
    let error = micro_codegen::builder().file(&path).generate().expect_err(proto);
    format!("{error:?}")
}

#[test]
fn errors_show_file_line_caret_and_the_mend() {
    let clash = "are both";
    for (proto, expected) in [
        (
            "message A { B b = 1; }",
            &["'B'", "bad.proto:3:13", "3 | message A { B b = 1; }", "  |             ^"][..],
        ),
        ("message A {\n  string a = 1\n}", &["expected", "bad.proto:5:1", "5 | }", "^"]),
        ("message A { string a = 1; string b = 1; }", &["'1' is already used", "bad.proto:3:"]),
        ("message A {}\nmessage A {}", &["defined twice", "bad.proto:4:"]),
        ("import \"gone.proto\";", &["gone.proto", "bad.proto:3:", "looked in: ", ".include("]),
        ("message A {", &["end of file", "bad.proto"]),
        (
            "message FooBar {}\nmessage foo_bar {}",
            &[clash, "`FooBar` in Rust", "bad.proto:4:9", "^^^^^^^ the second"],
        ),
        ("message SayClient {}\nservice Say {}", &[clash, "the client of service `Say`", "bad.proto:4:9"]),
        ("message Say {}\nservice say {}", &[clash, "message `Say` and service `say`", "bad.proto:4:9"]),
        (
            "message A {}\nservice Say {\n  rpc GetIt(A) returns (A);\n  rpc get_it(A) returns (A);\n}",
            &[clash, "methods `GetIt` and `get_it`", "bad.proto:6:7", "rename"],
        ),
        ("enum E { A_B = 0; a_b = 1; }", &[clash, "`A_B` and `a_b`", "`E::AB`", "bad.proto:3:19"]),
        (
            "import \"google/protobuf/api.proto\";\nservice Say {\n  rpc Get(google.protobuf.Api) returns (google.protobuf.Api);\n}",
            &["`google.protobuf.Api` cannot be", "bad.proto:5:11", "Timestamp"],
        ),
    ] {
        let error = error_of(proto);
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in the error for {proto:?}:{error}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_place_it_was_looked_for() {
    let error = micro_codegen::compile(["proto/none.proto"]).unwrap_err().to_string();
    // Without OUT_DIR nothing can be written, which is said first.
    assert!(error.contains("OUT_DIR") || error.contains("proto/none.proto"), "{error}");
    let error = micro_codegen::builder().file("proto/none.proto").generate().unwrap_err().to_string();
    assert!(
        error.contains("no file proto/none.proto") && error.contains("paths are relative to /"),
        "{error}"
    );
    assert!(micro_codegen::builder().generate().unwrap_err().to_string().contains("no .proto file"));
}

#[test]
fn a_path_of_micro_that_is_none_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.proto");
    fs::write(&path, "syntax = \"proto3\";\npackage a;\n").unwrap();
    let error = micro_codegen::builder().file(&path).micro_path("my crate").generate().unwrap_err();
    assert!(error.to_string().contains("`my crate`"), "{error}");
}
