//! Contracts that are code, as callers in other languages get them: `assert_current!` and `--describe` as processes, and
//! the text they write, read by compilers that know nothing of us.

#[path = "messages/annotated_everything.rs"]
mod annotated_everything;
#[path = "contract/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use micro::Message as _;
use micro::prelude::*;
use micro_tests::kinds::Text;
use micro_tests::{Process, example, isolated, tool, workspace};
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FieldOptions, FileDescriptorProto, FileDescriptorSet,
};

use annotated_everything::Everything;

#[derive(Default)]
struct Museum;

/// Shows everything there is.
#[micro::service(package = "everything.v1")]
impl Museum {
    /// Shows it as it came.
    ///
    /// Nothing is kept.
    #[micro::handler(readonly, timeout = "90s")]
    async fn show(&self, request: Everything) -> Result<Everything> {
        Ok(request)
    }

    #[micro::handler(idempotent)]
    #[deprecated]
    async fn label(&self, _texts: Streaming<Text>) -> Result<()> {
        Ok(())
    }
}

/// The test of a package, which the others run as a process of its own: its environment says where the package is and
/// whether to write.
#[test]
#[ignore = "it is for the other tests to run"]
fn the_contract_is_current() {
    micro::contract::assert_current!();
}

/// Runs [`the_contract_is_current`] of a package in `directory`.
fn contract_test(directory: &Path, update: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "the_contract_is_current"]);
    command.env("CARGO_MANIFEST_DIR", directory).env_remove("UPDATE_CONTRACT");
    command.envs(update.map(|value| ("UPDATE_CONTRACT", value)));
    let (status, output) = Process::spawn(&mut command).wait();
    assert!(output.contains("running 1 test"), "{output}");
    (status.success(), output)
}

/// Lists the files below a directory, with what is in them.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    found
}

#[test]
fn a_contract_is_written_when_asked_and_its_test_holds_it_to_the_code() {
    let package = tempfile::tempdir().unwrap();
    let (passed, output) = contract_test(package.path(), None);
    assert!(!passed && output.contains("proto/everything.v1.proto is missing"), "{output}");
    assert!(output.contains("UPDATE_CONTRACT=1 cargo test -p micro-tests"), "{output}");
    assert!(files(package.path()).is_empty(), "nothing is written unless it is asked for");

    let (passed, output) = contract_test(package.path(), Some("yes"));
    assert!(!passed && output.contains("UPDATE_CONTRACT is \"yes\"; it is 1"), "{output}");
    let (passed, output) = contract_test(package.path(), Some("1"));
    assert!(passed, "{output}");
    let written = files(package.path());
    assert_eq!(written.keys().collect::<Vec<_>>(), ["everything.v1.proto", "options.proto", "tests.proto"]);
    assert!(package.path().join("proto/micro/options.proto").is_file(), "where compilers look for it");
    assert!(contract_test(package.path(), None).0);

    let path = package.path().join("proto/everything.v1.proto");
    let stale = written["everything.v1.proto"].replace("DEEP_BLUE = 7", "DEEP_BLUE = 6");
    fs::write(&path, &stale).unwrap();
    for update in [None, Some("1")] {
        let (passed, output) = contract_test(package.path(), update);
        assert!(!passed && output.contains("moved from 6 to 7; write #[tag(6)] on it"), "{output}");
        assert_eq!(fs::read_to_string(&path).unwrap(), stale);
    }
    fs::write(&path, written["everything.v1.proto"].replace("  // Nothing is kept.\n", "")).unwrap();
    let (passed, output) = contract_test(package.path(), None);
    assert!(!passed && output.contains("+  // Nothing is kept.\n"), "{output}");
    assert!(contract_test(package.path(), Some("1")).0);
    assert_eq!(files(package.path()), written);
}

