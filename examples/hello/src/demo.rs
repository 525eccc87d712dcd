//! The demonstration: starts everybody as processes of their own and stops them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use micro::{Error, Result, Service};

/// What a part says when it can be called or published to.
const READY: &str = "serves";

/// Shows one greeter, one listener and one caller.
pub async fn run() -> Result<()> {
    // Another greeter of this user may run in the next terminal; the name keeps the two apart.
    let name = format!("greeter-{}", std::process::id());
    let listener = Part::start(&["demo-listener"])?;
    let greeter = Part::start(&["demo-greeter", &name])?;
    let called = tokio::task::block_in_place(|| command(&["demo-caller", &name])?.status())?;
    // The greeter first: it stops when what it has published has arrived.
    let served = greeter.stop()?;
    let heard = listener.stop()?;
    match called.success() && served && heard {
        true => Ok(()),
        false => Err(Error::internal("a part of the demonstration ended badly")),
    }
}

/// Serves as `name` until the standard input ends.
pub async fn greeter(name: &str) -> Result<()> {
    part("greeter ", &format!("\"{name}\""), crate::greeter::service(name)).await
}

/// Listens until the standard input ends.
pub async fn listener() -> Result<()> {
    part("listener", "the topic \"greeter.said\"", crate::listener::service()).await
}

async fn part(who: &str, what: &str, service: Service) -> Result<()> {
    let service = service.start().await?;
    println!("{who} process {} {READY} {what}", std::process::id());
    tokio::task::block_in_place(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()))?;
    service.stop().await?;
    println!("{who} process {} stopped", std::process::id());
    Ok(())
}

fn command(arguments: &[&str]) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// A process that serves, and the thread that shows what it says.
struct Part {
    child: Child,
    shown: Option<JoinHandle<()>>,
}

impl Part {
    /// Starts a process and waits until it is ready. Its standard input is how it learns that this process is
    /// gone, whatever ended it.
    fn start(arguments: &[&str]) -> Result<Part> {
        let mut child = command(arguments)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| Error::internal("a part has no output"))?;
        let mut part = Part { child, shown: None };
        let mut lines = BufReader::new(stdout).lines().map_while(|line| line.ok());
        for line in lines.by_ref() {
            println!("{line}");
            if line.contains(READY) {
                let show = move || lines.for_each(|line| println!("{line}"));
                part.shown = Some(std::thread::spawn(show));
                return Ok(part);
            }
        }
        Err(Error::internal(format!("{arguments:?} ended before it was ready")))
    }

    /// Tells the process to stop, and waits for it. Tells whether it ended well.
    fn stop(mut self) -> Result<bool> {
        drop(self.child.stdin.take());
        let ended = tokio::task::block_in_place(|| self.child.wait())?;
        if let Some(shown) = self.shown.take() {
            let _ = shown.join();
        }
        Ok(ended.success())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Both fail only when the process is gone, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
