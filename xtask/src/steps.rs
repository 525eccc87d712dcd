//! Runs commands one after the other, shows each before it runs, and sums up at the end.
//!
//! A failed step does not stop the others: one run shows everything that is broken.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The directory cargo builds into.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Tells whether `program` can be started.
pub(crate) fn exists(program: &str) -> bool {
    let mut command = Command::new(program);
    // For Go it is a command, not a flag.
    command.arg(if program == "go" { "version" } else { "--version" });
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What became of the steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
    failed: Vec<String>,
    not_run: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Steps {
    /// Sets an environment variable for every later step.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.environment.push((key, value.into()));
    }

    /// Notes what this environment cannot run.
    pub(crate) fn not_run(&mut self, what: &str, why: &str) {
        println!("\nnot run: {what}: {why}");
        self.not_run.push(format!("{what}: {why}"));
    }

    /// Runs `cargo` with `arguments`, separated by single spaces.
    pub(crate) fn cargo(&mut self, arguments: &str) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(arguments.split(' '));
        self.run(&format!("cargo {arguments}"), command);
    }

    /// Runs `command` in the workspace's root. That it fails is a failure of the whole.
    pub(crate) fn run(&mut self, name: &str, command: Command) {
        if let Err(why) = self.attempt(name, command) {
            self.failed.push(format!("{name} ({why})"));
        }
    }

    /// Runs `command` in the workspace's root: something that this environment may not be able to do.
    ///
    /// # Errors
    ///
    /// Why it did not succeed. Nothing is noted then.
    pub(crate) fn attempt(&mut self, name: &str, mut command: Command) -> Result<(), String> {
        println!("\n=== {name}");
        command.current_dir(root());
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        let begin = Instant::now();
        match command.status() {
            Ok(status) if status.success() => {
                self.done.push((name.to_owned(), begin.elapsed()));
                Ok(())
            }
            Ok(status) => Err(status.to_string()),
            Err(error) => Err(format!("cannot start: {error}")),
        }
    }

    /// Prints the sum.
    ///
    /// # Errors
    ///
    /// When a step failed, or when something was not run and `require_all` says that everything must.
    pub(crate) fn finish(self, require_all: bool) -> Result<(), String> {
        println!("\n=== summary");
        for (name, took) in &self.done {
            println!("ok      {:>6.1} s  {name}", took.as_secs_f64());
        }
        for name in &self.not_run {
            println!("not run: {name}");
        }
        for name in &self.failed {
            println!("FAILED            {name}");
        }
        if !self.failed.is_empty() {
            return Err(format!(
                "{} of {} steps failed",
                self.failed.len(),
                self.failed.len() + self.done.len()
            ));
        }
        if require_all && !self.not_run.is_empty() {
            return Err(format!("{} things were not run, and --require all was given", self.not_run.len()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_a_failure_only_when_everything_is_required() {
        let mut steps = Steps::default();
        let why = steps.attempt("nothing", Command::new("/there/is/no/such/program")).unwrap_err();
        assert!(why.contains("cannot start"), "{why}");
        steps.not_run("something", &why);
        assert!(steps.finish(false).is_ok());

        let mut steps = Steps::default();
        steps.not_run("something", "why");
        assert!(steps.finish(true).is_err());

        let mut steps = Steps::default();
        steps.run("nothing", Command::new("/there/is/no/such/program"));
        assert!(steps.finish(false).is_err());
    }
}
