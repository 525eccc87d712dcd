//! What a bad `.proto` is answered with: the message, where it is, and the mend.

use std::fs;
use std::path::Path;

use micro_codegen::Builder;

/// Files that declare options: Google's in short, one for every place an option can have, and those of somebody.
const DECLARATIONS: [(&str, &str); 4] = [
    (
        "google/api/http.proto",
        "package google.api;
         message HttpRule { oneof pattern { string get = 2; string post = 4; } string body = 7; }",
    ),
    (
        "google/api/annotations.proto",
        "package google.api;
         import \"google/api/http.proto\";
         import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.MethodOptions { HttpRule http = 72295728; }",
    ),
    (
        "micro/options.proto",
        "package micro;
         import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.FileOptions { string on_file = 50001; }
         extend google.protobuf.MessageOptions { string on_message = 50001; }
         extend google.protobuf.FieldOptions { string on_field = 50001; }
         extend google.protobuf.OneofOptions { string on_oneof = 50001; }
         extend google.protobuf.EnumOptions { string on_enum = 50001; }
         extend google.protobuf.EnumValueOptions { string on_value = 50001; }
         extend google.protobuf.ServiceOptions { string on_service = 50001; }
         extend google.protobuf.MethodOptions { string on_method = 50001; }
         message Rules { extend google.protobuf.MethodOptions { repeated string roles = 50002; } }",
    ),
    (
        "acme/options.proto",
        "package acme.micro;
         import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.FieldOptions { string rule = 50003; }
         extend google.protobuf.ServiceOptions { string host = 50003; }
         extend google.protobuf.MethodOptions { string command = 50003; }",
    ),
];

/// Starts a build of `bad.proto` with `proto`, the lines after the package. The declarations lie beside it.
fn build(directory: &Path, proto: &str) -> Builder {
    for (name, declaration) in DECLARATIONS {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("syntax = \"proto3\";\n{declaration}\n")).unwrap();
    }
    let path = directory.join("bad.proto");
    fs::write(&path, format!("syntax = \"proto3\";\npackage bad.v1;\n{proto}\n")).unwrap();
    micro_codegen::builder().file(&path)
}

/// Compiles `proto`, the lines after the package, and returns the error.
fn error_of(proto: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let error = build(directory.path(), proto).generate().expect_err(proto);
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
        (
            "message A { oneof foo_bar { string bar = 1; } string FooBar = 2; }",
            &[
                clash,
                "field `FooBar` and oneof `foo_bar` of message `A`",
                "`foo_bar` in Rust",
                "bad.proto:3:19",
            ],
        ),
        (
            "message A { oneof FooBar { string a = 1; } oneof foo_bar { string b = 2; } }",
            &[
                clash,
                "oneof `FooBar` of message `A` and oneof `foo_bar`",
                "bad.proto:3:50",
                "^^^^^^^ the second",
            ],
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

const HTTP: &str = "import \"google/api/annotations.proto\";
message A {}
service Say {
  rpc Get(A) returns (A) {
    option (google.api.http) = { get: \"/v1/a\" };
  }
  rpc Put(A) returns (A) {
    option deprecated = true;
    option (google.api.http).post = \"/v1/a\";
    option (google.api.http).body = \"*\";
  }
}";

#[test]
fn http_rules_are_refused_with_the_mend() {
    let error = error_of(HTTP);
    for part in [
        "error: option `(google.api.http)` is not enforced yet",
        "bad.proto:7:5",
        "7 |     option (google.api.http) = {",
        "  |     ^^^^^^",
        "bad.proto:11:5",
        "leave it out",
        "`idempotency_level`",
        "`.ignore_option(\"google.api.http\")`",
        "`--micro_opt=ignore_option=google.api.http`",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    assert_eq!(error.matches("is not enforced yet").count(), 2, "{error}");
}

#[test]
fn options_of_micro_are_refused_wherever_they_stand() {
    let error = error_of(
        "import \"micro/options.proto\";
option (micro.on_file) = \"x\";
message A {
  option (micro.on_message) = \"x\";
  string a = 1 [deprecated = true, (micro.on_field) = \"x\"];
  oneof o {
    option (micro.on_oneof) = \"x\";
    string b = 2;
  }
  message Inner {
    string c = 1 [(micro.on_field) = \"\"];
  }
}
enum E {
  option (micro.on_enum) = \"x\";
  E_NONE = 0 [(micro.on_value) = \"x\"];
}
service Say {
  option (micro.on_service) = \"x\";
  rpc Get(A) returns (A) {
    option (micro.on_method) = \"x\";
    option (micro.Rules.roles) = \"a\";
    option (micro.Rules.roles) = \"b\";
  }
}",
    );
    let expected = [
        ("on_file", 4),
        ("on_message", 6),
        ("on_field", 7),
        ("on_oneof", 9),
        ("on_field", 13),
        ("on_enum", 17),
        ("on_value", 18),
        ("on_service", 21),
        ("on_method", 23),
        ("Rules.roles", 24),
    ];
    // Each names its option, and then its place.
    let errors: Vec<&str> = error.split("error: ").skip(1).collect();
    for (name, line) in expected {
        let name = format!("option `(micro.{name})` is not enforced yet");
        let place = format!("bad.proto:{line}:");
        let found = errors.iter().any(|error| error.starts_with(&name) && error.contains(&place));
        assert!(found, "{name} at {place} is not in {error}");
    }
    assert_eq!(errors.len(), expected.len(), "{error}");
}

#[test]
fn options_for_other_tools_are_left_to_them() {
    let directory = tempfile::tempdir().unwrap();
    let builder = build(directory.path(), HTTP);
    assert!(builder.clone().ignore_option("micro.on_method").generate().is_err());
    let code = builder.ignore_option("google.api.http").generate().unwrap();
    assert!(code.contains("pub trait Say"), "{code}");

    let acme = "import \"acme/options.proto\";
message A { string a = 1 [(acme.micro.rule) = \"x\"]; }
service Say {
  option (acme.micro.host) = \"x\";
  rpc Get(A) returns (A) { option (acme.micro.command) = \"x\"; }
}";
    build(directory.path(), acme).generate().unwrap();
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
