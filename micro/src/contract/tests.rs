//! Contracts as foreign tools see them, from annotated code and from a file.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::spec::{Kind, Spec, Topic};

use super::{descriptor_set, file_name, options};

/// How a thing is found.
#[micro::message(package = "store.v1")]
struct Key {
    /// Its name.
    name: String,
}

/// A thing.
#[micro::message(package = "store.v1")]
struct Thing {
    name: String,
    made: SystemTime,
    tags: HashMap<String, i64>,
}

#[micro::message(package = "store.v1")]
struct Things {
    things: Vec<Thing>,
}

#[micro::message(package = "audit.v1")]
struct Line {
    thing: Thing,
}

/// Another message of the name `store.v1.Key`.
#[micro::message(package = "store.v1", name = "Key")]
struct Number {
    number: u64,
}

/// Holds a message of the package that holds one of its own.
#[micro::message(package = "store.v1")]
struct Audited {
    line: Line,
}

const PUT: Spec = Spec::new::<Thing, Key>("/store.v1.Store/Put", "store.v1.Store", Kind::Unary)
    .idempotent()
    .docs("Puts a thing.\n\nTwice is once.");
const LIST: Spec =
    Spec::new::<Key, Things>("/store.v1.Store/List", "store.v1.Store", Kind::ServerStreaming).readonly();
const AUDIT: Spec = Spec::new::<Line, ()>("/audit.v1.Audit/Add", "audit.v1.Audit", Kind::ClientStreaming);
const PING: Spec = Spec::new::<(), ()>("/Ping/Ping", "Ping", Kind::Bidirectional);

fn pool(specs: &[&Spec]) -> DescriptorPool {
    let set = descriptor_set(specs.iter().copied()).unwrap();
    DescriptorPool::decode(set.encode().as_slice()).unwrap()
}

