//! `protoc-gen-micro` under the real `protoc` writes what the library writes.

mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proto");
const PLUGIN: &str = env!("CARGO_BIN_EXE_protoc-gen-micro");

fn run(protoc: &Path, out: &Path, options: &[&str], files: &[&str]) -> std::process::Output {
    Command::new(protoc)
        .arg(format!("--plugin=protoc-gen-micro={PLUGIN}"))
        .arg(format!("--micro_out={}", out.display()))
        .args(["-I", PROTO])
        .args(options)
        .args(files)
        .output()
        .unwrap()
}

#[test]
fn the_plugin_writes_what_the_library_writes() {
    let Some(protoc) = tools::protoc("the output of protoc-gen-micro under protoc") else { return };
    for files in [
        &["shop/v1/shop.proto"][..],
        &["words/v1/words.proto", "shop/v2/shop.proto", "shop/v1/shop.proto"],
        &["shop/common/money.proto"],
    ] {
        let out = tempfile::tempdir().unwrap();
        let output = run(&protoc, out.path(), &["--micro_opt=micro_path=::renamed"], files);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let by_plugin = fs::read_to_string(out.path().join("mod.rs")).unwrap();
        let builder = micro_codegen::builder().include(PROTO).micro_path("::renamed");
        let builder = files.iter().fold(builder, |builder, file| builder.file(Path::new(PROTO).join(file)));
        let by_library = builder.generate().unwrap();
        let differs = by_plugin.lines().zip(by_library.lines()).find(|(plugin, library)| plugin != library);
        assert!(by_plugin == by_library, "{files:?} differ: {differs:?}");
    }
}

#[test]
fn options_that_are_not_enforced_reach_the_user_of_protoc() {
    let Some(protoc) = tools::protoc("the output of protoc-gen-micro under protoc") else { return };
    let proto = tempfile::tempdir().unwrap();
    let declaration = "syntax = \"proto3\";\npackage micro;\nimport \"google/protobuf/descriptor.proto\";\n\
                       extend google.protobuf.MethodOptions { string auth = 50001; }\n";
    let service = "syntax = \"proto3\";\npackage say.v1;\nimport \"options.proto\";\nmessage A {}\nservice Say {\n  \
                   rpc Get(A) returns (A) { option (micro.auth) = \"admin\"; }\n}\n";
    fs::write(proto.path().join("options.proto"), declaration).unwrap();
    fs::write(proto.path().join("say.proto"), service).unwrap();
    let include = format!("-I{}", proto.path().display());
    let out = tempfile::tempdir().unwrap();
    let output = run(&protoc, out.path(), &[include.as_str()], &["say.proto"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    let said =
        errors.contains("option `(micro.auth)` is not enforced yet") && errors.contains("say.proto:6:28");
    assert!(!output.status.success() && said, "{errors}");

    let ignored = [include.as_str(), "--micro_opt=ignore_option=micro.auth"];
    let output = run(&protoc, out.path(), &ignored, &["say.proto"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::read_to_string(out.path().join("mod.rs")).unwrap().contains("pub trait Say"));
}

#[test]
fn errors_reach_the_user_of_protoc() {
    let Some(protoc) = tools::protoc("the output of protoc-gen-micro under protoc") else { return };
    let out = tempfile::tempdir().unwrap();
    for unknown in ["colour=red", "grpc", "tonic=perhaps"] {
        let option = format!("--micro_opt={unknown}");
        let output = run(&protoc, out.path(), &[option.as_str()], &["shop/common/money.proto"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{unknown} passed");
        let named = format!("unknown parameter `{unknown}`");
        for part in [named.as_str(), "known: ", "micro_path=", "ignore_option=", "tonic="] {
            assert!(errors.contains(part), "{part:?} is not in {errors}");
        }
    }
    assert!(fs::read_dir(out.path()).unwrap().next().is_none(), "something was written all the same");
}

#[test]
fn the_plugin_writes_the_code_of_tonic_or_says_how_to_get_it() {
    let Some(protoc) = tools::protoc("the output of protoc-gen-micro under protoc") else { return };
    let out = tempfile::tempdir().unwrap();
    let output = run(&protoc, out.path(), &["--micro_opt=tonic=true"], &["shop/v1/shop.proto"]);
    let shop = Path::new(PROTO).join("shop/v1/shop.proto");
    match micro_codegen::builder().include(PROTO).file(shop).tonic(true).generate() {
        Ok(by_library) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(by_library.contains("pub mod shop_server"), "{by_library}");
            assert!(fs::read_to_string(out.path().join("mod.rs")).unwrap() == by_library, "they differ");
        }
        Err(error) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && errors.contains(&error.to_string()), "{errors}");
            assert!(errors.contains("cargo install micro-codegen --features tonic"), "{errors}");
        }
    }
}
