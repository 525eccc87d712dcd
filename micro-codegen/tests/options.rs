//! The options of `micro/options.proto`: what is made of them, whoever reads the file, and what values they refuse.

mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro_codegen::Builder;
use micro_expand::OPTIONS_PROTO;
use protox::prost_reflect::{DescriptorPool, Value};

const ORDERS: &str = r#"syntax = "proto3";
package orders.v1;

import "google/protobuf/empty.proto";
import "micro/options.proto";

message Order { string item = 1; }
message Placed { uint64 number = 1; }

service Orders {
  rpc Place(Order) returns (Placed) {
    option idempotency_level = IDEMPOTENT;
    option (micro.timeout) = "1500ms";
  }

  rpc Follow(stream Order) returns (stream Placed) {
    option (micro.timeout) = "2m";
  }

  // Counts what was placed.
  rpc OnPlaced(Placed) returns (google.protobuf.Empty) {
    option deprecated = true;
    option (micro.topic) = "orders.placed";
    option (micro.queue) = "counters";
    option (micro.attempts) = 3;
    option (micro.concurrency) = 7;
  }

  rpc OnLost(Order) returns (google.protobuf.Empty) {
    option (micro.topic) = "orders.lost";
  }

  rpc Ask(Order) returns (Placed);
}
"#;

/// Writes a file into a directory of its own.
fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("orders.proto");
    fs::write(&path, text).unwrap();
    (directory, path)
}

fn builder(path: &Path) -> Builder {
    micro_codegen::builder().file(path)
}

/// Leaves out line ends and blanks: where a printer breaks lines is no matter here.
fn squeezed(code: &str) -> String {
    code.split_whitespace().collect()
}

#[test]
fn what_they_say_is_part_of_the_code() {
    let (_directory, path) = written(ORDERS);
    let code = builder(&path).generate().unwrap();
    let squeezed_code = squeezed(&code);
    for part in [
        r#"("/orders.v1.Orders/Place", "orders.v1.Orders").idempotent().timeout(::core::time::Duration::from_millis(1500));"#,
        r#"("/orders.v1.Orders/Follow", "orders.v1.Orders").timeout(::core::time::Duration::from_secs(120));"#,
        r#"::micro::__private::event_spec::<Placed>("/orders.v1.Orders/OnPlaced", "orders.v1.Orders").deprecated().topic("#,
        r#"Topic::new("orders.placed").queue("counters").attempts(3).concurrency(7))"#,
        r#"Topic::new("orders.lost"))"#,
        r#"("/orders.v1.Orders/Ask", "orders.v1.Orders");"#,
        "Self::PLACE, Self::FOLLOW, Self::ASK",
        "fn on_placed(&self, ctx: &::micro::Context, event: Placed)",
        "fn on_lost(&self, ctx: &::micro::Context, event: Order)",
        "OrdersClient::ON_PLACED",
        "pub fn place(",
    ] {
        assert!(squeezed_code.contains(&squeezed(part)), "{part} is not in {code}");
    }
    for part in ["pub fn on_", "Self::ON_PLACED"] {
        assert!(!code.contains(part), "what gets events is not called: {code}");
    }
}

/// Reads the descriptors that code embeds, which is the only byte string in it.
fn embedded(code: &str) -> DescriptorPool {
    let file = syn::parse_file(code).unwrap();
    let mut found = Vec::new();
    struct Bytes<'a>(&'a mut Vec<Vec<u8>>);
    impl<'ast> syn::visit::Visit<'ast> for Bytes<'_> {
        fn visit_lit_byte_str(&mut self, literal: &'ast syn::LitByteStr) {
            self.0.push(literal.value());
        }
    }
    syn::visit::Visit::visit_file(&mut Bytes(&mut found), &file);
    let [bytes] = found.as_slice() else { panic!("{} byte strings", found.len()) };
    // The library knows the file of the options itself, as it does protobuf's own.
    let mut pool = DescriptorPool::global();
    let options = protox::file::File::from_source("micro/options.proto", OPTIONS_PROTO).unwrap();
    pool.add_file_descriptor_proto(options.into()).unwrap();
    pool.decode_file_descriptor_set(bytes.as_slice()).unwrap();
    pool
}

