//! A throw-away Python with a foreign gRPC client, under the target directory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::steps::{Steps, exists, target};

/// Pinned, so that a test fails because of us and not because of a release elsewhere.
const PACKAGES: [&str; 7] = [
    "grpcio==1.85.1",
    "grpcio-health-checking==1.85.1",
    "grpcio-reflection==1.85.1",
    "grpcio-tools==1.85.1",
    "prometheus-client==0.26.0",
    "protobuf==7.36.2",
    "zeroconf==0.154.0",
];

/// Makes the environment unless it is there already; returns its interpreter, or why there is none.
pub(crate) fn prepare(steps: &mut Steps) -> Result<PathBuf, String> {
    let home = target().join("python");
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = home.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    if !exists("python3") {
        return Err("python3 is missing".to_owned());
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&home);
    steps.attempt("python3 -m venv --clear target/python", make).map_err(|why| {
        format!("python3 cannot make a virtual environment, {why} (on Debian: apt install python3-venv)")
    })?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install"]).args(PACKAGES);
    steps
        .attempt(&format!("pip install {}", PACKAGES.join(" ")), install)
        .map_err(|why| format!("pip cannot install the foreign client, {why}"))?;
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(python)
}
