//! What a contract test finds in a package's directory, and what it leaves there.

use std::fs;

use super::*;

use crate::contract::sample;

const FILE: &str = "proto/sample.v1.proto";

const COMMAND: &str = "UPDATE_CONTRACT=1 cargo test -p sam-ple\n";

/// A package's directory.
struct Package(tempfile::TempDir);

impl Package {
    fn new() -> Package {
        Package(tempfile::tempdir().unwrap())
    }

    fn with(file: &str, text: &str) -> Package {
        let package = Package::new();
        let path = package.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        package
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn asked<'a>(&'a self, place: &'a str, update: bool) -> Asked<'a> {
        Asked { package: "sam-ple", root: self.0.path(), place, update }
    }

    fn compare(&self) -> Result<(), String> {
        check(&[sample::LEDGER], &self.asked("proto", false))
    }

    fn update(&self) -> Result<(), String> {
        check(&[sample::LEDGER], &self.asked("proto", true))
    }
}

#[track_caller]
fn assert_says(result: Result<(), String>, texts: &[&str]) {
    let why = result.unwrap_err();
    for text in texts {
        assert!(why.contains(text), "{text:?} is not in: {why}");
    }
}

#[test]
fn a_missing_file_fails_and_is_written_by_the_command_only() {
    let package = Package::new();
    assert_says(package.compare(), &[FILE, "is missing", "@@ -0,0 +1,", "+  rpc Post(Entry)", COMMAND]);
    assert_eq!(fs::read_dir(package.0.path()).unwrap().count(), 0, "nothing is written");
    package.update().unwrap();
    assert_eq!(package.text(FILE), sample::LEDGER_PROTO);
    package.compare().unwrap();
}

#[test]
fn a_stale_file_fails_with_the_difference() {
    let stale = sample::LEDGER_PROTO.replace("  // Whose it is.\n", "");
    let stale = stale.replace("int64 cents = 2;", "int32 cents = 2;");
    let package = Package::with(FILE, &stale);
    assert_says(
        package.compare(),
        &[
            "proto/sample.v1.proto is not what the code of `sam-ple` says",
            "--- proto/sample.v1.proto\n+++ what the code says\n@@ ",
            "\n+  // Whose it is.\n   string account = 1;\n-  int32 cents = 2;\n+  int64 cents = 2;\n",
            COMMAND,
        ],
    );
    assert_eq!(package.text(FILE), stale, "nothing is written");
    package.update().unwrap();
    assert_eq!(package.text(FILE), sample::LEDGER_PROTO);
}

#[test]
fn a_number_that_moved_fails_and_is_not_written_either() {
    let before = sample::LEDGER_PROTO.replace("cents = 2;", "cents = 7;");
    let before = before.replace("string bought = 5", "string bought = 8");
    let package = Package::with(FILE, &before);
    let moved = [
        "field `bought` of `Entry` moved from 8 to 5; write #[tag(8)] on it, and #[tag] on every other variant",
        "field `cents` of `Entry` moved from 7 to 2; write #[tag(7)] on it\n",
    ];
    assert_says(package.compare(), &[&moved[..], &["-  int64 cents = 7;\n"]].concat());
    assert_says(package.update(), &[&moved[..], &["no contract was written", "take the line"]].concat());
    assert_eq!(package.text(FILE), before);
    // Nobody calls by it: the line is taken out by hand.
    let mended = before.replace("  int64 cents = 7;\n", "").replace("    string bought = 8;\n", "");
    fs::write(package.path(FILE), mended).unwrap();
    package.update().unwrap();
    assert_eq!(package.text(FILE), sample::LEDGER_PROTO);
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let package = Package::with(FILE, "syntax = \"proto3\";\n");
    assert_says(package.compare(), &["was not written by micro", "move it away", "+// Written by micro"]);
    assert_says(package.update(), &["no contract was written", "was not written by micro"]);
    assert_eq!(package.text(FILE), "syntax = \"proto3\";\n");
    fs::write(package.path(FILE), b"\xff\xfe").unwrap();
    for result in [package.compare(), package.update()] {
        assert_says(result, &[FILE, "not UTF-8", "move it away"]);
    }
}

#[test]
fn one_obstacle_keeps_all_files_from_being_written() {
    let package = Package::with(FILE, "by hand\n");
    let table = [sample::LEDGER, sample::AUDIT];
    assert!(check(&table, &package.asked("proto", true)).is_err());
    assert!(!package.path("proto/audit.v1.proto").exists());
    fs::remove_file(package.path(FILE)).unwrap();
    check(&table, &package.asked("proto", true)).unwrap();
    check(&table, &package.asked("proto", false)).unwrap();
    assert!(package.path("proto/audit.v1.proto").exists());
}

#[test]
fn how_lines_end_is_no_difference() {
    let windows = sample::LEDGER_PROTO.replace('\n', "\r\n");
    for text in [windows.as_str(), sample::LEDGER_PROTO.trim_end()] {
        let package = Package::with(FILE, text);
        package.compare().unwrap();
        package.update().unwrap();
        assert_eq!(package.text(FILE), text, "what says the same is not written again");
    }
}

#[test]
fn another_directory_or_one_file_can_be_named() {
    let package = Package::new();
    check(&[sample::LEDGER], &package.asked("api", true)).unwrap();
    check(&[sample::LEDGER], &package.asked("one/ledger.proto", true)).unwrap();
    assert_eq!(package.text("api/sample.v1.proto"), package.text("one/ledger.proto"));
    let several = check(&[sample::LEDGER, sample::AUDIT], &package.asked("one/ledger.proto", true));
    assert_says(several, &["audit.v1.proto, sample.v1.proto", "name their directory", "one/ledger.proto"]);
}

#[test]
fn a_contract_with_options_brings_their_file_along() {
    const OPTIONS_AT: &str = "proto/micro/options.proto";
    let package = Package::new();
    let check = |update| check(&[sample::WATCH], &package.asked("proto", update));
    assert_says(check(false), &["proto/watch.v1.proto is missing", "proto/micro/options.proto is missing"]);
    check(true).unwrap();
    assert_eq!(package.text("proto/watch.v1.proto"), sample::WATCH_PROTO);
    assert_eq!(package.text(OPTIONS_AT), OPTIONS);
    check(false).unwrap();
    // Somebody's own is theirs.
    fs::write(package.path(OPTIONS_AT), "by hand\n").unwrap();
    check(false).unwrap();
    check(true).unwrap();
    assert_eq!(package.text(OPTIONS_AT), "by hand\n");
    fs::remove_file(package.path(OPTIONS_AT)).unwrap();
    assert_says(
        check(false),
        &["proto/micro/options.proto is missing", "+extend google.protobuf.MethodOptions {", COMMAND],
    );
    check(true).unwrap();
    assert_eq!(package.text(OPTIONS_AT), OPTIONS);
}

#[test]
fn a_contract_without_options_brings_no_file_along() {
    let package = Package::new();
    package.update().unwrap();
    assert_eq!(fs::read_dir(package.path("proto")).unwrap().count(), 1);
}

#[test]
fn contracts_from_a_proto_need_no_file() {
    let package = Package::new();
    for update in [false, true] {
        check(&[sample::GREETER, sample::EARS], &package.asked("proto", update)).unwrap();
    }
    assert_eq!(fs::read_dir(package.0.path()).unwrap().count(), 0);
}

#[test]
fn a_contract_that_the_code_has_no_more_is_told_and_left_to_the_user() {
    let old = "proto/old.v1.proto";
    let package = Package::with(old, &sample::LEDGER_PROTO.replace("sample.v1", "old.v1"));
    let told = [old, "is of no package of the code any more; delete it", "`sam-ple`"];
    assert_says(package.compare(), &[&told[..], &[FILE, "is missing", COMMAND]].concat());
    assert_says(package.update(), &told);
    assert_eq!(package.text(FILE), sample::LEDGER_PROTO, "what the code says is written all the same");
    let why = package.compare().unwrap_err();
    assert!(why.contains(old) && !why.contains("cargo test"), "{why}");
    // A directory that has no contract of the code either.
    for table in [&[sample::GREETER][..], &[sample::EARS]] {
        assert_says(check(table, &package.asked("./proto", false)), &[FILE, old]);
    }
    fs::remove_file(package.path(old)).unwrap();
    package.compare().unwrap();
}

#[test]
fn what_is_not_ours_or_not_of_this_package_may_stand_beside_a_contract() {
    let package = Package::with("proto/theirs.proto", "syntax = \"proto3\";\n");
    package.update().unwrap();
    fs::write(package.path("proto/odd.proto"), b"\xff\xfe").unwrap();
    fs::create_dir(package.path("proto/directory.proto")).unwrap();
    fs::write(package.path("proto/copy.txt"), sample::LEDGER_PROTO).unwrap();
    package.compare().unwrap();
    // Where there is one file nothing is said of what is beside it.
    fs::write(package.path("proto/old.proto"), sample::LEDGER_PROTO).unwrap();
    check(&[sample::LEDGER], &package.asked(FILE, false)).unwrap();
    // Nor where other packages may have their contracts.
    fs::create_dir(package.path("inner")).unwrap();
    let inner = package.path("inner");
    for update in [true, false] {
        let asked = Asked { package: "sam-ple", root: &inner, place: "../proto", update };
        check(&[sample::LEDGER], &asked).unwrap();
    }
}

#[test]
fn a_test_that_nothing_is_linked_into_fails() {
    let package = Package::new();
    let result = check(&[], &package.asked("proto", true));
    assert_says(result, &["nothing annotated", "`sam-ple`", "use sam_ple as _;"]);
}

#[test]
fn what_cannot_be_described_is_told_as_it_is() {
    let package = Package::new();
    let result = check(&[sample::LEDGER, sample::TWIN], &package.asked("proto", false));
    assert_says(result, &["two types are called sample.v1.Entry", "sample.rs:"]);
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let package = Package::with("proto", "in the way of the directory");
    assert_says(package.update(), &["cannot be read", FILE]);
    let package = Package::with("api", "in the way of the directory");
    let path = package.path("api/deep/sample.v1.proto");
    assert!(file::write(&path, "text").is_err());
    assert_eq!(package.text("api"), "in the way of the directory");
}

/// Tests run from where nothing can be written, as those of a package that was unpacked from an archive may.
#[cfg(unix)]
#[test]
fn a_read_only_directory_is_enough_for_a_contract_that_is_current() {
    use std::os::unix::fs::PermissionsExt as _;

    let allow = |package: &Package, mode| {
        fs::set_permissions(package.path("proto"), fs::Permissions::from_mode(mode)).unwrap();
    };
    let package = Package::with(FILE, sample::LEDGER_PROTO);
    allow(&package, 0o555);
    package.compare().unwrap();
    package.update().unwrap();
    allow(&package, 0o755);

    let stale = sample::LEDGER_PROTO.replace("// One movement.", "// One of them.");
    let package = Package::with(FILE, &stale);
    allow(&package, 0o555);
    assert_says(package.compare(), &["-// One of them.\n+// One movement.\n", COMMAND]);
    // To the superuser nothing is read-only.
    if fs::write(package.path("proto/probe"), "").is_err() {
        assert_says(package.update(), &["cannot write", FILE, "UPDATE_CONTRACT=1 is for a directory"]);
        assert_eq!(package.text(FILE), stale);
    }
    allow(&package, 0o755);
}