#[test]
fn the_embedded_descriptors_carry_them() {
    let (_directory, path) = written(ORDERS);
    let pool = embedded(&builder(&path).generate().unwrap());
    let service = pool.get_service_by_name("orders.v1.Orders").unwrap();
    let set = |method: &str| {
        let method = service.methods().find(|known| known.name() == method).unwrap();
        let options = method.options();
        let set = options.extensions().map(|(option, value)| (option.name().to_owned(), value.clone()));
        set.collect::<Vec<_>>()
    };
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(set("Place"), [("timeout".to_owned(), text("1500ms"))]);
    assert_eq!(
        set("OnPlaced"),
        [
            ("topic".to_owned(), text("orders.placed")),
            ("queue".to_owned(), text("counters")),
            ("attempts".to_owned(), Value::U32(3)),
            ("concurrency".to_owned(), Value::U32(7)),
        ]
    );
    assert!(set("Ask").is_empty());
    let place = service.methods().find(|method| method.name() == "Place").unwrap();
    let options = place.method_descriptor_proto().options.clone().unwrap();
    assert_eq!(options.idempotency_level().as_str_name(), "IDEMPOTENT");
}

#[test]
fn a_copy_of_the_file_changes_nothing() {
    let (directory, path) = written(ORDERS);
    let built_in = builder(&path).generate().unwrap();
    fs::create_dir(directory.path().join("micro")).unwrap();
    fs::write(directory.path().join("micro/options.proto"), OPTIONS_PROTO).unwrap();
    assert_eq!(builder(&path).generate().unwrap(), built_in);
}

