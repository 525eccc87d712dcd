//! Projects that pages show, built by cargo as a reader would build them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::workspace;

/// What pages call the checkout that lies beside the project.
const CHECKOUT: &str = "path = \"../micro/";

/// What would tell a project's build something that is meant for ours.
const NOT_PASSED_ON: [&str; 4] =
    ["MICRO_CODEGEN", "UPDATE_CONTRACT", "UPDATE_CONTRACT_LOCK", "UPDATE_GENERATED"];

/// A project in a directory of its own, which ends with it.
// Not below `target`: of sources that lie there, cargo looks for the ones it compiled last time, and never at those of
// another project with packages of the same names.
pub struct Project {
    root: TempDir,
    target: PathBuf,
}

impl Project {
    /// Lays out `files`, by path, and nothing else. Manifests that name the checkout beside them get this one; the
    /// first one takes along our versions and our profile, so that what is compiled already is used again.
    ///
    /// # Panics
    ///
    /// When a file cannot be written, or there is no manifest.
    pub fn new(files: &BTreeMap<String, String>) -> Project {
        let root = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        let test = env::current_exe().unwrap_or_else(|error| panic!("a test knows where it lies: {error}"));
        let target = test.ancestors().nth(3).map(Path::to_path_buf);
        let target = target.unwrap_or_else(|| panic!("a test lies in <target>/<profile>/deps"));
        let project = Project { root, target };
        let checkout = format!("path = \"{}/", workspace().to_string_lossy().replace('\\', "/"));
        for (path, text) in files {
            match path.ends_with("Cargo.toml") {
                true => project.write(path, &text.replace(CHECKOUT, &checkout)),
                false => project.write(path, text),
            }
        }
        let mut manifest = project.read("Cargo.toml");
        if !manifest.contains("[workspace]") {
            manifest.push_str("\n[workspace]\n");
        }
        project.write("Cargo.toml", &format!("{manifest}\n{}", profile()));
        project.write("Cargo.lock", &read(&workspace().join("Cargo.lock")));
        project
    }

    /// Returns the place of a file.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.path().join(file)
    }

    /// Reads a file.
    ///
    /// # Panics
    ///
    /// When that is not possible.
    pub fn read(&self, file: &str) -> String {
        read(&self.path(file))
    }

    /// Writes a file, with the directories above it.
    ///
    /// # Panics
    ///
    /// When that is not possible.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        let directory = path.parent().unwrap_or(self.root.path());
        let written = fs::create_dir_all(directory).and_then(|()| fs::write(&path, text));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Returns the command that runs cargo in the project: `test`, and what follows it.
    pub fn cargo(&self, subcommand: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg(subcommand).args(["--offline", "--target-dir"]).arg(&self.target).args(arguments);
        command.current_dir(self.root.path()).env("CARGO_TERM_COLOR", "never");
        for variable in NOT_PASSED_ON {
            command.env_remove(variable);
        }
        command
    }

    /// Returns the place of a program that `cargo build` has made.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

/// Runs a command to its end; tells whether it succeeded, and what it said.
///
/// # Panics
///
/// When it cannot be started.
pub fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), format!("{said}{failed}"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns how the workspace is compiled for tests, as a manifest says it.
fn profile() -> String {
    let manifest = read(&workspace().join("Cargo.toml"));
    let begin = manifest.find("[profile.dev]").unwrap_or(manifest.len());
    let end = manifest.find("[profile.release]").filter(|end| *end > begin).unwrap_or(manifest.len());
    manifest[begin..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_laid_out_anew_with_our_checkout_versions_and_profile() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nmicro = { path = \"../micro/micro\" }\n";
        let files = BTreeMap::from([("Cargo.toml".to_owned(), manifest.to_owned())]);
        let project = Project::new(&files);
        let written = project.read("Cargo.toml");
        for part in ["[workspace]\n", "[profile.dev]\n", "[profile.dev.package.\"*\"]\n"] {
            assert!(written.contains(part), "{part:?} is not in {written}");
        }
        assert!(!written.contains("../micro/") && !written.contains("[profile.release]"), "{written}");
        assert!(project.read("Cargo.lock").contains("name = \"prost\""));
    }

    #[test]
    fn what_a_command_said_is_told_whether_it_succeeded_or_not() {
        let (succeeded, said) = run(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]));
        assert_eq!((succeeded, said.as_str()), (false, "one\ntwo\n"));
    }
}
