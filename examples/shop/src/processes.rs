//! The parts as processes of this program: started, watched and stopped by one parent.

use std::process::Stdio;
use std::time::Duration;

use micro::{Error, Result, ResultExt as _};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::parts::READY;

/// How long a part may take to start.
const START: Duration = Duration::from_secs(30);

/// How long a part may take to stop: more than the 30 s it gives to what it works on.
const STOP: Duration = Duration::from_secs(45);

/// Processes that are stopped together. Dropped without [`stop`](Processes::stop), they are killed.
#[derive(Default)]
pub struct Processes {
    /// What they have in their environment besides what this process has.
    environment: Vec<(&'static str, String)>,
    running: Vec<Running>,
    /// What shows the output of each; it ends with the process, and returns its name.
    shown: JoinSet<&'static str>,
}

struct Running {
    name: &'static str,
    child: Child,
    /// Tells the process, by being closed, that it is to stop. The system closes it when this process is
    /// gone.
    stdin: ChildStdin,
}

impl Processes {
    /// Sets an environment variable of what is started from now on.
    pub fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.environment.push((key, value.into()));
    }

    /// Makes a command of this program. Its process is killed when it is no longer waited for.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).kill_on_drop(true);
        for (key, value) in &self.environment {
            command.env(key, value);
        }
        Ok(command)
    }

    /// Starts the part `name` to listen at `address`, waits until it can be called, and returns where it is.
    ///
    /// # Errors
    ///
    /// `unavailable` when it ends before that, `deadline exceeded` when it takes longer than 30 s.
    pub async fn start(&mut self, name: &'static str, address: &str) -> Result<String> {
        let mut command = self.command(&["part", name])?;
        command.env("MICRO_ADDRESS", address).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl-C reaches the whole group of processes at a terminal. These are to stop one after the other,
        // so that those who publish go before those who listen.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::internal(format!("{name} has no input or no output")));
        };
        let mut lines = BufReader::new(stdout).lines();
        let Ok(address) = timeout(START, ready(name, &mut lines)).await else {
            return Err(Error::deadline_exceeded(format!("{name} is not ready after {} s", START.as_secs())));
        };
        let address = address?;
        self.running.push(Running { name, child, stdin });
        self.shown.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
            }
            name
        });
        Ok(address)
    }

    /// Waits until a part ends that was not told to.
    ///
    /// # Errors
    ///
    /// Always: `unavailable` naming the part, `failed precondition` when there is none.
    pub async fn ended(&mut self) -> Result<()> {
        match self.shown.join_next().await {
            Some(Ok(name)) => Err(Error::unavailable(format!("{name} has ended by itself"))),
            Some(Err(panicked)) => Err(panicked).or_internal(),
            None => Err(Error::failed_precondition("no part was started")),
        }
    }

    /// Stops all of them, the last one first, and waits until they are gone.
    ///
    /// # Errors
    ///
    /// The first failure; the others are stopped nevertheless. `internal` for a process that ends badly,
    /// `deadline exceeded` for one that takes longer than 45 s, which is killed.
    pub async fn stop(mut self) -> Result<()> {
        let mut outcome = Ok(());
        while let Some(running) = self.running.pop() {
            outcome = outcome.and(running.stop().await);
        }
        // They end with the output of the processes.
        while self.shown.join_next().await.is_some() {}
        outcome
    }
}

impl Running {
    async fn stop(self) -> Result<()> {
        let Running { name, mut child, stdin } = self;
        drop(stdin);
        let Ok(status) = timeout(STOP, child.wait()).await else {
            child.kill().await?;
            return Err(Error::deadline_exceeded(format!("{name} did not stop within {} s", STOP.as_secs())));
        };
        match status?.success() {
            true => Ok(()),
            false => Err(Error::internal(format!("{name} has ended badly"))),
        }
    }
}

/// Shows what a part says until it says that it is ready, and returns its address.
async fn ready(name: &str, lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        if let Some((_, address)) = line.split_once(READY) {
            return Ok(address.to_owned());
        }
    }
    Err(Error::unavailable(format!("{name} has ended before it was ready")))
}
