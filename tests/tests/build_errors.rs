//! The errors of the guide `build_errors.md`, each made from the code that the guide shows: by the compiler, by
//! `micro-codegen`, or by the tests of a project. What the guide quotes is what is said.
//!
//! A section that begins with a number is an error. Its first block is the mistake, and what kind of block that is says
//! who finds it: `rust` is a program, or a build script; `proto` a contract; `diff` a change of the project that the
//! guide to contracts shows. The block that is `text` is what is quoted of the error.

use std::collections::BTreeMap;
use std::fs;

use micro_tests::{Block, Project, blocks, files, page, run};
use serde_json::Value;

const GUIDE: &str = "micro/docs/build_errors.md";

/// The project that the last errors are about.
const CONTRACTS: &str = "micro/docs/contracts.md";

/// How many errors there are.
const COUNT: usize = 15;

struct Mistake {
    number: usize,
    shown: Block,
    /// The lines of the error that are quoted.
    quoted: Vec<String>,
}

/// Who finds a mistake.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Finder {
    Compiler,
    Codegen,
    ContractTest,
}

impl Mistake {
    /// Reads a section; `None` for one that is no error.
    fn read(section: &str) -> Option<Mistake> {
        let (number, title) = section.lines().next()?.split_once(". ")?;
        let number = number.parse().ok()?;
        let blocks = blocks(section);
        let shown = blocks.iter().find(|block| !is_file(section, block));
        let shown = shown.unwrap_or_else(|| panic!("{number}. {title}: no mistake is shown")).clone();
        let error = blocks.iter().find(|block| block.language == "text");
        let quoted = error.map(|block| block.text.lines().map(|line| line.trim().to_owned()).collect());
        Some(Mistake { number, shown, quoted: quoted.unwrap_or_default() })
    }

    fn finder(&self) -> Finder {
        match self.shown.language.as_str() {
            "rust" if self.script().is_none() => Finder::Compiler,
            "rust" | "proto" => Finder::Codegen,
            "diff" => Finder::ContractTest,
            other => panic!("error {}: nobody finds mistakes in {other:?}", self.number),
        }
    }

    /// Returns the file that a build script names.
    fn script(&self) -> Option<&str> {
        let (_, file) = self.shown.text.split_once("micro_codegen::compile([\"")?;
        Some(file.split_once('"')?.0)
    }

    /// Says what is quoted and was not said. The lines are said in this order, and others between them.
    fn complaint(&self, said: &str) -> Option<String> {
        let mut lines = said.lines();
        let missing = self.quoted.iter().find(|quoted| !lines.any(|line| line.contains(quoted.as_str())))?;
        Some(format!("error {}: {missing:?} was not said; what was said:\n{said}", self.number))
    }
}

/// Tells whether a block is a file that belongs to the mistake, and not the mistake.
fn is_file(section: &str, block: &Block) -> bool {
    files(section).values().any(|file| *file == block.text)
}

/// Reads the errors that `finder` finds.
fn mistakes(finder: Finder) -> Vec<Mistake> {
    let mut mistakes = all();
    mistakes.retain(|mistake| mistake.finder() == finder);
    assert!(!mistakes.is_empty(), "{finder:?} finds none");
    mistakes
}

fn all() -> Vec<Mistake> {
    page(GUIDE).split("\n## ").skip(1).filter_map(Mistake::read).collect()
}