/// Compiles files below a directory, with all they import.
fn compiled<'a>(directory: &Path, names: impl IntoIterator<Item = &'a str>) -> DescriptorPool {
    let mut compiler = protox::Compiler::new([directory]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    for name in names {
        if let Err(error) = compiler.open_file(name) {
            panic!("{name}: {error:?}\n{}", fs::read_to_string(directory.join(name)).unwrap_or_default());
        }
    }
    compiler.descriptor_pool()
}

fn file(pool: &DescriptorPool, name: &str) -> FileDescriptorProto {
    let file = pool.get_file_by_name(name).unwrap_or_else(|| panic!("{name} is missing"));
    file.file_descriptor_proto().clone()
}

/// Leaves out what says nothing: comments, and options that are none.
fn bare(mut file: FileDescriptorProto) -> FileDescriptorProto {
    fn bare_message(message: &mut DescriptorProto) {
        let empty = |field: &&mut FieldDescriptorProto| field.options == Some(FieldOptions::default());
        message.field.iter_mut().filter(empty).for_each(|field| field.options = None);
        message.nested_type.iter_mut().for_each(bare_message);
    }
    file.source_code_info = None;
    file.message_type.iter_mut().for_each(bare_message);
    file
}

/// The timeout of a method, as its options say.
fn timeout(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<String> {
    let timeout = pool.get_extension_by_name("micro.timeout").expect("the file of the options is imported");
    let options = method.options();
    options.has_extension(&timeout).then(|| options.get_extension(&timeout).as_str().unwrap().to_owned())
}

/// The comments of a file, by what they stand on.
fn comments(file: &FileDescriptorProto) -> BTreeMap<Vec<i32>, String> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let lines = |text: &str| text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    locations
        .filter_map(|location| Some((location.path.clone(), lines(location.leading_comments.as_deref()?))))
        .collect()
}

#[test]
fn everything_that_code_can_say_reads_back() {
    let package = tempfile::tempdir().unwrap();
    assert!(contract_test(package.path(), Some("1")).0);
    let directory = package.path().join("proto");
    let pool = compiled(&directory, ["everything.v1.proto", "tests.proto"]);
    let read = file(&pool, "everything.v1.proto");

    let own = Everything::descriptor();
    let own = own.reflect().parent_file().file_descriptor_proto().clone();
    let (bare_read, bare_own) = (bare(read.clone()), bare(own.clone()));
    assert!(bare_own.message_type.len() > 1 && !bare_own.enum_type.is_empty());
    assert_eq!(bare_read.message_type, bare_own.message_type);
    assert_eq!(bare_read.enum_type, bare_own.enum_type);
    assert_eq!(bare_read.package, bare_own.package);

    let service = &read.service[0];
    assert_eq!((service.name(), service.method.len()), ("Museum", 2));
    let (show, label) = (&service.method[0], &service.method[1]);
    assert_eq!((show.name(), show.input_type()), ("Show", ".everything.v1.Everything"));
    assert_eq!((label.name(), label.input_type()), ("Label", ".tests.Text"));
    assert!(label.client_streaming() && !label.server_streaming() && !show.client_streaming());
    let options = |method: &prost_types::MethodDescriptorProto| {
        let options = method.options.clone().unwrap_or_default();
        (options.idempotency_level().as_str_name(), options.deprecated())
    };
    assert_eq!((options(show), options(label)), (("NO_SIDE_EFFECTS", false), ("IDEMPOTENT", true)));
    let museum = pool.get_service_by_name("everything.v1.Museum").unwrap();
    let limits: Vec<_> = museum.methods().map(|method| timeout(&pool, &method)).collect();
    assert_eq!(limits, [Some("90s".to_owned()), None]);
    let comments = comments(&read);
    assert_eq!(comments[&vec![6, 0]], " Shows everything there is.\n");
    assert_eq!(comments[&vec![6, 0, 2, 0]], " Shows it as it came.\n\n Nothing is kept.\n");
}

#[test]
fn protoc_reads_what_is_written_as_protox_does() {
    let Some(protoc) = tool("protoc", "contracts that are code, read by protoc") else { return };
    let package = tempfile::tempdir().unwrap();
    assert!(contract_test(package.path(), Some("1")).0);
    let directory = package.path().join("proto");
    fs::copy(workspace().join("examples/ledger/proto/ledger.proto"), directory.join("ledger.proto")).unwrap();
    let names = ["everything.v1.proto", "ledger.proto", "tests.proto"];
    let set = package.path().join("set.binpb");
    let mut command = Command::new(protoc);
    command.args(["--include_imports", "--include_source_info", "--descriptor_set_out"]).arg(&set);
    Process::spawn(command.arg("-I").arg(&directory).args(names)).success();
    let theirs = DescriptorPool::decode(fs::read(&set).unwrap().as_slice()).unwrap();
    let ours = compiled(&directory, names);
    for pool in [&ours, &theirs] {
        let museum = pool.get_service_by_name("everything.v1.Museum").unwrap();
        let show = museum.methods().next().unwrap();
        assert_eq!(timeout(pool, &show).as_deref(), Some("90s"));
    }
    for name in names {
        let (ours, theirs) = (file(&ours, name), file(&theirs, name));
        assert_eq!(comments(&ours), comments(&theirs), "{name}");
        assert_eq!(bare(ours), bare(theirs), "{name}");
    }
}

#[test]
fn any_text_reads_back_as_the_descriptors_it_was_printed_from() {
    let well_known = random::WELL_KNOWN.map(|name| file(&DescriptorPool::global(), name));
    for seed in 0..400 {
        let set = FileDescriptorSet { file: [&well_known[..], &random::files(seed)[..]].concat() };
        let encoded = set.encode_to_vec();
        let ours = DescriptorPool::decode(encoded.as_slice())
            .unwrap_or_else(|error| panic!("seed {seed} makes no files: {error:?}"));
        let directory = tempfile::tempdir().unwrap();
        let names = ["first.proto", "second.proto"];
        for (name, text) in micro::__private::print_files(&encoded).unwrap() {
            if names.contains(&name.as_str()) {
                fs::write(directory.path().join(name), text).unwrap();
            }
        }
        let theirs = compiled(directory.path(), names);
        for name in names {
            let (ours, theirs) = (file(&ours, name), file(&theirs, name));
            let text = fs::read_to_string(directory.path().join(name)).unwrap();
            assert_eq!(comments(&ours), comments(&theirs), "seed {seed}, {name}:\n{text}");
            assert_eq!(bare(ours), bare(theirs), "seed {seed}, {name}:\n{text}");
        }
    }
}

#[test]
fn describe_prints_the_contract_and_starts_nothing() {
    let directory = tempfile::tempdir().unwrap();
    // An address that cannot be listened on, and a registry that there is not, are nothing to who does not start.
    let mut command = isolated(example("ledger"), directory.path());
    command.args(["--describe", "--address=192.0.2.1:1", "--registry=nowhere:"]);
    let described = Process::spawn(&mut command).success();
    let committed = fs::read_to_string(workspace().join("examples/ledger/proto/ledger.proto")).unwrap();
    assert_eq!(described.lines().collect::<Vec<_>>(), committed.lines().collect::<Vec<_>>());
    assert!(files(directory.path()).is_empty(), "it leaves nothing behind");
}
