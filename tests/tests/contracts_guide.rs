//! The guide to contracts: the repository that it shows is built, tested and run, and its table of rules is the code's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use micro::contract::breaking::Rule;
use micro_tests::{Process, Project, address, files, isolated, page, run, workspace};

const GUIDE: &str = "micro/docs/contracts.md";

/// The lock of each service.
const LOCKS: [&str; 2] = ["accounts/proto/contract.lock", "greeter-api/proto/contract.lock"];

/// Reads every file below `directory`, by its path there.
fn written(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        if next.is_dir() {
            left.extend(fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let path = next.strip_prefix(directory).unwrap().to_string_lossy().replace('\\', "/");
            found.insert(path, fs::read(&next).unwrap());
        }
    }
    found
}

#[test]
fn the_repository_of_the_guide_is_built_tested_and_run() {
    let shown = files(&page(GUIDE));
    let project = Project::new(&shown);
    let test = || project.cargo("test", &["--workspace", "--no-fail-fast"]);

    // As it is when it was typed: what the guide shows is current, and nothing was promised yet.
    let (passed, said) = run(&mut test());
    assert!(!passed && said.contains("the_contract_is_current ... ok"), "{said}");
    for package in ["accounts", "greeter"] {
        let command = format!("make and commit it: UPDATE_CONTRACT_LOCK=1 cargo test -p {package}");
        assert!(said.contains(&command), "{command} is not in: {said}");
    }
    assert!(!said.contains("warning:"), "{said}");

    let before = written(&project.path(""));
    let (passed, said) = run(test().env("UPDATE_CONTRACT_LOCK", "1"));
    assert!(passed, "{said}");
    let mut after = written(&project.path(""));
    let (passed, said) = run(&mut test());
    assert!(passed, "{said}");
    assert_eq!(written(&project.path("")), after, "a test wrote something");
    for lock in LOCKS {
        assert!(after.remove(lock).is_some(), "{lock} was not written");
    }
    assert_eq!(after, before, "more than the locks was written");

    let (built, said) = run(&mut project.cargo("build", &["--workspace", "--bins"]));
    assert!(built, "{said}");
    let registry = tempfile::tempdir().unwrap();
    let services = ["greeter", "accounts"].map(|name| {
        let mut service = Process::spawn(&mut isolated(project.program(name), registry.path()));
        service.wait_for("its address", address);
        service
    });
    let said = Process::spawn(&mut isolated(project.program("teller"), registry.path())).success();
    assert!(said.contains("Hello Ann, you have 700 cents in 2 entries"), "{said}");
    for service in services {
        service.terminate();
        service.success();
    }
}

#[test]
fn the_table_of_rules_has_every_rule() {
    let page = page(GUIDE);
    let (_, table) = page.split_once("<!-- rules -->\n").expect("the table is marked");
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(2);
    let rows: Vec<Vec<&str>> =
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(names, rules);
    for row in rows {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
}

#[test]
fn what_the_guide_allows_is_named_as_rules_are() {
    let page = page(GUIDE);
    let rules: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    let named: Vec<&str> =
        page.split("allow = [\"").skip(1).filter_map(|rest| rest.split(':').next()).collect();
    assert!(!named.is_empty() && named.iter().all(|name| rules.contains(name)), "{named:?}");
}

#[test]
fn what_the_guide_points_at_is_there() {
    let page = page(GUIDE);
    let paths: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("examples/") || code.starts_with("tests/"))
        .filter(|code| code.len() > "tests/".len())
        .collect();
    assert!(paths.len() >= 5, "{paths:?}");
    for path in paths {
        assert!(workspace().join(path).exists(), "{path}");
    }
}
