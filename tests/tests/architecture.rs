//! Holds the sources against the plan: floors, file sizes, what must stay absent, what `hello` pulls in.
//!
//! The table [`FLOORS`] is the plan. A test that fails here names file, line and rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::workspace;

/// Modules of `micro`, lowest floor first. A module imports from lower floors only.
const FLOORS: [&[&str]; 8] = [
    &["error", "metadata", "address", "base64", "trace"],
    &["message", "spec"],
    &["codec"],
    &["call", "body", "streaming", "transfer", "layer", "span", "event", "stats", "meter", "meter_off"],
    &["wire", "registry", "config"],
    &["selector", "broker"],
    &["client", "server"],
    &[
        "context",
        "service",
        "testing",
        "logs",
        "contract",
        "debug",
        "generated",
        "metrics",
        "metrics_off",
        "otlp",
        "otlp_off",
        "guides",
        "include",
        "prelude",
        "__private",
    ],
];

/// Floors (counted from one) whose modules never import one another.
const APART: [usize; 2] = [5, 7];

/// Lines with a `cfg(feature)` elsewhere than on `mod`, `use` or a table row: file, and why it has to be.
const FEATURE_EXCEPTIONS: [(&str, &str); 0] = [];

/// Statics that hold state: file, and why it is not state of a service.
const STATIC_EXCEPTIONS: [(&str, &str); 0] = [];

struct Source {
    path: PathBuf,
    name: String,
    text: String,
}

impl Source {
    /// The code without comments and without the tests at the end; line numbers stay.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len());
        let lines = self.text[..end].lines().enumerate();
        lines.map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Every Rust file below `folders` of the workspace, without what tests feed to the compiler.
fn sources(folders: &[&str]) -> Vec<Source> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", "golden", "ui", "node_modules", "generated"].contains(&name.as_str())
            {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for folder in folders {
        walk(&workspace().join(folder), &mut found);
    }
    let read = |path: PathBuf| Source {
        name: path.strip_prefix(workspace()).unwrap_or(&path).to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(&path).unwrap().replace("\r\n", "\n"),
        path,
    };
    let sources: Vec<Source> = found.into_iter().map(read).collect();
    assert!(!sources.is_empty(), "nothing found below {folders:?}");
    sources
}

const EVERYTHING: [&str; 8] =
    ["micro", "micro-expand", "micro-macros", "micro-codegen", "examples", "tests", "benches", "xtask"];

fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The top-level module a file of `micro/src` belongs to, and how deep its own module lies below the crate.
fn module_of(source: &Source) -> (String, usize) {
    let inside = source.path.strip_prefix(workspace().join("micro/src")).unwrap();
    let mut parts: Vec<String> = inside
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    (parts[0].clone(), parts.len())
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module)).map(|floor| floor + 1)
}

/// The first segment of every path in `text`, which is what follows `crate::`: one path, or a group of them.
fn heads(text: &str) -> Vec<String> {
    let ident =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = text.strip_prefix('{') else { return vec![ident(text)] };
    let (mut depth, mut begin, mut found) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begin = true,
            c if begin && depth == 0 && !c.is_whitespace() => {
                found.push(ident(&group[at..]));
                begin = false;
            }
            _ => {}
        }
    }
    found
}

/// Which module each name at the crate's root comes from, by the `pub use` lines of lib.rs.
fn root_names(lib: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for statement in lib.split(';') {
        let Some((_, path)) = statement.rsplit_once("pub use ") else { continue };
        let Some((module, rest)) = path.split_once("::") else { continue };
        for name in heads(rest) {
            names.insert(name, module.trim().to_owned());
        }
    }
    names
}

#[test]
fn every_module_imports_from_lower_floors_only() {
    let sources = sources(&["micro/src"]);
    let lib = sources.iter().find(|source| source.name == "micro/src/lib.rs").unwrap();
    let names = root_names(&lib.text);
    assert_eq!(names.get("Error").map(String::as_str), Some("error"), "lib.rs is read wrongly: {names:?}");
    let mut problems = Vec::new();
    for source in sources.iter().filter(|source| source.name != lib.name) {
        let (module, depth) = module_of(source);
        let Some(own) = floor(&module) else {
            problems.push(format!("{}: module `{module}` stands on no floor", source.name));
            continue;
        };
        let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
        for (at, _) in code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$')) {
            for head in heads(&code[at + "crate::".len()..]) {
                let target = names.get(&head).cloned().unwrap_or(head);
                let Some(theirs) = floor(&target) else { continue };
                let sideways = theirs == own && target != module && APART.contains(&own);
                if theirs > own || sideways {
                    problems
                        .push(format!("{}: floor {own} imports `{target}` of floor {theirs}", source.name));
                }
            }
        }
        if code.contains(&"super::".repeat(depth)) {
            problems.push(format!("{}: reaches the crate's root by `super`; write `crate::`", source.name));
        }
    }
    assert_none(problems);
}

#[test]
fn every_module_of_the_crate_stands_on_a_floor() {
    let lib = fs::read_to_string(workspace().join("micro/src/lib.rs")).unwrap();
    let modules = lib.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub ").strip_prefix("mod ")?;
        line.strip_suffix(';')
    });
    assert_none(modules.filter(|module| floor(module).is_none()).map(str::to_owned).collect());
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long = sources(&EVERYTHING).into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > 600).then(|| format!("{}: {lines} lines", source.name))
    });
    assert_none(long.collect());
}

