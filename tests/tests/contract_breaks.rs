//! Pairs of contracts: what breaks from one to the next by our rules, and by those of `buf breaking`.
//!
//! buf judges by its category `WIRE_JSON`, which is about what ours are: callers with the old contract who send bytes
//! or JSON. Its categories `FILE` and `PACKAGE` are about code that is generated again, and count every field that is
//! removed, reserved or not. Where one of us sees a break and the other does not, the pair says why; when that is no
//! longer so, these tests fail.

#[path = "contract_breaks/enums.rs"]
mod enums;
#[path = "contract_breaks/fields.rs"]
mod fields;
#[path = "contract_breaks/free.rs"]
mod free;
#[path = "contract_breaks/pair.rs"]
mod pair;
#[path = "contract_breaks/services.rs"]
mod services;
#[path = "contract_breaks/types.rs"]
mod types;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use micro::contract::breaking::{Break, Rule, compare};
use micro_tests::{Process, buf, not_run};
use pair::{Pair, compile};

/// How buf judges, and that it says so in a form for programs.
const JUDGE: [&str; 6] = [
    "breaking",
    "new.binpb",
    "--against=old.binpb",
    "--config={\"version\":\"v2\",\"breaking\":{\"use\":[\"WIRE_JSON\"]}}",
    "--error-format=json",
    "--timeout=50s",
];

/// How buf ends when it has found something.
const FOUND: i32 = 100;

fn pairs() -> impl Iterator<Item = &'static Pair> {
    [fields::PAIRS, types::PAIRS, enums::PAIRS, services::PAIRS, free::PAIRS].into_iter().flatten()
}

fn names(breaks: &[Break]) -> Vec<String> {
    breaks.iter().map(Break::name).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

#[test]
fn every_pair_breaks_what_it_is_said_to_break() {
    let mut wrong = Vec::new();
    for pair in pairs() {
        let (old, new) = (compile(pair.old), compile(pair.new));
        let breaks = compare(&old, &new).unwrap();
        if names(&breaks) != pair.breaks {
            let told: Vec<String> = breaks.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{}: {:?} is expected, found is\n{}",
                pair.name,
                pair.breaks,
                told.join("\n")
            ));
        }
        for version in [&old, &new] {
            let breaks = compare(version, version).unwrap();
            if !breaks.is_empty() {
                wrong.push(format!("{}: a version breaks itself: {:?}", pair.name, names(&breaks)));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_table_has_every_rule_and_every_name_once() {
    let names: BTreeSet<&str> = pairs().map(|pair| pair.name).collect();
    assert_eq!(names.len(), pairs().count(), "two pairs have one name");
    assert!(names.len() >= 40, "{}", names.len());
    let broken: BTreeSet<&str> =
        pairs().flat_map(|pair| pair.breaks).filter_map(|name| Some(name.split_once(':')?.0)).collect();
    let rules: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(broken, rules);
}

#[test]
fn buf_judges_as_the_table_says_and_every_difference_is_listed() {
    let program = match buf() {
        Ok(program) => program,
        Err(why) => return not_run("contracts judged by buf breaking", &format!("buf ({why})")),
    };
    let mut wrong = Vec::new();
    for pair in pairs() {
        let rules = judge(&program, pair);
        if !rules.iter().eq(pair.buf) {
            wrong.push(format!("{}: {:?} is expected of buf, which says {rules:?}", pair.name, pair.buf));
        }
        let differ = rules.is_empty() != pair.breaks.is_empty();
        match pair.differs {
            None if differ => wrong.push(format!(
                "{}: buf says {rules:?}, we say {:?}, and nothing says why",
                pair.name, pair.breaks
            )),
            Some(why) if !differ => {
                wrong.push(format!("{}: buf and we agree, so this is wrong now: {why}", pair.name));
            }
            _ => {}
        }
    }
    assert_none(&wrong);
}

/// Lists the rules that are broken in buf's view, sorted.
fn judge(program: &Path, pair: &Pair) -> BTreeSet<String> {
    let directory = tempfile::tempdir().unwrap();
    for (file, version) in [("old.binpb", pair.old), ("new.binpb", pair.new)] {
        fs::write(directory.path().join(file), compile(version)).unwrap();
    }
    let (status, output) = Process::spawn(Command::new(program).args(JUDGE).current_dir(&directory)).wait();
    let found = match status.code() {
        Some(0) => false,
        Some(FOUND) => true,
        _ => panic!("{}: buf cannot judge: {status}\n{output}", pair.name),
    };
    let rule = |line: &str| {
        let finding: serde_json::Value = serde_json::from_str(line).ok()?;
        finding.get("type")?.as_str().map(str::to_owned)
    };
    let rules: BTreeSet<String> = output.lines().filter_map(rule).collect();
    assert_eq!(rules.is_empty(), !found, "{}: buf's answer is read wrongly\n{output}", pair.name);
    rules
}
