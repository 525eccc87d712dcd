//! The baseline of a contract as a package has it: its test as a process, the variable, the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::Process;
use prost::Message as _;
use prost_types::FileDescriptorSet;

const BEFORE: &str = env!("CARGO_BIN_EXE_lock_before");
const AFTER: &str = env!("CARGO_BIN_EXE_lock_after");

/// What `lock_after` breaks.
const GONE: &str = "field-removed:store.v1.Thing.cents";

/// The contract test of one version of the package.
struct Test<'a> {
    program: &'static str,
    lock: &'a Path,
    permission: Option<&'static str>,
    update: &'static str,
}

impl<'a> Test<'a> {
    fn of(program: &'static str, lock: &'a Path) -> Test<'a> {
        Test { program, lock, permission: None, update: "" }
    }

    fn allow(self, permission: &'static str) -> Self {
        Test { permission: Some(permission), ..self }
    }

    fn update(self, update: &'static str) -> Self {
        Test { update, ..self }
    }

    fn passes(self) {
        let (passed, output) = self.run();
        assert!(passed, "{output}");
    }

    fn fails_with(self, texts: &[&str]) {
        let (passed, output) = self.run();
        assert!(!passed, "{output}");
        for text in texts {
            assert!(output.contains(text), "{text:?} is not in: {output}");
        }
    }

    fn run(self) -> (bool, String) {
        let mut command = Command::new(self.program);
        command.arg(self.lock).args(self.permission).env("UPDATE_CONTRACT_LOCK", self.update);
        let (status, output) = Process::spawn(&mut command).wait();
        (status.success(), output)
    }
}

/// Names a baseline that is not there yet.
fn lock() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("proto/contract.lock");
    (directory, lock)
}

#[test]
fn a_baseline_is_made_kept_and_moved_by_command_only() {
    let (directory, lock) = lock();
    Test::of(BEFORE, &lock).fails_with(&["there is no", "UPDATE_CONTRACT_LOCK=1 cargo test -p micro-tests"]);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "nothing is written without the command");
    Test::of(BEFORE, &lock).update("1").passes();
    let first = fs::read(&lock).unwrap();
    Test::of(BEFORE, &lock).passes();

    let told = ["1 change", "`int64 cents = 2`", "old callers: ", "reserved 2; reserved \"cents\";", GONE];
    Test::of(AFTER, &lock).fails_with(&told);
    Test::of(AFTER, &lock).update("1").fails_with(&told);
    Test::of(AFTER, &lock).allow(GONE).passes();
    assert_eq!(fs::read(&lock).unwrap(), first, "nobody has moved it yet");
    Test::of(AFTER, &lock).allow(GONE).update("1").passes();
    assert_ne!(fs::read(&lock).unwrap(), first);

    Test::of(AFTER, &lock).allow(GONE).fails_with(&[GONE, "remove it"]);
    Test::of(AFTER, &lock).passes();
    Test::of(BEFORE, &lock).fails_with(&["field-removed:store.v1.Thing.place"]);
}

#[test]
fn a_baseline_holds_both_ways_in_and_is_the_same_each_time() {
    let (first, second) = (lock(), lock());
    for (_, lock) in [&first, &second] {
        Test::of(BEFORE, lock).update("1").passes();
    }
    let file = fs::read(&first.1).unwrap();
    assert_eq!(file, fs::read(&second.1).unwrap());
    let begin = file.iter().position(|byte| *byte == 0).unwrap() + 1;
    let set = FileDescriptorSet::decode(&file[begin..]).unwrap();
    let services: Vec<String> = set
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(|service| format!("{}.{}", file.package(), service.name())))
        .collect();
    assert!(services.contains(&"store.v1.Store".to_owned()), "{services:?}");
    assert!(services.contains(&".Root".to_owned()), "{services:?}");
    assert!(set.file.iter().all(|file| file.source_code_info.is_none()));
}

#[test]
fn a_damaged_baseline_and_a_wrong_order_are_told() {
    let (_directory, lock) = lock();
    Test::of(BEFORE, &lock).update("1").passes();
    let whole = fs::read(&lock).unwrap();
    for (damaged, text) in [
        (&whole[..whole.len() - 1], "is cut off"),
        (&[&whole[..], b"\n"].concat(), "is corrupted"),
        (b"<<<<<<< ours\n", "has the marks of a merge"),
    ] {
        fs::write(&lock, damaged).unwrap();
        Test::of(BEFORE, &lock).fails_with(&[text]);
        Test::of(BEFORE, &lock).update("1").fails_with(&[text]);
        assert_eq!(fs::read(&lock).unwrap(), damaged, "it is not written over");
    }
    Test::of(BEFORE, &lock).update("please").fails_with(&["UPDATE_CONTRACT_LOCK", "please"]);
}
