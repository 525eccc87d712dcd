//! Code that is committed is held fresh: what differs is named, nothing is written unless that is asked for, and what
//! others wrote is never touched.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use micro_codegen::Builder;
use tempfile::TempDir;

const GREETER: &str = "syntax = \"proto3\";\npackage greeter.v1;\nmessage Hello { string name = 1; }\n";

/// Says to a test of this file in a process of its own where its package lies.
const PACKAGE: &str = "MICRO_TEST_PACKAGE";

/// A package that commits its code.
struct Package(TempDir);

impl Package {
    fn new() -> Self {
        let package = Package(tempfile::tempdir().unwrap());
        package.write("proto/greeter.proto", GREETER);
        package
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn builder(&self) -> Builder {
        builder(self.0.path())
    }

    fn error(&self) -> String {
        self.builder().check().unwrap_err().to_string()
    }

    /// Runs a test of this file, one that is ignored otherwise, in a process with more variables.
    fn run(&self, test: &str, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
        command.env_remove("UPDATE_GENERATED").env(PACKAGE, self.0.path());
        command.envs(variables.iter().copied()).output().unwrap()
    }
}

fn builder(package: &Path) -> Builder {
    micro_codegen::builder().file(package.join("proto/greeter.proto")).out_dir(package.join("src/generated"))
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn what_is_fresh_passes_whatever_git_made_of_its_lines() {
    let package = Package::new();
    package.builder().compile().unwrap();
    package.builder().check().unwrap();
    package.builder().assert_fresh();
    let code = package.read("src/generated/mod.rs");
    assert!(code.starts_with("// Made by micro-codegen "), "{code}");
    package.write("src/generated/mod.rs", &code.replace('\n', "\r\n"));
    package.builder().assert_fresh();
    package.builder().compile().unwrap();
    assert!(package.read("src/generated/mod.rs").contains("\r\n"), "what says the same was written again");
}

#[test]
fn what_is_missing_stale_or_left_over_is_named_with_the_command() {
    let package = Package::new();
    let command = "UPDATE_GENERATED=1 cargo test --package micro-codegen";
    has(&package.error(), &["missing: ", "src/generated/mod.rs", command, "rustfmt::skip"]);
    assert!(!package.path("src").exists(), "checking made a directory");

    package.builder().compile().unwrap();
    let code = package.read("src/generated/mod.rs");
    package.write("src/generated/old.rs", &code);
    package.write("src/generated/ours.rs", "pub struct Ours;\n");
    package.write("src/generated/deeper/mod.rs", &code);
    package.write("proto/greeter.proto", &GREETER.replace("name", "names"));
    let error = package.error();
    has(&error, &["stale:   ", "mod.rs, from line ", "extra:   ", "old.rs", command]);
    assert!(!error.contains("ours.rs") && !error.contains("deeper"), "{error}");
    assert_eq!(package.read("src/generated/mod.rs"), code, "checking wrote");

    package.builder().compile().unwrap();
    package.builder().assert_fresh();
    assert!(!package.path("src/generated/old.rs").exists());
    assert_eq!(package.read("src/generated/ours.rs"), "pub struct Ours;\n");
    assert_eq!(package.read("src/generated/deeper/mod.rs"), code);
}

#[test]
fn a_file_of_somebody_else_is_never_overwritten() {
    let package = Package::new();
    for foreign in ["pub struct Mine;\n", "// made by micro-codegen, or nearly\n"] {
        package.write("src/generated/mod.rs", foreign);
        let refused = ["mod.rs was not written by micro-codegen", "move it away"];
        has(&package.error(), &refused);
        has(&package.builder().compile().unwrap_err().to_string(), &refused);
        assert_eq!(package.read("src/generated/mod.rs"), foreign);
    }
    // An empty one holds the place of a module that is not made yet.
    package.write("src/generated/mod.rs", "");
    has(&package.error(), &["stale:   "]);
    package.builder().compile().unwrap();
    package.builder().assert_fresh();
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let package = Package::new();
    package.builder().compile().unwrap();
    package.write("proto/greeter.proto", &GREETER.replace("name", "names"));
    let target = package.path("src/generated/mod.rs");
    let code = package.read("src/generated/mod.rs");
    let writable = fs::metadata(&target).unwrap().permissions();
    let mut locked = writable.clone();
    locked.set_readonly(true);
    fs::set_permissions(&target, locked).unwrap();
    has(
        &package.builder().compile().unwrap_err().to_string(),
        &["cannot write ", "mod.rs", "it is read-only"],
    );
    assert_eq!(package.read("src/generated/mod.rs"), code);
    fs::set_permissions(&target, writable).unwrap();

    // Nobody, root included, has a directory below a file.
    package.write("file", "");
    let below = package.builder().out_dir(package.path("file/generated"));
    has(&below.clone().compile().unwrap_err().to_string(), &["cannot ", "file/generated/mod.rs"]);
    has(&below.check().unwrap_err().to_string(), &["file/generated/mod.rs"]);
}

#[test]
fn a_file_is_replaced_and_never_half_written() {
    let package = Package::new();
    package.builder().compile().unwrap();
    let (target, before) = (package.path("src/generated/mod.rs"), package.path("before.rs"));
    let code = package.read("src/generated/mod.rs");
    // A second name of the file shows what becomes of it: it is left alone, and another takes its place.
    fs::hard_link(&target, &before).unwrap();
    package.write("proto/greeter.proto", &GREETER.replace("name", "names"));
    package.builder().compile().unwrap();
    assert_eq!(package.read("before.rs"), code);
    assert!(package.read("src/generated/mod.rs").contains("pub names:"));
    let entries = fs::read_dir(target.parent().unwrap()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["mod.rs"]);
}

#[cfg(unix)]
#[test]
fn a_file_has_the_permissions_of_others_and_keeps_those_it_was_given() {
    use std::os::unix::fs::PermissionsExt as _;

    let package = Package::new();
    package.builder().compile().unwrap();
    let mode = |name: &str| fs::metadata(package.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("src/generated/mod.rs"), mode("proto/greeter.proto"));
    fs::set_permissions(package.path("src/generated/mod.rs"), fs::Permissions::from_mode(0o620)).unwrap();
    package.write("proto/greeter.proto", &GREETER.replace("name", "names"));
    package.builder().compile().unwrap();
    assert_eq!(mode("src/generated/mod.rs") & 0o777, 0o620);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let package = Package::new();
    fs::create_dir_all(package.path("src/generated")).unwrap();
    std::os::unix::fs::symlink(package.path("elsewhere.rs"), package.path("src/generated/mod.rs")).unwrap();
    has(
        &package.builder().compile().unwrap_err().to_string(),
        &["cannot write ", "mod.rs", "a symbolic link"],
    );
    assert!(!package.path("elsewhere.rs").exists());
}

#[test]
fn code_that_is_made_by_every_build_is_not_committed() {
    let error = micro_codegen::builder().file("proto/greeter.proto").check().unwrap_err().to_string();
    has(&error, &["no code is committed", ".out_dir(\"src/generated\")"]);
}

#[test]
fn a_stale_tree_fails_the_test_and_is_written_when_that_is_asked_for() {
    let package = Package::new();
    package.write("src/generated/mod.rs", "");
    let stale = package.run("held_fresh", &[]);
    assert!(!stale.status.success());
    has(&String::from_utf8_lossy(&stale.stderr), &["stale: ", "UPDATE_GENERATED=1 cargo test"]);
    assert_eq!(package.read("src/generated/mod.rs"), "");

    let unclear = package.run("held_fresh", &[("UPDATE_GENERATED", "yes")]);
    has(
        &String::from_utf8_lossy(&unclear.stderr),
        &["UPDATE_GENERATED is \"yes\"; it is 1, or it is not set"],
    );
    assert_eq!(package.read("src/generated/mod.rs"), "");

    let written = package.run("held_fresh", &[("UPDATE_GENERATED", "1")]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    package.builder().check().unwrap();
}

#[test]
fn a_build_script_writes_into_the_package_only_when_that_is_asked_for() {
    let package = Package::new();
    let out_dir = package.path("out").to_string_lossy().into_owned();
    let cargo = [("OUT_DIR", out_dir.as_str()), ("CARGO_CFG_TARGET_ARCH", env::consts::ARCH)];
    let stale = package.run("compiled", &cargo);
    assert!(!stale.status.success());
    has(&String::from_utf8_lossy(&stale.stderr), &["missing: ", "UPDATE_GENERATED=1 cargo build"]);
    // What is held runs the script again, too: a commit may revert it, and a person may edit it.
    let generated = format!("cargo:rerun-if-changed={}\n", package.path("src/generated").display());
    let module = format!("cargo:rerun-if-changed={}\n", package.path("src/generated/mod.rs").display());
    has(
        &String::from_utf8_lossy(&stale.stdout),
        &["cargo:rerun-if-env-changed=UPDATE_GENERATED\n", &generated, &module],
    );
    assert!(!package.path("src").exists());

    let written = package.run("compiled", &[&cargo[..], &[("UPDATE_GENERATED", "1")]].concat());
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let fresh = package.run("compiled", &cargo);
    assert!(fresh.status.success(), "{}", String::from_utf8_lossy(&fresh.stderr));
    package.builder().check().unwrap();
    // It is a module like any other, and never what `micro::include_proto!()` includes.
    let told = String::from_utf8_lossy(&fresh.stdout);
    assert!(!told.contains("MICRO_CODEGEN"), "{told}");
}

#[test]
fn each_tree_of_a_build_script_has_a_place_of_its_own() {
    let package = Package::new();
    package.builder().compile().unwrap();
    let out_dir = package.path("out");
    let variables = [("OUT_DIR", out_dir.to_str().unwrap()), ("CARGO_CFG_TARGET_ARCH", env::consts::ARCH)];
    let output = package.run("compiled_three_times", &variables);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    // The committed tree and the one in a directory of its own do not take over what is included.
    let variable = format!("cargo:rustc-env=MICRO_CODEGEN={}\n", out_dir.join("micro/mod.rs").display());
    has(&told, &[&variable]);
    assert_eq!(told.matches("MICRO_CODEGEN").count(), 1, "{told}");
    assert!(out_dir.join("other/mod.rs").is_file());
}

/// The test that a package has beside its code.
#[test]
#[ignore = "run by the tests above, in a process of its own"]
fn held_fresh() {
    builder(Path::new(&env::var_os(PACKAGE).unwrap())).assert_fresh();
}

/// What a package says in its build script.
#[test]
#[ignore = "run by the tests above, in a process of its own"]
fn compiled() {
    builder(Path::new(&env::var_os(PACKAGE).unwrap())).compile().unwrap();
}

/// A build script with a tree to include, one beside it, and one that is committed; then each of them once more.
#[test]
#[ignore = "run by the tests above, in a process of its own"]
fn compiled_three_times() {
    let package = env::var_os(PACKAGE).unwrap();
    let package = Path::new(&package);
    let included = micro_codegen::builder().file(package.join("proto/greeter.proto"));
    let beside = included.clone().out_dir(package.join("out/other"));
    let builders = [included, beside, builder(package)];
    for builder in builders.clone() {
        builder.compile().unwrap();
    }
    for builder in builders {
        has(&builder.compile().unwrap_err().to_string(), &["one tree", "in one call"]);
    }
}
