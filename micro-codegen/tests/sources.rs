//! Whoever reads the files, what is generated is the same: protox, protoc, and descriptor sets.

mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use micro_codegen::Builder;
use protox::prost::Message;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proto");

const FILES: [&[&str]; 3] = [
    &["shop/v1/shop.proto"],
    &["words/v1/words.proto", "shop/v2/shop.proto", "shop/v1/shop.proto"],
    &["shop/common/money.proto"],
];

fn builder(files: &[&str]) -> Builder {
    let builder = micro_codegen::builder().include(PROTO);
    files.iter().fold(builder, |builder, file| builder.file(Path::new(PROTO).join(file)))
}

fn same(one: &str, other: &str, what: &str) {
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{what} differ: {differs:?}");
}

/// Writes a set of `files` by protox, as its compiler is told.
fn set(path: &Path, files: &[&str], tell: impl Fn(&mut protox::Compiler)) {
    let mut compiler = protox::Compiler::new([PROTO]).unwrap();
    tell(&mut compiler);
    compiler.open_files(files).unwrap();
    fs::write(path, compiler.encode_file_descriptor_set()).unwrap();
}

fn whole(compiler: &mut protox::Compiler) {
    compiler.include_imports(true).include_source_info(true);
}

fn error(builder: Builder) -> String {
    builder.generate().unwrap_err().to_string()
}

#[test]
fn protoc_makes_what_protox_makes() {
    if tools::protoc("protoc as a source").is_none() {
        return;
    }
    for files in FILES {
        let by_protoc = builder(files).protoc(true).generate().unwrap();
        same(&by_protoc, &builder(files).generate().unwrap(), &format!("{files:?} by protoc and protox"));
    }
}

#[test]
fn a_set_of_protoc_makes_what_protox_makes() {
    let Some(protoc) = tools::protoc("protoc as a source") else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    for files in FILES {
        let mut command = Command::new(&protoc);
        command.args(["--include_imports", "--include_source_info", "-I", PROTO]);
        command.arg(format!("--descriptor_set_out={}", path.display()));
        let output = command.args(files).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let by_set = builder(files).descriptor_set(&path).generate().unwrap();
        same(&by_set, &builder(files).generate().unwrap(), &format!("{files:?} by a set and by protox"));
    }
}

#[test]
fn what_protoc_says_is_shown_whole() {
    if tools::protoc("protoc as a source").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.proto");
    fs::write(&path, "syntax = \"proto3\";\nmessage A { B b = 1; }\nmessage C { D d = 1; }\n").unwrap();
    let error = error(micro_codegen::builder().file(&path).protoc(true));
    for part in ["protoc failed, exit status: 1", "bad.proto:2:13", "bad.proto:3:13", "it looks in: "] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn the_files_of_a_set_are_named_by_path_or_as_they_are_imported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    set(&path, &["shop/v1/shop.proto", "words/v1/words.proto"], whole);
    let words = builder(&["words/v1/words.proto"]).generate().unwrap();
    same(&builder(&["words/v1/words.proto"]).descriptor_set(&path).generate().unwrap(), &words, "by path");
    let named = micro_codegen::builder().descriptor_set(&path).file("words/v1/words.proto");
    same(&named.generate().unwrap(), &words, "by name");

    // All of it is what is compiled when all its files are.
    let all = ["shop/v1/shop.proto", "shop/common/money.proto", "words/v1/words.proto"];
    let unnamed = micro_codegen::builder().descriptor_set(&path).generate().unwrap();
    same(&unnamed, &builder(&all).generate().unwrap(), "by nothing");

    let error = error(micro_codegen::builder().descriptor_set(&path).file("shop/v9/shop.proto"));
    for part in ["does not hold shop/v9/shop.proto", "it holds ", "shop/v1/shop.proto"] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn a_set_that_lacks_something_is_told_what() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    set(&path, &["shop/v1/shop.proto"], |compiler| {
        compiler.include_imports(true).include_source_info(false);
    });
    let code = builder(&["shop/v1/shop.proto"]).descriptor_set(&path).generate().unwrap();
    assert!(code.contains("pub trait Shop") && !code.contains("Looks an order up."), "{code}");

    set(&path, &["shop/v1/shop.proto"], |compiler| {
        compiler.include_imports(false).include_source_info(true);
    });
    let imports = error(builder(&["shop/v1/shop.proto"]).descriptor_set(&path));
    assert!(
        imports.contains("which is not in the set") && imports.contains("--include_imports"),
        "{imports}"
    );

    fs::write(&path, "syntax = \"proto3\";").unwrap();
    let text = error(micro_codegen::builder().descriptor_set(&path));
    assert!(text.contains("no descriptor set") && text.contains("set.binpb"), "{text}");
    fs::write(&path, "").unwrap();
    assert!(error(micro_codegen::builder().descriptor_set(&path)).contains("holds no file"));
    fs::remove_file(&path).unwrap();
    let gone = error(micro_codegen::builder().descriptor_set(&path));
    assert!(gone.contains("cannot read") && gone.contains("buf build"), "{gone}");
}

#[test]
fn a_set_that_contradicts_itself_is_refused_and_none_makes_a_panic() {
    use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

    let message = |name: &str, field: Option<FieldDescriptorProto>| DescriptorProto {
        name: Some(name.to_owned()),
        field: field.into_iter().collect(),
        ..DescriptorProto::default()
    };
    let file = |name: &str, syntax: &str, messages: Vec<DescriptorProto>| FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("bad.v1".to_owned()),
        syntax: Some(syntax.to_owned()),
        message_type: messages,
        ..FileDescriptorProto::default()
    };
    let dangling = FieldDescriptorProto {
        name: Some("a".to_owned()),
        number: Some(1),
        label: Some(1),
        r#type: Some(11),
        type_name: Some(".bad.v1.Gone".to_owned()),
        ..FieldDescriptorProto::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    for (files, expected) in [
        (
            vec![
                file("a", "proto3", vec![message("A", None)]),
                file("b", "proto3", vec![message("A", None)]),
            ],
            "bad.v1.A",
        ),
        (vec![file("a", "proto3", vec![message("A", Some(dangling))])], "bad.v1.Gone"),
        (vec![file("a", "proto9", vec![])], "proto9"),
        (vec![file("a", "editions", vec![])], "an edition unknown here"),
    ] {
        fs::write(&path, FileDescriptorSet { file: files }.encode_to_vec()).unwrap();
        let error = error(micro_codegen::builder().descriptor_set(&path));
        assert!(error.contains(expected), "{expected:?} is not in {error}");
    }
}

#[test]
fn a_set_cut_off_anywhere_is_an_error_or_a_tree() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("set.binpb");
    set(&path, &["words/v1/words.proto"], whole);
    let bytes = fs::read(&path).unwrap();
    let mut refused = 0;
    for end in (1..bytes.len()).step_by(7) {
        fs::write(&path, &bytes[..end]).unwrap();
        refused += usize::from(micro_codegen::builder().descriptor_set(&path).generate().is_err());
    }
    // A length says how long the one file is, so no beginning of it is a set.
    assert_eq!(refused, (1..bytes.len()).step_by(7).count());
}
