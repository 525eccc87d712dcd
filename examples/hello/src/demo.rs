//! The demonstration: starts the greeter and the caller as processes of their own and stops them.

use std::process::{Child, Command, Stdio};

use micro::{Error, Result};

/// Shows one greeter and one caller.
pub async fn run() -> Result<()> {
    // Another greeter of this user may run in the next terminal; the name keeps the two apart.
    let name = format!("greeter-{}", std::process::id());
    let program = std::env::current_exe()?;

    // The pipe is how the greeter learns that this process is gone, whatever ended it.
    let greeter = Command::new(&program).args(["demo-greeter", &name]).stdin(Stdio::piped()).spawn()?;
    let mut greeter = Guard(greeter);
    let mut caller = Guard(Command::new(&program).args(["demo-caller", &name]).spawn()?);

    let called = tokio::task::block_in_place(|| caller.0.wait())?;
    drop(greeter.0.stdin.take());
    let served = tokio::task::block_in_place(|| greeter.0.wait())?;
    match called.success() && served.success() {
        true => Ok(()),
        false => Err(Error::internal(format!("the caller ended with {called}, the greeter with {served}"))),
    }
}

/// Serves as `name` until the standard input ends.
pub async fn greeter(name: &str) -> Result<()> {
    let service = crate::greeter::service(name).start().await?;
    println!("greeter  process {} serves \"{name}\"", std::process::id());
    tokio::task::block_in_place(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()))?;
    service.stop().await?;
    println!("greeter  process {} stopped", std::process::id());
    Ok(())
}

/// Ends a process that is still there when an error leaves early.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // Both fail only when the process is gone, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