#[test]
fn every_source_makes_the_same() {
    let Some(protoc) = tools::protoc("options as protoc reads them") else { return };
    let (directory, path) = written(ORDERS);
    let by_protox = builder(&path).generate().unwrap();
    // Nothing lies beside the file: each brings the declarations along.
    assert_eq!(builder(&path).protoc(true).generate().unwrap(), by_protox, "by protoc and by protox");

    let include = directory.path();
    fs::create_dir(include.join("micro")).unwrap();
    fs::write(include.join("micro/options.proto"), OPTIONS_PROTO).unwrap();
    let run = |arguments: &[String]| {
        let mut command = Command::new(&protoc);
        command.arg("-I").arg(include).args(arguments).arg("orders.proto");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let set = include.join("set.binpb");
    run(&[
        "--include_imports".to_owned(),
        "--include_source_info".to_owned(),
        format!("--descriptor_set_out={}", set.display()),
    ]);
    let by_set = builder(&path).descriptor_set(&set).generate().unwrap();
    assert_eq!(by_set, by_protox, "by a set and by protox");
    run(&[
        format!("--plugin=protoc-gen-micro={}", env!("CARGO_BIN_EXE_protoc-gen-micro")),
        format!("--micro_out={}", include.display()),
    ]);
    let by_plugin = fs::read_to_string(include.join("mod.rs")).unwrap();
    assert_eq!(by_plugin, by_protox, "by the plugin and by protox");
}

/// Compiles a service with one method, which has `options`, and returns the error.
fn error_of(signature: &str, options: &str) -> String {
    let text = format!(
        "syntax = \"proto3\";\npackage orders.v1;\nimport \"google/protobuf/empty.proto\";\n\
         import \"micro/options.proto\";\nmessage Order {{}}\nservice Orders {{\n  rpc {signature} {{\n    {options}\n  \
         }}\n}}\n"
    );
    let (_directory, path) = written(&text);
    let error = builder(&path).generate().expect_err(&text);
    format!("{error:?}")
}

const CALLED: &str = "Place(Order) returns (Order)";
const HEARD: &str = "OnPlaced(Order) returns (google.protobuf.Empty)";

#[test]
fn values_that_make_no_sense_are_told_where_they_stand() {
    const TOPIC: &str = "option (micro.topic) = \"orders.placed\";\n    ";
    let after_topic = |option: &str| format!("{TOPIC}{option}");
    for (signature, options, place, expected) in [
        (
            CALLED,
            "option (micro.timeout) = \"2\";".to_owned(),
            "orders.proto:8:5",
            &[
                "the value of `(micro.timeout)` is not a duration, which is a whole number and one of ns, us, ms, s, m, h",
                "8 |     option (micro.timeout) = \"2\";",
                "  |     ^^^^^^^",
                "`option (micro.timeout) = \"2s\";`",
            ][..],
        ),
        (CALLED, "option (micro.timeout) = \"0s\";".to_owned(), "orders.proto:8:5", &["is no time at all"]),
        (
            CALLED,
            "option (micro.timeout) = \"9000h\";".to_owned(),
            "orders.proto:8:5",
            &["is longer than a year"],
        ),
        (
            HEARD,
            "option (micro.topic) = \"orders placed\";".to_owned(),
            "orders.proto:8:5",
            &["a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots"],
        ),
        (HEARD, "option (micro.topic) = \"\";".to_owned(), "orders.proto:8:5", &["a topic is 1 to 255"]),
        (
            HEARD,
            after_topic("option (micro.queue) = \".counters\";"),
            "orders.proto:9:5",
            &["a queue is 1 to 255", "9 |     option (micro.queue) = \".counters\";"],
        ),
        (
            HEARD,
            after_topic("option (micro.attempts) = 0;"),
            "orders.proto:9:5",
            &["the value of `(micro.attempts)` is a number from 1 to 1000"],
        ),
        (
            HEARD,
            after_topic("option (micro.concurrency) = 10001;"),
            "orders.proto:9:5",
            &["the value of `(micro.concurrency)` is a number from 1 to 10000"],
        ),
        (
            HEARD,
            after_topic("option (micro.timeout) = \"2s\";"),
            "orders.proto:9:5",
            &["`(micro.timeout)` limits calls", "`event_timeout`"],
        ),
        (
            CALLED,
            "option (micro.queue) = \"counters\";".to_owned(),
            "orders.proto:8:5",
            &["`(micro.queue)` says nothing of a method that gets no events", "option (micro.topic)"],
        ),
        (
            CALLED,
            TOPIC.to_owned(),
            "orders.proto:8:5",
            &["a method with a `(micro.topic)` returns `google.protobuf.Empty`", "nobody waits for a reply"],
        ),
        (
            "OnPlaced(stream Order) returns (google.protobuf.Empty)",
            TOPIC.to_owned(),
            "orders.proto:8:5",
            &["takes one event at a time", "leave `stream` out"],
        ),
        (
            CALLED,
            "option (micro.scopes) = \"admin\";".to_owned(),
            "orders.proto:8:5",
            &["option `(micro.scopes)` is not enforced yet", "`.ignore_option(\"micro.scopes\")`"],
        ),
    ] {
        let error = error_of(signature, &options);
        assert_eq!(error.matches("error: ").count(), 1, "one mistake is one error: {error}");
        for part in [place].iter().chain(expected) {
            assert!(error.contains(part), "{part:?} is not in the error for {options:?}:{error}");
        }
    }
}

#[test]
fn every_mistake_is_told() {
    let error = error_of(
        "Place(stream Order) returns (Order)",
        "option (micro.topic) = \"a b\";\n    option (micro.attempts) = 0;\n    option (micro.scopes) = \"a\";\n    \
         option (micro.timeout) = \"soon\";",
    );
    for part in [
        "takes one event at a time",
        "returns `google.protobuf.Empty`",
        "a topic is 1 to 255",
        "from 1 to 1000",
        "is not enforced yet",
        "limits calls",
        "is not a duration",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn an_option_that_is_for_other_tools_is_not_read() {
    let (_directory, path) = written(&ORDERS.replace("\"1500ms\"", "\"as long as it takes\""));
    assert!(builder(&path).generate().is_err());
    let code = builder(&path).ignore_option("micro.timeout").generate().unwrap();
    assert!(!code.contains(".timeout(") && code.contains("event_spec"), "{code}");
}

#[test]
fn another_declaration_of_the_same_number_is_not_taken_for_ours() {
    let (directory, path) = written(
        "syntax = \"proto3\";\npackage acme.v1;\nimport \"acme.proto\";\nmessage A {}\nservice S {\n  rpc Get(A) returns \
         (A) { option (acme.limit) = 7; }\n}\n",
    );
    let declaration = "syntax = \"proto3\";\npackage acme;\nimport \"google/protobuf/descriptor.proto\";\nextend \
                       google.protobuf.MethodOptions { uint32 limit = 72401; }\n";
    fs::write(directory.path().join("acme.proto"), declaration).unwrap();
    let code = builder(&path).generate().unwrap();
    assert!(code.contains("pub trait S") && !code.contains(".timeout("), "{code}");
}
