//! `Builder::tonic`: tonic's own client and server beside ours. What is generated is compiled and called in
//! `tests/tests/interop_tonic.rs`.

use std::fs;
use std::path::Path;

use micro_codegen::Builder;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proto");

fn shop() -> Builder {
    micro_codegen::builder().include(PROTO).file(Path::new(PROTO).join("shop/v1/shop.proto"))
}

#[test]
#[cfg(not(feature = "tonic"))]
fn without_the_feature_it_is_refused_with_the_mend() {
    let error = shop().tonic(true).generate().unwrap_err().to_string();
    for part in ["built without it", "features = [\"tonic\"]", "cargo install micro-codegen --features tonic"]
    {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    // Nothing of it is needed where there is nothing to print.
    let error = shop().tonic(false).generate().err();
    assert!(error.is_none(), "{error:?}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.proto");
    fs::write(&path, "syntax = \"proto3\";\npackage a;\nservice Say {}\n").unwrap();
    assert!(micro_codegen::builder().file(path).tonic(true).generate().is_err());
}

#[cfg(feature = "tonic")]
mod with_tonic {
    use super::*;

    /// Compiles `files`, and returns the error.
    fn error_of(files: &[(&str, &str)]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let mut builder = micro_codegen::builder().include(directory.path()).tonic(true);
        for (name, content) in files {
            let path = directory.path().join(name);
            fs::write(&path, format!("syntax = \"proto3\";\n{content}")).unwrap();
            builder = builder.file(path);
        }
        builder.generate().expect_err("a name is taken").to_string()
    }

    #[test]
    fn the_code_of_tonic_stands_beside_ours_with_the_same_messages() {
        let (without, with) = (shop().generate().unwrap(), shop().tonic(true).generate().unwrap());
        let mut lines = with.lines();
        let kept = without.lines().all(|line| lines.any(|other| other == line));
        assert!(kept, "what is ours changed: {with}");
        // As if nothing had been wrapped.
        let with = with.split_whitespace().collect::<String>().replace(",>", ">");
        for part in [
            "pubmodshop_client{",
            "pubmodshop_server{",
            "impltonic::IntoRequest<super::GetOrder>",
            "tonic::Request<tonic::Streaming<super::Order>>",
            "tonic::Response<super::super::common::Money>",
            "tonic::Request<::micro::message::wrappers::StringValue>",
            "tonic::Request<::micro::__private::prost_types::Duration>",
            "tonic_prost::ProstCodec::default()",
            "\"/shop.v1.Shop/PlaceAll\"",
            "///Looksanorderup.",
        ] {
            assert!(with.contains(part), "{part:?} is not in {with}");
        }
    }

    #[test]
    fn words_of_rust_are_names_here_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("words.proto");
        let proto = "syntax = \"proto3\";\npackage type.v1;\nmessage Self {}\n\
                     service Move { rpc Match(Self) returns (Self); rpc Crate(Self) returns (Self); }\n";
        fs::write(&path, proto).unwrap();
        let code = micro_codegen::builder().file(path).tonic(true).generate().unwrap();
        for part in ["pub mod r#type {", "pub mod move_server {", "fn r#match(", "fn crate_(", "super::Self_"]
        {
            assert!(code.contains(part), "{part:?} is not in {code}");
        }
    }

    #[test]
    fn a_method_that_every_client_of_tonic_has_is_refused() {
        for (method, function) in [("New", "new"), ("Connect", "connect"), ("WithOrigin", "with_origin")] {
            let service = format!(
                "package bad.v1;\nmessage A {{}}\nservice Say {{\n  rpc {method}(A) returns (A);\n}}\n"
            );
            let error = error_of(&[("bad.proto", service.as_str())]);
            for part in [format!("a function `{function}` already").as_str(), "bad.proto:5:", "rename"] {
                assert!(error.contains(part), "{part:?} is not in {error}");
            }
        }
    }

    #[test]
    fn a_module_that_is_taken_is_refused() {
        let say = "package say;\nmessage A {}\nservice Say { rpc Hello(A) returns (A); }\n";
        for taken in
            ["package say.say_client;\nmessage B {}\n", "package say;\nmessage SayServer { message C {} }\n"]
        {
            let error = error_of(&[("say.proto", say), ("taken.proto", taken)]);
            assert!(error.contains("of tonic's code for say.proto is there already"), "{error}");
        }
    }
}
