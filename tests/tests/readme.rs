//! The README's project, made of the blocks a newcomer would copy, is built and its tests are run.

use std::fs;

use micro_tests::{Project, files, page, run, workspace};

#[test]
fn the_project_of_the_readme_builds_and_its_tests_pass() {
    let files = files(&page("README.md"));
    assert!(files.len() >= 6, "{:?}", files.keys());
    let project = Project::new(&files);
    let (passed, text) = run(&mut project.cargo("test", &[]));
    assert!(passed, "{text}");
    assert!(text.contains("2 passed"), "{text}");
    assert!(!text.contains("warning:"), "{text}");
}

#[test]
fn every_command_names_what_exists() {
    let readme = page("README.md");
    for link in
        ["examples/hello", "examples/ledger", "micro/docs/contracts.md", "ARCHITECTURE.md", "CHANGELOG.md"]
    {
        assert!(readme.contains(&format!("]({link})")) && workspace().join(link).exists(), "{link}");
    }
    // The feature table lists exactly the features there are.
    let manifest = fs::read_to_string(workspace().join("micro/Cargo.toml")).unwrap();
    let (_, features) = manifest.split_once("[features]").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let names =
        features.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    for (name, _) in names.filter(|(name, _)| *name != "default") {
        assert!(readme.contains(&format!("`{name}`")), "the feature {name} is not in the README's table");
    }
}
