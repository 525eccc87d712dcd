//! Programs from outside, which an environment may lack, and our own examples.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Returns the workspace's root.
pub fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Notes that `why` is not tested here because `what` is missing.
///
/// # Panics
///
/// When the environment says that everything has to run (`MICRO_TEST_REQUIRE=all`).
#[allow(clippy::print_stdout, reason = "the note is for whoever runs the tests")]
pub fn not_run(why: &str, what: &str) {
    let everything = std::env::var("MICRO_TEST_REQUIRE").is_ok_and(|value| value == "all");
    assert!(!everything, "{why}: {what} is missing, and MICRO_TEST_REQUIRE=all was given");
    println!("not run: {why}: {what} is missing");
}

/// Finds a Python that has grpcio, grpcio-tools and protobuf. Without one, notes what is not run and why.
///
/// # Panics
///
/// As [`not_run`].
pub fn python(why: &str) -> Option<PathBuf> {
    let prepared = std::env::var_os("MICRO_TEST_PYTHON").map(PathBuf::from);
    let python = prepared.unwrap_or_else(|| workspace().join("target/python/bin/python"));
    // One that was made without its packages is none.
    let mut import = Command::new(&python);
    import
        .args(["-c", "import google.protobuf, grpc, grpc_health, grpc_reflection, grpc_tools"])
        .stderr(Stdio::null());
    if import.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    not_run(why, "Python with grpcio (`cargo xtask test` makes it)");
    None
}

/// Finds grpcurl, which Go installs into `target/tools` the first time. Without it, notes what is not run and why.
///
/// # Panics
///
/// As [`not_run`].
pub fn grpcurl(why: &str) -> Option<PathBuf> {
    const MODULE: &str = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3";
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let directory = workspace().join("target/tools");
        let tool = directory.join(format!("grpcurl{}", std::env::consts::EXE_SUFFIX));
        if tool.is_file() {
            return Some(tool);
        }
        let mut install = Command::new("go");
        install
            .args(["install", MODULE])
            .env("GOBIN", &directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        install.status().is_ok_and(|status| status.success()).then_some(tool)
    });
    if found.is_none() {
        not_run(why, "grpcurl (`go install` makes it)");
    }
    found.clone()
}

/// Finds `name` on the PATH. Without it, notes what is not run and why.
///
/// # Panics
///
/// As [`not_run`].
pub fn tool(name: &str, why: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    if found.is_none() {
        not_run(why, name);
    }
    found
}

/// Makes Python stubs of `proto`, a file below `root`, in `out`.
///
/// # Panics
///
/// When grpcio-tools cannot.
pub fn stubs(python: &Path, root: &Path, proto: &str, out: &Path) {
    let mut command = Command::new(python);
    command.args(["-m", "grpc_tools.protoc", "--proto_path"]).arg(root);
    command.arg("--python_out").arg(out).arg("--grpc_python_out").arg(out).arg(root.join(proto));
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Builds the example programs unless they are up to date; returns the directory they lie in.
///
/// # Panics
///
/// When they do not compile.
pub fn build_examples() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        // Tests lie in <target>/<profile>/deps, programs one level up.
        let test = std::env::current_exe().expect("a test knows where it lies");
        let profile = test.parent().and_then(Path::parent).expect("a test lies in <target>/<profile>/deps");
        let target = profile.parent().expect("a profile lies in the target directory");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args([
            "build",
            "--quiet",
            "--package",
            "hello",
            "--package",
            "ledger",
            "--package",
            "ledger-caller",
        ]);
        command.arg("--target-dir").arg(target).current_dir(workspace());
        if profile.ends_with("release") {
            command.arg("--release");
        }
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        profile.to_path_buf()
    })
}

/// Returns the program of the example package `name`, built.
///
/// # Panics
///
/// When it does not compile.
pub fn example(name: &str) -> PathBuf {
    build_examples().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_on_the_path_is_found() {
        assert!(tool("sh", "the test of the helper").is_some());
        assert!(workspace().join("Cargo.toml").is_file());
    }
}
