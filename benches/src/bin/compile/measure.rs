//! Builds, and what came of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use crate::AnyError;
use crate::project::{Project, Stack};

fn target(scratch: &Path) -> PathBuf {
    scratch.join("target")
}

/// Builds a project. Returns how many seconds it took.
pub(crate) fn build(scratch: &Path, project: &Project) -> Result<f64, AnyError> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .args(["build", "--quiet", "--package", &project.package()])
        .current_dir(scratch)
        .env("CARGO_TARGET_DIR", target(scratch))
        .stdin(Stdio::null());
    let begin = Instant::now();
    let status = command.status()?;
    let took = begin.elapsed().as_secs_f64();
    if status.success() { Ok(took) } else { Err(format!("{command:?} failed: {status}").into()) }
}

/// Throws away what was compiled of the package itself: what it depends on stays, and what its build script made.
pub(crate) fn forget(scratch: &Path, project: &Project) -> Result<(), AnyError> {
    let own = project.package().replace('-', "_");
    for entry in fs::read_dir(target(scratch).join("debug/incremental"))? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().and_then(|name| name.rsplit_once('-')).is_some_and(|(name, _)| name == own) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let main = scratch.join(project.package()).join("src/main.rs");
    File::options().write(true).open(main)?.set_modified(SystemTime::now())?;
    Ok(())
}

/// Returns the size of the machine code of a program, in bytes, by binutils.
pub(crate) fn text(scratch: &Path, project: &Project) -> Result<usize, AnyError> {
    let program = target(scratch).join("debug").join(project.package());
    let output = Command::new("size").arg("-A").arg(&program).output()?;
    let listing = String::from_utf8(output.stdout)?;
    let size = listing.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|section| *section == ".text")?;
        words.next()?.parse().ok()
    });
    size.ok_or_else(|| format!("`size -A {}` tells no .text", program.display()).into())
}

/// What the build script generated.
pub(crate) struct Generated {
    path: PathBuf,
    begins: &'static str,
}

impl Generated {
    /// Finds it; nothing where the code is the contract.
    pub(crate) fn of(scratch: &Path, project: &Project) -> Result<Option<Generated>, AnyError> {
        let (file, begins) = match project.stack {
            Stack::ContractFirst => ("micro/mod.rs", "pub trait Budget"),
            Stack::Tonic => ("budget.v1.rs", "pub mod budget_client"),
            Stack::CodeFirst => return Ok(None),
        };
        for entry in fs::read_dir(target(scratch).join("debug/build"))? {
            let entry = entry?;
            let name = entry.file_name();
            let own = name.to_str().and_then(|name| name.rsplit_once('-'));
            let path = entry.path().join("out").join(file);
            if own.is_some_and(|(name, _)| name == project.package()) && path.exists() {
                return Ok(Some(Generated { path, begins }));
            }
        }
        Err(format!("nothing was generated for {}", project.package()).into())
    }

    /// Counts the lines of the service, on both sides: comments and messages are left out.
    pub(crate) fn lines(&self) -> Result<usize, AnyError> {
        let text = fs::read_to_string(&self.path)?;
        let (_, service) = text.split_once(self.begins).ok_or("the generated code has no service")?;
        let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        Ok(service.lines().filter(code).count())
    }

    /// Tells when it was written.
    pub(crate) fn written(&self) -> Result<SystemTime, AnyError> {
        Ok(fs::metadata(&self.path)?.modified()?)
    }
}
