//! The whole output for a few files, as committed under `golden/`. `MICRO_BLESS=1` writes it anew.

use std::fs;
use std::path::Path;

use micro_codegen::Builder;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proto");

fn builder(files: &[&str]) -> Builder {
    files.iter().fold(micro_codegen::builder(), |builder, file| builder.file(Path::new(PROTO).join(file)))
}

fn is_golden(name: &str, builder: Builder) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    // The descriptors are bytes nobody reads; they are compared where they are used.
    let code = builder.generate().unwrap();
    let lines = code.lines().filter(|line| !line.contains("\\x") || !line.contains("b\""));
    let shown = lines.map(|line| format!("{line}\n")).collect::<String>();
    if std::env::var_os("MICRO_BLESS").is_some() {
        fs::write(&path, shown).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let first = shown.lines().zip(golden.lines()).position(|(shown, golden)| shown != golden);
    let first = first.unwrap_or(shown.lines().count().min(golden.lines().count())) + 1;
    assert!(
        shown == golden,
        "{} is stale from line {first}: look at what changed, then run the test with MICRO_BLESS=1",
        path.display()
    );
}

#[test]
fn messages_services_and_their_options() {
    is_golden("shop_v1.rs", builder(&["shop/v1/shop.proto"]));
}

#[test]
fn two_versions_side_by_side() {
    is_golden("shop_v2.rs", builder(&["shop/v2/shop.proto", "shop/v1/shop.proto"]));
}

#[test]
fn words_of_rust_and_another_path_of_micro() {
    is_golden("words.rs", builder(&["words/v1/words.proto"]).micro_path("::renamed"));
}

#[test]
fn the_order_of_files_changes_nothing() {
    let there = builder(&["shop/v1/shop.proto", "shop/v2/shop.proto", "words/v1/words.proto"]);
    let back = builder(&["words/v1/words.proto", "shop/v2/shop.proto", "shop/v1/shop.proto"]);
    assert_eq!(there.generate().unwrap(), back.generate().unwrap());
}
