//! Seconds to build `hello`: from nothing, after a change of the service, and after a change of nothing.
//!
//! `cargo run -p micro-bench --bin build_time [REPETITIONS]`
//!
//! Builds into a directory of its own, so that nothing of the workspace's is thrown away. The change is a new
//! modification time of `greeter.rs`, as an editor's save makes one.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let repetitions: usize = std::env::args().nth(1).map_or(Ok(3), |text| text.parse())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package lies in the workspace")?;
    let scratch = tempfile::tempdir()?;
    let changed = root.join("examples/hello/src/greeter.rs");
    // Downloads are not what is measured.
    cargo(root, &["fetch"], scratch.path())?;

    println!("cargo build -p hello, {} cores, seconds", std::thread::available_parallelism()?);
    println!("{:>10} {:>10} {:>12} {:>10}", "repetition", "clean", "incremental", "nothing");
    for repetition in 1..=repetitions {
        let target = scratch.path().join("target");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let clean = cargo(root, &["build", "--package", "hello"], &target)?;
        File::options().write(true).open(&changed)?.set_modified(SystemTime::now())?;
        let incremental = cargo(root, &["build", "--package", "hello"], &target)?;
        let nothing = cargo(root, &["build", "--package", "hello"], &target)?;
        println!("{repetition:>10} {clean:>10.1} {incremental:>12.1} {nothing:>10.1}");
    }
    Ok(())
}

/// Runs cargo and returns how many seconds it took.
fn cargo(root: &Path, arguments: &[&str], target: &Path) -> Result<f64, AnyError> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg("--quiet")
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null());
    let begin = Instant::now();
    let status = command.status()?;
    let took = begin.elapsed().as_secs_f64();
    if status.success() { Ok(took) } else { Err(format!("{command:?} failed: {status}").into()) }
}