fn method(pool: &DescriptorPool, contract: &str, name: &str) -> MethodDescriptor {
    let service = pool.get_service_by_name(contract).unwrap_or_else(|| panic!("{contract} is missing"));
    service.methods().find(|method| method.name() == name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[test]
fn a_contract_that_is_code_becomes_a_file_a_package() {
    let pool = pool(&[&PUT, &LIST, &AUDIT, &PING]);
    let put = method(&pool, "store.v1.Store", "Put");
    assert_eq!((put.input().full_name(), put.output().full_name()), ("store.v1.Thing", "store.v1.Key"));
    assert!(!put.is_client_streaming() && !put.is_server_streaming());
    let list = method(&pool, "store.v1.Store", "List");
    assert!(!list.is_client_streaming() && list.is_server_streaming());
    let add = method(&pool, "audit.v1.Audit", "Add");
    assert!(add.is_client_streaming() && !add.is_server_streaming());
    assert_eq!(add.output().full_name(), "google.protobuf.Empty");
    assert!(method(&pool, "Ping", "Ping").is_client_streaming());
    let levels: Vec<_> = [&put, &list, &add]
        .map(|method| {
            method.method_descriptor_proto().options.as_ref().map(|options| options.idempotency_level())
        })
        .into_iter()
        .map(|level| level.map(|level| level.as_str_name()))
        .collect();
    assert_eq!(levels, [Some("IDEMPOTENT"), Some("NO_SIDE_EFFECTS"), None]);
    let names: Vec<String> = pool.files().map(|file| file.name().to_owned()).collect();
    assert_eq!(names.iter().filter(|name| !name.starts_with("google/")).count(), 3, "{names:?}");
}

#[test]
fn a_file_comes_after_those_it_imports() {
    let set = descriptor_set([&AUDIT, &PUT]).unwrap();
    assert_eq!(set.contracts(), ["audit.v1.Audit", "store.v1.Store"]);
    let files = FileDescriptorSet::decode(set.encode().as_slice()).unwrap().file;
    let mut before = BTreeSet::new();
    for file in &files {
        assert!(file.dependency.iter().all(|import| before.contains(import.as_str())), "{}", file.name());
        assert!(before.insert(file.name()), "{} is there twice", file.name());
    }
    assert!(before.contains("google/protobuf/timestamp.proto"));
}

#[test]
fn timeouts_are_options_of_ours() {
    const TIMED: Spec = Spec::new::<Key, Thing>("/store.v1.Store/Get", "store.v1.Store", Kind::Unary)
        .timeout(Duration::from_millis(300));
    const UNPACKAGED: Spec =
        Spec::new::<(), ()>("/Ping/Ping", "Ping", Kind::Unary).timeout(Duration::from_secs(120));
    let pool = pool(&[&TIMED, &LIST, &UNPACKAGED]);
    let timeout = |contract, name| options::timeout_of(&method(&pool, contract, name));
    assert_eq!(timeout("store.v1.Store", "Get").as_deref(), Some("300ms"));
    assert_eq!(timeout("Ping", "Ping").as_deref(), Some("2m"));
    assert_eq!(timeout("store.v1.Store", "List"), None);
    // What reads the files by themselves finds the option declared.
    assert!(pool.get_extension_by_name("micro.timeout").is_some());
    let list = method(&pool, "store.v1.Store", "List");
    assert!(
        list.method_descriptor_proto()
            .options
            .as_ref()
            .is_some_and(|options| options.idempotency_level.is_some())
    );
}

#[test]
fn where_nothing_is_limited_nothing_is_imported() {
    let pool = pool(&[&PUT, &LIST, &PING]);
    assert!(pool.get_file_by_name("micro/options.proto").is_none());
    assert!(pool.get_file_by_name("google/protobuf/descriptor.proto").is_none());
}

#[test]
fn comments_are_kept() {
    let pool = pool(&[&LIST, &PUT]);
    let file = pool.get_service_by_name("store.v1.Store").unwrap().parent_file();
    let comments = &file.file_descriptor_proto().source_code_info.as_ref().unwrap().location;
    let at = |path: &[i32]| {
        comments.iter().find(|comment| comment.path == path).map(|comment| comment.leading_comments())
    };
    let put = method(&pool, "store.v1.Store", "Put");
    assert_eq!(at(put.path()), Some(" Puts a thing.\n\n Twice is once.\n"));
    let key = pool.get_message_by_name("store.v1.Key").unwrap();
    assert_eq!(at(key.path()), Some(" How a thing is found.\n"));
    assert_eq!(at(key.get_field(1).unwrap().path()), Some(" Its name.\n"));
}

#[test]
fn the_name_of_the_file_is_that_of_the_messages() {
    let file = <Key as crate::Message>::descriptor().reflect().parent_file();
    assert_eq!(file.name(), file_name("store.v1"));
}

#[test]
fn subscribers_are_no_part_of_a_contract() {
    const HEARD: Spec =
        Spec::new::<Key, ()>("/heard.v1.Ears/Hear", "heard.v1.Ears", Kind::Unary).topic(Topic::new("a"));
    assert!(descriptor_set([&HEARD]).unwrap().contracts().is_empty());
}

#[test]
fn two_messages_of_one_name_are_told_with_who_needs_them() {
    const COUNT: Spec = Spec::new::<Number, ()>("/count.v1.Count/Add", "count.v1.Count", Kind::Unary);
    let error = descriptor_set([&LIST, &COUNT]).unwrap_err();
    for text in ["store.v1.Key", "/store.v1.Store/List", "/count.v1.Count/Add", "name = "] {
        assert!(error.message().contains(text), "{text}: {error}");
    }
}

#[test]
fn a_contract_named_like_a_message_is_told() {
    const KEY: Spec = Spec::new::<Key, Key>("/store.v1.Key/Get", "store.v1.Key", Kind::Unary);
    let error = descriptor_set([&KEY]).unwrap_err();
    for text in
        ["both called store.v1.Key; rename one", "#[micro::service(name = ", "#[micro::message(name = "]
    {
        assert!(error.message().contains(text), "{text}: {error}");
    }
}

#[test]
fn services_may_take_messages_of_one_another_s_packages() {
    const CHECK: Spec =
        Spec::new::<Line, Key>("/store.v1.Store/Check", "store.v1.Store", Kind::Unary).docs("Checks a line.");
    let set = descriptor_set([&CHECK, &AUDIT]).unwrap();
    let pool = DescriptorPool::decode(set.encode().as_slice()).unwrap();
    let check = method(&pool, "store.v1.Store", "Check");
    assert_eq!(check.input().full_name(), "audit.v1.Line");
    let file = check.parent_file();
    assert_eq!(file.name(), "micro/store.v1-services.proto");
    assert_eq!(file.package_name(), "store.v1");
    let comments = &file.file_descriptor_proto().source_code_info.as_ref().unwrap().location;
    assert!(comments.iter().any(|comment| comment.leading_comments() == " Checks a line.\n"));
    let key = pool.get_message_by_name("store.v1.Key").unwrap();
    assert_eq!(key.parent_file().name(), file_name("store.v1"));
    // What is in no circle stays together.
    assert_eq!(method(&pool, "audit.v1.Audit", "Add").parent_file().name(), file_name("audit.v1"));
    assert_eq!(set.made().count(), 3);
}

#[test]
fn packages_that_need_one_another_are_told() {
    const CIRCLE: Spec = Spec::new::<Audited, Key>("/store.v1.Store/Look", "store.v1.Store", Kind::Unary);
    // The message alone cannot be described either: a file of each package would import the other.
    let described = std::panic::catch_unwind(|| descriptor_set([&CIRCLE]));
    assert!(!matches!(described, Ok(Ok(_))));
}

#[test]
fn a_contract_from_a_file_keeps_the_file() {
    const LOOK: Spec = Spec::new::<Look, ()>("/look.v1.Eyes/Look", "look.v1.Eyes", Kind::Unary);
    const STARE: Spec = Spec::new::<Look, ()>("/look.v1.Eyes/Stare", "look.v1.Eyes", Kind::Unary);
    let pool = pool(&[&LOOK, &PUT]);
    assert_eq!(method(&pool, "look.v1.Eyes", "Look").parent_file().name(), "look/v1/look.proto");
    let error = descriptor_set([&LOOK, &STARE]).unwrap_err();
    for text in ["/look.v1.Eyes/Stare", "look/v1/look.proto", "rpc Stare(look.v1.Look)"] {
        assert!(error.message().contains(text), "{text}: {error}");
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Look {}

crate::__micro_prost_message!(Look, "look.v1.Look", LOOK_POOL);

static LOOK_POOL: std::sync::LazyLock<crate::message::derive::Pool> = std::sync::LazyLock::new(|| {
    use prost_types::{DescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};
    let look = MethodDescriptorProto {
        name: Some("Look".to_owned()),
        input_type: Some(".look.v1.Look".to_owned()),
        output_type: Some(".google.protobuf.Empty".to_owned()),
        ..MethodDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("look/v1/look.proto".to_owned()),
        package: Some("look.v1".to_owned()),
        dependency: vec!["google/protobuf/empty.proto".to_owned()],
        message_type: vec![DescriptorProto { name: Some("Look".to_owned()), ..DescriptorProto::default() }],
        service: vec![ServiceDescriptorProto {
            name: Some("Eyes".to_owned()),
            method: vec![look],
            options: None,
        }],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    crate::message::derive::Pool::new(set.encode_to_vec().leak())
});
