//! What the compiler says about mistakes in annotated code, and that right code compiles.
//!
//! Every file of `ui/fail` and `ui/pass` becomes a program of a throw-away package; all are checked in one run of
//! cargo. A comment says which mistake is expected on its line, `//~^` on the line above it and so on:
//!
//! ```text
//! async fn total(request: Total) -> Result<Total> { //~ ERROR: `total` does not take `&self`
//! ```
//!
//! Only our part of the text is written down, so a new compiler does not break the cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::workspace;
use serde_json::Value;

/// A program whose compilation is judged.
struct Case {
    name: String,
    path: PathBuf,
    source: String,
    fails: bool,
}

impl Case {
    /// Tells whether the program uses code generated from `ui/greeter.proto`, and so needs the package that has a
    /// `build.rs`.
    fn is_generated(&self) -> bool {
        self.source.contains("use proto::")
    }

    /// Reads the comments: line and text of every mistake that is expected.
    fn expected(&self) -> Vec<(u64, String)> {
        let read = |(number, line): (u64, &str)| {
            let (_, comment) = line.split_once("//~")?;
            let above = comment.chars().take_while(|letter| *letter == '^').count();
            let text = comment[above..].trim().strip_prefix("ERROR:")?;
            Some((number - u64::try_from(above).ok()?, text.trim().to_owned()))
        };
        (1..).zip(self.source.lines()).filter_map(read).collect()
    }
}

/// What the compiler said about one program.
struct Diagnostic {
    level: String,
    /// Lines of the program the message points at.
    lines: Vec<u64>,
    /// Message, labels and notes.
    texts: Vec<String>,
    rendered: String,
}

impl Diagnostic {
    fn read(message: &Value) -> Diagnostic {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut texts = vec![text(&message["message"])];
        texts.extend(spans.iter().map(|span| text(&span["label"])));
        for child in message["children"].as_array().into_iter().flatten() {
            texts.push(text(&child["message"]));
        }
        let primary = spans.iter().filter(|span| span["is_primary"] == true);
        Diagnostic {
            level: text(&message["level"]),
            lines: primary.flat_map(lines).collect(),
            texts,
            rendered: text(&message["rendered"]),
        }
    }

    fn says(&self, line: u64, part: &str) -> bool {
        self.level == "error"
            && self.lines.contains(&line)
            && self.texts.iter().any(|text| text.contains(part))
    }
}

/// Returns the first line of a span and of whatever it was expanded from, as far as they lie in the program.
fn lines(span: &Value) -> Vec<u64> {
    let mut lines = Vec::new();
    let mut span = span;
    while span.is_object() {
        if span["file_name"].as_str().is_some_and(|file| file.contains("/ui/fail/")) {
            lines.extend(span["line_start"].as_u64());
        }
        span = &span["expansion"]["span"];
    }
    lines
}

fn cases(folder: &Path, fails: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of the cases is there") {
        let path = entry.expect("its entries are readable").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a case has a plain name");
        let name = format!("{}_{stem}", if fails { "fail" } else { "pass" });
        let source = fs::read_to_string(&path).expect("a case is readable");
        cases.push(Case { name, path, source, fails });
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// Writes a file, unless it says so already: what is unchanged is not compiled again.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .unwrap_or_else(|error| panic!("{path:?}: {error}"));
}

/// Writes a package with a program for each of `cases`.
fn package<'a>(folder: &Path, name: &str, dependencies: &str, cases: impl Iterator<Item = &'a Case>) {
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\nautobins = false\npublish = false\n\n\
         {dependencies}\n"
    );
    for Case { name, path, .. } in cases {
        _ = write!(manifest, "\n[[bin]]\nname = \"{name}\"\npath = '{}'\n", path.display());
    }
    write(&folder.join("Cargo.toml"), &manifest);
}

/// Lays out the throw-away workspace.
fn lay_out(root: &Path, cases: &[Case]) {
    let repository = workspace().display();
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"plain\", \"generated\"]\n";
    write(&root.join("Cargo.toml"), members);
    let micro = format!("[dependencies]\nmicro = {{ path = '{repository}/micro' }}\n");
    package(&root.join("plain"), "ui-plain", &micro, cases.iter().filter(|case| !case.is_generated()));
    let generated = root.join("generated");
    let codegen =
        format!("{micro}\n[build-dependencies]\nmicro-codegen = {{ path = '{repository}/micro-codegen' }}\n");
    package(&generated, "ui-generated", &codegen, cases.iter().filter(|case| case.is_generated()));
    write(
        &generated.join("build.rs"),
        "fn main() { micro_codegen::compile([\"proto/greeter.proto\"]).unwrap() }\n",
    );
    let proto =
        fs::read_to_string(workspace().join("tests/ui/greeter.proto")).expect("the contract is readable");
    write(&generated.join("proto/greeter.proto"), &proto);
    // The same versions as everywhere else; cargo adds the two packages and drops what they do not need.
    fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock")).expect("the workspace has a lock file");
}

/// Checks all programs and returns what was said about each.
fn check(root: &Path) -> (BTreeMap<String, Vec<Diagnostic>>, String) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["check", "--offline", "--workspace", "--bins", "--keep-going", "--message-format=json"]);
    command.current_dir(root).env("CARGO_TARGET_DIR", root.join("target"));
    // The toolchain's own flags, such as `-D warnings`, are not what the cases are about.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    // Cargo hands what our own build script said to the tests it runs.
    command.env_remove("MICRO_CODEGEN");
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut said: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let Some(target) = line["target"]["name"].as_str() else { continue };
        let entry = said.entry(target.to_owned()).or_default();
        if line["reason"] == "compiler-message" {
            entry.push(Diagnostic::read(&line["message"]));
        }
    }
    (said, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Lists what is wrong with what was said about a case.
fn complaints(case: &Case, said: Option<&Vec<Diagnostic>>) -> Vec<String> {
    let Some(said) = said else { return vec!["was not compiled".to_owned()] };
    let errors: Vec<&Diagnostic> = said.iter().filter(|diagnostic| diagnostic.level == "error").collect();
    if !case.fails {
        return errors.iter().map(|error| format!("does not compile:\n{}", error.rendered)).collect();
    }
    let expected = case.expected();
    if expected.is_empty() {
        return vec!["expects no error: write `//~ ERROR: …`, or put it into ui/pass".to_owned()];
    }
    let missing = expected.iter().filter(|(line, text)| !errors.iter().any(|error| error.says(*line, text)));
    let all: String = errors.iter().map(|error| error.rendered.as_str()).collect();
    missing.map(|(line, text)| format!("line {line}: `{text}` was not said; what was said:\n{all}")).collect()
}

#[test]
fn mistakes_are_reported_where_they_are_and_right_code_compiles() {
    let folder = workspace().join("tests/ui");
    let mut all = cases(&folder.join("fail"), true);
    all.extend(cases(&folder.join("pass"), false));
    let root = workspace().join("target/ui");
    lay_out(&root, &all);
    let (said, stderr) = check(&root);

    let mut report = String::new();
    for case in &all {
        for complaint in complaints(case, said.get(&case.name)) {
            _ = writeln!(report, "== {}: {complaint}", case.name);
        }
    }
    let not_compiled = all.iter().all(|case| !said.contains_key(&case.name));
    assert!(!not_compiled, "nothing was compiled:\n{stderr}");
    assert!(report.is_empty(), "{report}");
}
