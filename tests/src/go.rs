//! Go with grpc-go: the programs of `tests/go`, with stubs that protoc makes of the contracts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::foreign::attempt;
use crate::{not_run, tool, workspace};

/// The name of the module in `tests/go`.
const MODULE: &str = "micro.test/interop";

/// The contracts: the directory that imports start from, the file, the Go package it becomes. None says
/// `go_package`, as none knows who will compile it.
const CONTRACTS: [(&str, &str, &str); 3] = [
    ("examples/hello/proto", "greeter/v1/greeter.proto", "greeter"),
    ("examples/ledger/proto", "ledger.proto", "ledger"),
    ("proto", "micro/debug/v1/debug.proto", "debug"),
];

/// Returns the command that runs the program in `tests/go/<program>`, which takes the address of a service. It is
/// built in `target/tools`. Without Go, its modules or protoc, notes what is not run and why.
///
/// # Panics
///
/// As [`not_run`]; and when stubs cannot be made, or do not fit the programs.
pub fn go(program: &str, why: &str) -> Option<Command> {
    static PROGRAMS: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let (go, protoc) = (tool("go", why)?, tool("protoc", why)?);
    match PROGRAMS.get_or_init(|| build(&go, &protoc)) {
        Ok(programs) => Some(Command::new(programs.join(program))),
        Err(failed) => {
            not_run(why, &format!("what Go downloads and builds stubs with ({failed})"));
            None
        }
    }
}

/// Builds the programs; returns the directory they lie in.
///
/// # Errors
///
/// What this environment cannot do: download modules, compile Go. What is wrong with our files panics.
fn build(go: &Path, protoc: &Path) -> Result<PathBuf, String> {
    let home = workspace().join("target/tools/go-interop");
    let (source, programs) = (home.join("src"), home.join("bin"));
    prepare(&source, &programs).map_err(|error| format!("{}: {error}", home.display()))?;
    let go = |arguments: &[&str]| {
        let mut command = Command::new(go);
        // Nothing of this machine's Go: the versions are those that are committed.
        command.args(arguments).env("GOFLAGS", "-mod=readonly -buildvcs=false").env("GOWORK", "off");
        command.current_dir(&source);
        command
    };
    attempt(&mut go(&["mod", "download"]))?;
    attempt(go(&["build", "-o"]).arg(&programs).arg("tool"))?;

    let ours = |result: Result<(), String>| result.unwrap_or_else(|failed| panic!("{failed}"));
    for contract in CONTRACTS {
        ours(attempt(&mut stubs(protoc, &programs, contract, &source)));
    }
    ours(attempt(go(&["build", "-o"]).arg(&programs).args(["./hello", "./ledger"])));
    Ok(programs)
}

/// Makes `source` a copy of `tests/go` and nothing else: stubs of an earlier run may be of other contracts.
fn prepare(source: &Path, programs: &Path) -> io::Result<()> {
    match fs::remove_dir_all(source) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => copy(&workspace().join("tests/go"), source)?,
    }
    fs::create_dir_all(programs)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if entry.is_dir() {
            copy(&entry, &target)?;
        } else {
            fs::copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// Returns the command that writes stubs of a contract into the package `gen/<package>` of the module in `source`.
fn stubs(protoc: &Path, plugins: &Path, (root, file, package): (&str, &str, &str), source: &Path) -> Command {
    let joined = |flag: &str, path: &Path| {
        let mut argument = OsString::from(flag);
        argument.push(path);
        argument
    };
    let mut command = Command::new(protoc);
    command.current_dir(workspace()).args(["-I", root, "-I", "proto", file]);
    for plugin in ["go", "go-grpc"] {
        let name = format!("protoc-gen-{plugin}{}", std::env::consts::EXE_SUFFIX);
        command
            .arg(joined(&format!("--plugin=protoc-gen-{plugin}="), &plugins.join(name)))
            .arg(joined(&format!("--{plugin}_out="), source))
            .arg(format!("--{plugin}_opt=module={MODULE}"))
            .arg(format!("--{plugin}_opt=M{file}={MODULE}/gen/{package}"));
    }
    command
}
