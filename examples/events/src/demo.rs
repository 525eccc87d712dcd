//! The demonstration: starts everybody as processes of their own and stops them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use micro::{Error, Result};

/// Shows two packers, a screen and a publisher.
pub async fn run() -> Result<()> {
    let mut running = Vec::new();
    for arguments in [&["packer", "packer-1"][..], &["packer", "packer-2"], &["screen"]] {
        running.push(Running::start(arguments)?);
    }
    let published = tokio::task::block_in_place(|| command(&["publish", "6"])?.status())?;
    let mut well = published.success();
    for running in running {
        well &= running.stop()?;
    }
    match well {
        true => Ok(()),
        false => Err(Error::internal("a process of the demonstration ended badly")),
    }
}

fn command(arguments: &[&str]) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// A process that serves, and the thread that shows what it says.
struct Running {
    child: Child,
    shown: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a process and waits until it says that it is ready.
    fn start(arguments: &[&str]) -> Result<Running> {
        let mut child = command(arguments)?.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| Error::internal("no output"))?;
        let mut running = Running { child, shown: None };
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            let line = line?;
            println!("{line}");
            if line.ends_with("is ready") {
                running.shown = Some(std::thread::spawn(move || {
                    lines.map_while(|line| line.ok()).for_each(|line| println!("{line}"))
                }));
                return Ok(running);
            }
        }
        Err(Error::internal(format!("{arguments:?} ended before it was ready")))
    }

    /// Asks the process to stop; what it works on is finished first.
    fn stop(mut self) -> Result<bool> {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status()?.success();
        let ended = self.child.wait()?.success();
        if let Some(shown) = self.shown.take() {
            let _ = shown.join();
        }
        Ok(asked && ended)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process is gone, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
