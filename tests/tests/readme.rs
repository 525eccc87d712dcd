//! The README's project, made of the blocks a newcomer would copy, is built and its tests are run.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use micro_tests::workspace;

/// The blocks of the README that follow a `<!-- file: path -->`, by path; several of one path are joined.
fn files(readme: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::<String, String>::new();
    let mut rest = readme;
    while let Some((_, after)) = rest.split_once("<!-- file: ") {
        let (path, after) = after.split_once(" -->").expect("the comment ends");
        let (fence, after) = after.trim_start().split_once('\n').expect("a block follows");
        assert!(fence.starts_with("```"), "{path}: a block follows its comment, found {fence:?}");
        let (block, after) = after.split_once("\n```\n").expect("the block ends");
        let file = files.entry(path.to_owned()).or_default();
        file.push_str(block);
        file.push_str("\n\n");
        rest = after;
    }
    files
}

#[test]
fn the_project_of_the_readme_builds_and_its_tests_pass() {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let mut files = files(&readme);
    assert!(files.len() >= 6, "{:?}", files.keys());

    // A newcomer's checkout lies beside the project; here it is this one. Its lock and profile are taken along so
    // that what is compiled already is used again.
    let manifest = files.get_mut("Cargo.toml").expect("the README shows a manifest");
    let root = workspace().to_string_lossy().replace('\\', "/");
    *manifest = manifest.replace("path = \"../micro/", &format!("path = \"{root}/"));
    manifest.push_str("[workspace]\n\n[profile.dev]\ndebug = \"line-tables-only\"\n");

    let project = tempfile::tempdir().unwrap();
    for (path, text) in &files {
        let path = project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::copy(workspace().join("Cargo.lock"), project.path().join("Cargo.lock")).unwrap();

    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("a test lies in <target>/<profile>/deps");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--offline", "--target-dir"]).arg(target).current_dir(project.path());
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert!(text.contains("2 passed"), "{text}");
    assert!(!text.contains("warning:"), "{text}");
}

#[test]
fn every_command_names_what_exists() {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    for link in ["examples/hello", "examples/ledger", "ARCHITECTURE.md", "CHANGELOG.md"] {
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
