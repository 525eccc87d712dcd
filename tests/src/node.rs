//! Node with `@grpc/grpc-js` and `@grpc/proto-loader`: the programs of `tests/node`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::foreign::attempt;
use crate::{not_run, tool, workspace};

/// What says which packages are wanted, to the last hash.
const LOCK: &str = "package-lock.json";

/// Returns the command that runs `tests/node/<program>.js`, which takes the address of a service. npm installs the
/// packages into `target/tools` the first time, and whenever other ones are wanted. Where that is not possible, notes
/// what is not run and why.
///
/// # Panics
///
/// As [`not_run`].
pub fn node(program: &str, why: &str) -> Option<Command> {
    static PACKAGES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let (node, npm) = (tool("node", why)?, tool("npm", why)?);
    let source = workspace().join("tests/node");
    match PACKAGES.get_or_init(|| install(&npm, &source)) {
        Ok(packages) => {
            let mut command = Command::new(node);
            command.arg(source.join(program).with_extension("js")).env("NODE_PATH", packages);
            Some(command)
        }
        Err(failed) => {
            not_run(why, &format!("what npm installs ({failed})"));
            None
        }
    }
}

/// Installs the packages that `source` wants; returns the directory they lie in.
fn install(npm: &Path, source: &Path) -> Result<PathBuf, String> {
    let home = workspace().join("target/tools/node-interop");
    let packages = home.join("node_modules");
    // npm empties the directory before it begins, so what is there without its stamp is half of it.
    let stamp = packages.join(LOCK);
    let read = |file: &Path| fs::read_to_string(file).ok();
    let wanted = read(&source.join(LOCK));
    if wanted.is_some() && wanted == read(&stamp) {
        return Ok(packages);
    }
    let copied = copy(source, &home, &["package.json", LOCK]);
    copied.map_err(|error| format!("{}: {error}", home.display()))?;
    // The packages bring scripts of their own, which nothing here needs.
    let quietly = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    attempt(Command::new(npm).args(quietly).current_dir(&home))?;
    copy(source, &packages, &[LOCK]).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(packages)
}

fn copy(from: &Path, to: &Path, files: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    files.iter().try_for_each(|file| fs::copy(from.join(file), to.join(file)).map(drop))
}