#[test]
fn nothing_is_left_for_later_and_no_word_is_banned() {
    // Put together here so that this file does not find itself.
    let marks =
        [["to", "do!"], ["unimple", "mented!("], ["FIX", "ME"], ["TO", "DO"], ["XX", "X:"], ["db", "g!("]];
    let words = [["/wo", "rk/"], ["static m", "ut "], ["async_", "trait"], ["lazy_", "static"]];
    let banned: Vec<String> = marks.iter().chain(&words).map(|parts| parts.concat()).collect();
    let mut problems = Vec::new();
    for source in sources(&EVERYTHING) {
        for (at, line) in source.text.lines().enumerate() {
            for word in banned.iter().filter(|word| line.contains(word.as_str())) {
                problems.push(format!("{}:{}: {word}", source.name, at + 1));
            }
        }
        let file = source.path.file_stem().unwrap_or_default().to_string_lossy();
        if ["util", "utils", "helper", "helpers", "misc", "common"].contains(&&*file) {
            problems.push(format!("{}: a file's name says what it holds", source.name));
        }
        for (at, line) in source.code() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let definition = ["struct ", "enum ", "trait "].iter().any(|kind| line.contains(kind));
            let vague = |word: &str| ["Manager", "Helper", "Impl"].iter().any(|end| word.ends_with(end));
            for word in words.filter(|word| definition && vague(word)) {
                problems.push(format!("{}:{at}: `{word}` says nothing", source.name));
            }
        }
    }
    assert_none(problems);
}

#[test]
fn features_choose_modules_and_table_rows_only() {
    let mut problems = Vec::new();
    for source in sources(&["micro/src"]) {
        if FEATURE_EXCEPTIONS.iter().any(|(file, _)| source.name.ends_with(file)) {
            continue;
        }
        let code: Vec<(usize, &str)> = source.code().collect();
        for (index, (at, line)) in code.iter().enumerate() {
            if line.contains("cfg!(") && line.contains("feature") {
                problems.push(format!("{}:{at}: {}", source.name, line.trim()));
            }
            if !(line.contains("#[cfg(") && line.contains("feature =")) {
                continue;
            }
            // What the attribute stands on: the rest of its line, or the next line that is no attribute.
            let rest = line.rsplit_once(")]").map_or("", |(_, rest)| rest).trim();
            let following = code[index + 1..].iter().map(|(_, line)| line.trim());
            let item = std::iter::once(rest)
                .chain(following)
                .find(|item| !item.is_empty() && !item.starts_with("#["));
            let item = item.unwrap_or("");
            let begins = ["mod ", "pub mod ", "pub(crate) mod ", "use ", "pub use ", "pub(crate) use "];
            if !begins.iter().any(|begin| item.starts_with(begin)) && !item.ends_with(',') {
                problems.push(format!("{}:{at}: a feature chooses `{item}`", source.name));
            }
        }
    }
    assert_none(problems);
}

#[test]
fn the_environment_is_read_by_config_only() {
    let mut problems = Vec::new();
    for source in sources(&["micro/src"]) {
        // What tests are told is no setting.
        if source.name.starts_with("micro/src/config/") || source.name.ends_with("/tests.rs") {
            continue;
        }
        for (at, line) in source.code() {
            let reads = ["env::var", "env::temp_dir", "env::home_dir", "use std::env"];
            let flags = line.contains("env::args") && !source.name.ends_with("/__private.rs");
            if flags || reads.iter().any(|read| line.contains(read)) {
                problems.push(format!("{}:{at}: {}", source.name, line.trim()));
            }
        }
    }
    assert_none(problems);
}

#[test]
fn no_state_is_static() {
    let mut problems = Vec::new();
    for source in sources(&["micro/src"]) {
        // What tests share is nobody's state.
        if source.name.ends_with("/tests.rs")
            || STATIC_EXCEPTIONS.iter().any(|(file, _)| source.name.ends_with(file))
        {
            continue;
        }
        for (at, line) in source.code() {
            let trimmed = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let cells = ["Mutex<", "RwLock<", "Atomic", "OnceLock<", "LazyLock<", "OnceCell<", "Cell<"];
            let state = trimmed.starts_with("static ") && cells.iter().any(|cell| line.contains(cell));
            if state || line.contains("thread_local!") {
                problems.push(format!("{}:{at}: {}", source.name, line.trim()));
            }
        }
    }
    assert_none(problems);
}

/// `name version features` of every crate that `package` needs to run.
fn tree(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--no-dedupe"]);
    command.args(["--package", package, "--format", "{p}|{f}"]).current_dir(workspace());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn hello_needs_at_most_100_crates() {
    let crates: BTreeSet<String> =
        tree("hello").iter().filter_map(|line| line.split('|').next().map(str::to_owned)).collect();
    assert!(crates.len() > 20, "cargo tree is read wrongly: {crates:?}");
    assert!(crates.len() <= 100, "{} crates:\n{}", crates.len(), Vec::from_iter(crates).join("\n"));
}

#[test]
fn tracing_does_not_write_to_the_log_crate() {
    for package in ["hello", "ledger", "micro-bench"] {
        let tree = tree(package);
        let tracing: Vec<&String> = tree.iter().filter(|line| line.starts_with("tracing v")).collect();
        assert!(!tracing.is_empty(), "cargo tree is read wrongly: {tree:?}");
        for line in tracing {
            let features = line.rsplit('|').next().unwrap_or("").split(',');
            assert!(features.clone().all(|feature| !feature.starts_with("log")), "{package} turns on {line}");
        }
    }
}

#[test]
fn heads_of_nested_groups_are_found() {
    assert_eq!(heads("error::{Error, Result};"), ["error"]);
    assert_eq!(heads("{body::{Body, x::Y}, call::CallInfo,\n    codec};"), ["body", "call", "codec"]);
    assert_eq!(root_names("pub use a::{B, C};\npub use d::E;").get("C").map(String::as_str), Some("a"));
}
