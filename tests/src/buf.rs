//! buf, another judge of contracts and another front of generators: the npm package that brings its program along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::foreign::attempt;
use crate::workspace;

/// What its verdicts in our tables are those of.
const VERSION: &str = "1.75.0";

/// Finds buf, which npm installs into `target/tools` the first time, and whenever another version is wanted.
///
/// # Errors
///
/// What keeps it from being installed, for [`not_run`](crate::not_run).
pub fn buf() -> Result<PathBuf, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(|| install(&workspace().join("target/tools/buf"))).clone()
}

fn install(home: &Path) -> Result<PathBuf, String> {
    if let Some(program) = installed(home) {
        return Ok(program);
    }
    fs::create_dir_all(home).map_err(|error| format!("{}: {error}", home.display()))?;
    let mut npm = Command::new("npm");
    // The program is in the package; its scripts would only look for it.
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]);
    npm.arg("--prefix").arg(home).arg(format!("@bufbuild/buf@{VERSION}"));
    attempt(&mut npm)?;
    installed(home).ok_or_else(|| format!("npm has no buf {VERSION} for this system"))
}

/// Finds the program of the wanted version. There is a package a platform, of which npm installs the one that fits.
fn installed(home: &Path) -> Option<PathBuf> {
    let packages = fs::read_dir(home.join("node_modules/@bufbuild")).ok()?;
    let platform =
        |name: &Path| name.file_name().is_some_and(|name| name.to_string_lossy().starts_with("buf-"));
    packages
        .filter_map(|package| package.ok().map(|package| package.path()))
        .filter(|package| platform(package))
        .map(|package| package.join("bin").join(format!("buf{}", std::env::consts::EXE_SUFFIX)))
        .find(|program| version(program).is_some_and(|version| version == VERSION))
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
