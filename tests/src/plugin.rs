//! `protoc-gen-micro`, as protoc and buf start it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::workspace;

/// Builds `protoc-gen-micro`, which then knows tonic's code, unless it is up to date; returns the program.
///
/// # Panics
///
/// When it does not compile.
pub fn plugin() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // Tests lie in <target>/<profile>/deps, programs one level up.
        let test = std::env::current_exe().expect("a test knows where it lies");
        let profile = test.parent().and_then(Path::parent).expect("a test lies in <target>/<profile>/deps");
        let target = profile.parent().expect("a profile lies in the target directory");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--quiet", "--package", "micro-codegen", "--features", "tonic"]);
        command.args(["--bin", "protoc-gen-micro", "--target-dir"]).arg(target).current_dir(workspace());
        if profile.ends_with("release") {
            command.arg("--release");
        }
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        profile.join(format!("protoc-gen-micro{}", std::env::consts::EXE_SUFFIX))
    })
}