fn assert_said(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

#[test]
fn the_guide_numbers_its_errors_and_quotes_each() {
    let mistakes = all();
    let numbers: Vec<usize> = mistakes.iter().map(|mistake| mistake.number).collect();
    assert_eq!(numbers, Vec::from_iter(1..=COUNT));
    for mistake in mistakes {
        let Mistake { number, quoted, .. } = &mistake;
        assert!(quoted.iter().any(|line| line.len() > 20), "error {number} quotes {quoted:?}");
        assert!(quoted.iter().all(|line| !line.is_empty()), "error {number} quotes {quoted:?}");
        // A text that says nothing is none that was said.
        assert!(mistake.complaint("nothing").is_some(), "error {number}");
    }
}

#[test]
fn the_compiler_says_what_the_guide_quotes() {
    let page = page(GUIDE);
    let begin = blocks(&page).swap_remove(0).text;
    let dependencies = "[dependencies]\nmicro = { path = \"../micro/micro\" }\n";
    let script = "\n[build-dependencies]\nmicro-codegen = { path = \"../micro/micro-codegen\" }\n";
    let package = |name: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{dependencies}{more}"
        )
    };
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"plain\", \"generated\"]\n";
    let build = "fn main() {\n    micro_codegen::compile([\"proto/greeter.proto\"]).unwrap();\n}\n";
    let mut project = BTreeMap::from([
        ("Cargo.toml".to_owned(), members.to_owned()),
        ("plain/Cargo.toml".to_owned(), package("mistakes-plain", "")),
        ("generated/Cargo.toml".to_owned(), package("mistakes-generated", script)),
        ("generated/build.rs".to_owned(), build.to_owned()),
    ]);
    for (path, text) in files(&page) {
        project.insert(format!("generated/{path}"), text);
    }
    let mistakes = mistakes(Finder::Compiler);
    for Mistake { number, shown, .. } in &mistakes {
        // Where there is no build script, nothing can be implemented that one has made.
        let package = if shown.text.contains("impl Say for") { "generated" } else { "plain" };
        let program = format!("{begin}\n{}\nfn main() {{}}\n", shown.text);
        project.insert(format!("{package}/src/bin/mistake_{number}.rs"), program);
    }
    let project = Project::new(&project);
    let build = ["--workspace", "--bins", "--keep-going", "--message-format=json"];
    let (built, output) = run(&mut project.cargo("build", &build));
    assert!(!built, "mistakes compile: {output}");
    let said = said(&output);
    assert!(!said.is_empty(), "nothing was compiled: {output}");
    let complaints = mistakes.iter().filter_map(|mistake| {
        let errors = said.get(&format!("mistake_{}", mistake.number));
        mistake.complaint(errors.map(String::as_str).unwrap_or_default())
    });
    assert_said(complaints.collect());
}

/// Collects the compiler's errors, as people see them, by the program they are about.
fn said(output: &str) -> BTreeMap<String, String> {
    let mut said = BTreeMap::<String, String>::new();
    for line in output.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let (program, message) = (line["target"]["name"].as_str(), &line["message"]);
        if let (Some(program), Some("error"), Some(rendered)) =
            (program, message["level"].as_str(), message["rendered"].as_str())
        {
            said.entry(program.to_owned()).or_default().push_str(rendered);
        }
    }
    said
}

#[test]
fn the_build_script_says_what_the_guide_quotes() {
    let complaints = mistakes(Finder::Codegen).into_iter().filter_map(|mistake| {
        let package = tempfile::tempdir().unwrap();
        let file = mistake.script().unwrap_or("proto/greeter.proto");
        if mistake.script().is_none() {
            fs::create_dir(package.path().join("proto")).unwrap();
            fs::write(package.path().join(file), &mistake.shown.text).unwrap();
        }
        let error = micro_codegen::builder().file(package.path().join(file)).generate().unwrap_err();
        // What `.unwrap()` in a build script prints; paths are seen from the package there.
        let said = format!("{error:?}").replace(&format!("{}/", package.path().display()), "");
        mistake.complaint(&said)
    });
    assert_said(complaints.collect());
}

#[test]
fn the_contract_tests_say_what_the_guide_quotes() {
    const SOURCE: &str = "accounts/src/main.rs";
    let project = Project::new(&files(&page(CONTRACTS)));
    let test = ["--package", "accounts"];
    let (written, output) = run(project.cargo("test", &test).env("UPDATE_CONTRACT_LOCK", "1"));
    assert!(written, "{output}");
    let sound = project.read(SOURCE);
    let complaints = mistakes(Finder::ContractTest).into_iter().filter_map(|mistake| {
        project.write(SOURCE, &changed(&sound, &mistake.shown.text));
        let (passed, said) = run(&mut project.cargo("test", &test));
        if passed {
            return Some(format!("error {} is none: {said}", mistake.number));
        }
        mistake.complaint(&said)
    });
    assert_said(complaints.collect());
}

/// Makes the changes of a diff, each of which fits one place. A line that begins with `@@` stands before each.
fn changed(source: &str, diff: &str) -> String {
    let lines = |hunk: &str, left_out: char| -> String {
        let lines = hunk.lines().skip(1).filter(|line| !line.starts_with(left_out));
        lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
    };
    let hunks = format!("\n{diff}");
    hunks.split("\n@@").skip(1).fold(source.to_owned(), |source, hunk| {
        let (old, new) = (lines(hunk, '+'), lines(hunk, '-'));
        assert_eq!(source.matches(&old).count(), 1, "this fits one place:\n{old}in:\n{source}");
        source.replacen(&old, &new, 1)
    })
}

#[test]
fn a_diff_changes_what_it_fits() {
    let source = "a\n  b\nc\nd\n";
    assert_eq!(changed(source, "@@ first\n a\n-  b\n+  x\n+\n c\n@@ second\n-d\n"), "a\n  x\n\nc\n");
}

#[test]
#[should_panic(expected = "this fits one place")]
fn a_diff_that_fits_two_places_is_told() {
    changed("a\nb\na\n", "@@ x\n-a\n");
}
