//! What the compiler says about mistakes in annotated code, and that right code compiles.
//!
//! Every file of `ui/fail` and `ui/pass` becomes a program of a throw-away package; all are checked in one run of
//! cargo. A comment says which mistake is expected on its line, `//~^` on the line above it and so on:
//!
//! ```text
//! async fn total(request: Total) -> Result<Total> { //~ ERROR@`total`: `total` does not take `&self`
//! ```
//!
//! The token after `@` is what the compiler underlines; it may be left out. Only our part of the text is written down,
//! so a new compiler does not break the cases. An error on a line that no comment announces fails the case.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
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

    /// Reads the comments.
    fn expected(&self) -> Vec<Expected> {
        let read = |(number, line): (u64, &str)| {
            let (_, comment) = line.split_once("//~")?;
            let expected = Expected::read(number, comment);
            Some(expected.unwrap_or_else(|| {
                panic!("{}:{number}: write `//~ ERROR: …` or `//~ ERROR@`token`: …`", self.path.display())
            }))
        };
        (1..).zip(self.source.lines()).filter_map(read).collect()
    }
}

/// A mistake that a comment announces.
struct Expected {
    line: u64,
    /// What the compiler underlines, if the comment says so.
    token: Option<String>,
    /// A part of what it says.
    text: String,
}

impl Expected {
    /// Reads what follows `//~` on the line `number`.
    fn read(number: u64, comment: &str) -> Option<Expected> {
        let above = comment.chars().take_while(|letter| *letter == '^').count();
        let comment = comment[above..].trim().strip_prefix("ERROR")?;
        let (token, text) = match comment.strip_prefix("@`") {
            Some(comment) => {
                let (token, text) = comment.split_once("`:")?;
                (Some(token.to_owned()), text)
            }
            None => (None, comment.strip_prefix(':')?),
        };
        let line = number.checked_sub(u64::try_from(above).ok()?)?;
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(Expected { line, token, text })
    }

    fn is_at(&self, place: &Place) -> bool {
        self.line == place.line && self.token.as_ref().is_none_or(|token| *token == place.token)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected { line, token, text } = self;
        match token {
            Some(token) => write!(f, "line {line}, at `{token}`: `{text}`"),
            None => write!(f, "line {line}: `{text}`"),
        }
    }
}

/// Where in the program a message points.
struct Place {
    line: u64,
    /// The code that is underlined; empty when it is several lines.
    token: String,
}

impl Place {
    fn read(span: &Value) -> Option<Place> {
        let line = span["line_start"].as_u64()?;
        let column = |name: &str| usize::try_from(span[name].as_u64()?).ok()?.checked_sub(1);
        let source = span["text"][0]["text"].as_str().unwrap_or_default();
        let token = match (column("column_start"), column("column_end")) {
            (Some(start), Some(end)) if span["line_end"].as_u64() == Some(line) => {
                source.chars().skip(start).take(end.saturating_sub(start)).collect()
            }
            _ => String::new(),
        };
        Some(Place { line, token })
    }
}

/// What the compiler said about one program.
struct Diagnostic {
    level: String,
    /// What the message points at, as far as it lies in the program.
    places: Vec<Place>,
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
            places: primary.flat_map(places).collect(),
            texts,
            rendered: text(&message["rendered"]),
        }
    }

    fn says(&self, expected: &Expected) -> bool {
        self.places.iter().any(|place| expected.is_at(place))
            && self.texts.iter().any(|text| text.contains(&expected.text))
    }

    /// Tells whether the message only counts others.
    fn is_summary(&self) -> bool {
        self.places.is_empty() && self.texts.iter().any(|text| text.starts_with("aborting due to "))
    }

    /// Tells whether a comment announces an error on one of the lines the message points at.
    fn is_announced(&self, expected: &[Expected]) -> bool {
        let announced = |place: &Place| expected.iter().any(|expected| expected.line == place.line);
        self.places.iter().any(announced)
    }
}

/// Returns where a span, and whatever it was expanded from, lies in the program.
fn places(span: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    let mut span = span;
    while span.is_object() {
        if span["file_name"].as_str().is_some_and(|file| file.contains("/ui/fail/")) {
            places.extend(Place::read(span));
        }
        span = &span["expansion"]["span"];
    }
    places
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
    let all: String = errors.iter().map(|error| error.rendered.as_str()).collect();
    let missing = expected.iter().filter(|expected| !errors.iter().any(|error| error.says(expected)));
    let missing = missing.map(|expected| format!("{expected} was not said; what was said:\n{all}"));
    let stray = errors.iter().filter(|error| !error.is_summary() && !error.is_announced(&expected));
    let stray = stray.map(|error| format!("no comment announces this error:\n{}", error.rendered));
    missing.chain(stray).collect()
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

#[test]
fn comments_say_line_token_and_text() {
    let read = |comment| Expected::read(7, comment).map(|expected| expected.to_string());
    assert_eq!(read(" ERROR: no `x`: y").as_deref(), Some("line 7: `no `x`: y`"));
    assert_eq!(read("^^ ERROR@`&mut self`: text").as_deref(), Some("line 5, at `&mut self`: `text`"));
    for wrong in
        [" EROR: text", " ERROR text", " ERROR:", " ERROR@`x` text", " ERROR@x: text", "^^^^^^^^ ERROR: text"]
    {
        assert!(read(wrong).is_none(), "{wrong}");
    }
}
