//! buf as a front and as a source: `buf generate` with `protoc-gen-micro` makes what a build script makes,
//! byte for byte, and so does the descriptor set that `buf build` writes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use micro_codegen::Builder;
use micro_tests::{buf, not_run, plugin, workspace};
use tempfile::TempDir;

const ALL: [&str; 4] =
    ["shop/common/money.proto", "shop/v1/shop.proto", "shop/v2/shop.proto", "words/v1/words.proto"];
const SHOP: &[&str] = &[ALL[0], ALL[1], ALL[2]];

/// A package as users of buf have it, its contracts in `proto`.
struct Package {
    directory: TempDir,
    buf: PathBuf,
}

impl Package {
    /// Makes a package of files. Without buf, notes what is not run and why.
    fn new(why: &str, files: &[(&str, &str)]) -> Option<Package> {
        let buf = buf().map_err(|error| not_run(why, &format!("buf ({error})"))).ok()?;
        let package = Package { directory: tempfile::tempdir().unwrap(), buf };
        package.write("buf.yaml", "version: v2\nmodules:\n  - path: proto\n");
        for (name, content) in files {
            package.write(&format!("proto/{name}"), content);
        }
        Some(package)
    }

    /// Makes one of the files whose generated code `micro-codegen` holds as golden.
    fn golden(why: &str) -> Option<Package> {
        let golden = workspace().join("micro-codegen/tests/golden/proto");
        let read = |name: &str| fs::read_to_string(golden.join(name)).unwrap();
        let contents = ALL.map(read);
        let files: Vec<(&str, &str)> = ALL.into_iter().zip(contents.iter().map(String::as_str)).collect();
        Package::new(why, &files)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Has the plugin run with `options`.
    fn template(&self, options: &[&str]) {
        let mut yaml = format!(
            "version: v2\nplugins:\n  - local: '{}'\n    out: gen\n    strategy: all\n",
            plugin().display()
        );
        if !options.is_empty() {
            yaml.push_str("    opt:\n");
        }
        for option in options {
            writeln!(yaml, "      - {option}").unwrap();
        }
        self.write("buf.gen.yaml", &yaml);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.buf);
        command.args(arguments).current_dir(self.directory.path()).env("HOME", self.directory.path());
        // Whatever it wanted from outside, it would not get.
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
            command.env(proxy, "http://127.0.0.1:9");
        }
        command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
    }

    fn succeed(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        // What it warns of is wrong with the plugin, or with how it was asked.
        assert!(output.status.success() && said.is_empty(), "buf {arguments:?}: {said}");
    }

    /// Starts what a build script says of `files`.
    fn builder(&self, files: &[&str]) -> Builder {
        let proto = self.path("proto");
        let builder = micro_codegen::builder().include(&proto);
        files.iter().fold(builder, |builder, file| builder.file(proto.join(file)))
    }
}

fn same(one: &str, other: &str, what: &str) {
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{what} differ: {differs:?}");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn buf_generates_what_a_build_script_generates() {
    let Some(package) = Package::golden("buf generate with protoc-gen-micro") else { return };
    let everything = package.builder(&ALL);
    let cases: [(&[&str], &[&str], Builder); 3] = [
        (&["generate"], &[], everything.clone()),
        (&["generate"], &["micro_path=::renamed"], everything.micro_path("::renamed")),
        // Of the words of Rust, one is a function of tonic's clients.
        (&["generate", "--path", "proto/shop"], &["tonic=true"], package.builder(SHOP).tonic(true)),
    ];
    for (arguments, options, builder) in cases {
        package.template(options);
        package.succeed(arguments);
        let by_library = builder.generate().unwrap();
        same(&read(&package.path("gen/mod.rs")), &by_library, &format!("buf {arguments:?} and the library"));
    }
}

#[test]
fn an_unknown_parameter_reaches_the_user_of_buf_with_those_that_are_known() {
    let Some(package) = Package::golden("errors of protoc-gen-micro under buf") else { return };
    package.template(&["colour=red"]);
    let output = package.run(&["generate"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    for part in ["unknown parameter `colour=red`", "known: ", "micro_path=", "ignore_option=", "tonic="] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!package.path("gen/mod.rs").exists());
}

#[test]
fn a_set_of_buf_makes_what_the_files_make() {
    let Some(package) = Package::golden("a descriptor set of buf") else { return };
    package.succeed(&["build", "-o", "set.binpb"]);
    let set = package.path("set.binpb");
    let by_set = micro_codegen::builder().descriptor_set(&set).generate().unwrap();
    same(&by_set, &package.builder(&ALL).generate().unwrap(), "a set and its files");
    let part = package.builder(SHOP).descriptor_set(&set).generate().unwrap();
    same(&part, &package.builder(SHOP).generate().unwrap(), "a part of a set and its files");
}

const EDITION: &str = r#"edition = "2023";

package people.v1;

// Somebody.
message Person {
  // How they are called.
  string name = 1;
  repeated int32 packed = 2;
  int32 plain = 3 [features.field_presence = IMPLICIT];
  repeated int32 spread = 4 [features.repeated_field_encoding = EXPANDED];
  Person friend = 5;
  oneof way {
    string mail = 6;
    int64 phone = 7;
  }
  map<string, Mood> moods = 8;
}

enum Mood {
  MOOD_UNSPECIFIED = 0;
  MOOD_GOOD = 1;
}

// Greets people.
service Say {
  rpc Hello(Person) returns (stream Person);
}
"#;

/// The same in proto3.
fn proto3() -> String {
    EDITION
        .replace("edition = \"2023\"", "syntax = \"proto3\"")
        .replace("  string name", "  optional string name")
        .replace(" [features.field_presence = IMPLICIT]", "")
        .replace("features.repeated_field_encoding = EXPANDED", "packed = false")
}

#[test]
fn a_file_of_an_edition_is_generated_from_a_set_as_its_twin_of_proto3() {
    let why = "files of an edition";
    let Some(edition) = Package::new(why, &[("people.proto", EDITION)]) else { return };
    let Some(twin) = Package::new(why, &[("people.proto", &proto3())]) else { return };
    edition.succeed(&["build", "-o", "set.binpb"]);
    let by_set = micro_codegen::builder().descriptor_set(edition.path("set.binpb")).generate().unwrap();
    same(&by_set, &twin.builder(&["people.proto"]).generate().unwrap(), "an edition and proto3");

    let refused = edition.builder(&["people.proto"]).generate().unwrap_err().to_string();
    assert!(refused.contains("buf build -o set.binpb"), "{refused}");
    for (feature, said) in [
        ("string nick = 9 [default = \"x\"];", "a default of its own"),
        ("string nick = 9 [features.field_presence = LEGACY_REQUIRED];", "a required field"),
        ("Person other = 9 [features.message_encoding = DELIMITED];", "a delimited message"),
        ("Odd odd = 9; enum Odd { option features.enum_type = CLOSED; ODD = 0; }", "a closed enum"),
    ] {
        edition.write(
            "proto/people.proto",
            &EDITION.replace("  oneof way", &format!("  {feature}\n  oneof way")),
        );
        edition.succeed(&["build", "-o", "set.binpb"]);
        let set = micro_codegen::builder().descriptor_set(edition.path("set.binpb"));
        let error = set.generate().unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("what proto3 has as well"), "{error}");
    }
}
