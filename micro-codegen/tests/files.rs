//! What is written where, and when it is left alone.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn write(directory: &Path, name: &str, content: &str) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

const GREETER: &str = "syntax = \"proto3\";\npackage greeter.v1;\nmessage Hello { string name = 1; }\n";

#[test]
fn an_unchanged_tree_keeps_its_time() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "proto/greeter.proto", GREETER);
    let compile = || {
        micro_codegen::builder()
            .file(directory.path().join("proto/greeter.proto"))
            .out_dir(directory.path().join("out"))
            .compile()
            .unwrap();
    };
    compile();
    let tree = directory.path().join("out/mod.rs");
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    File::options().write(true).open(&tree).unwrap().set_modified(past).unwrap();
    let modified = || fs::metadata(&tree).unwrap().modified().unwrap();
    compile();
    assert_eq!(modified(), past);
    write(directory.path(), "proto/greeter.proto", &GREETER.replace("name", "names"));
    compile();
    assert_ne!(modified(), past);
    assert!(fs::read_to_string(&tree).unwrap().contains("pub names:"));
}

#[test]
fn a_file_without_a_package_stands_at_the_root() {
    let directory = tempfile::tempdir().unwrap();
    let proto = "syntax = \"proto3\";\nmessage Hello { Inner inner = 1; message Inner {} }\n\
                 service Say { rpc Hello(Hello) returns (Hello.Inner); }\n";
    write(directory.path(), "hello.proto", proto);
    let code = micro_codegen::builder().file(directory.path().join("hello.proto")).generate().unwrap();
    for expected in [
        "\n    pub struct Hello",
        "prost_message!(self::hello::Inner, \"Hello.Inner\", POOL)",
        "\"/Say/Hello\"",
    ] {
        assert!(code.contains(expected), "{expected} is not in {code}");
    }
}

#[test]
fn a_package_shares_its_module_with_nested_types_of_that_name() {
    let directory = tempfile::tempdir().unwrap();
    let shop = "syntax = \"proto3\";\npackage shop;\nmessage Order { message Item {} Item item = 1; }\n";
    let order = "syntax = \"proto3\";\npackage shop.order;\nmessage Line {}\n";
    write(directory.path(), "proto/shop.proto", shop);
    write(directory.path(), "proto/order.proto", order);
    let code = micro_codegen::builder()
        .file(directory.path().join("proto/shop.proto"))
        .file(directory.path().join("proto/order.proto"))
        .generate()
        .unwrap();
    assert_eq!(code.matches("pub mod order {").count(), 1, "{code}");
    assert!(code.contains("pub struct Item") && code.contains("pub struct Line"));
}
