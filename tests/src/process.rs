//! Real processes under test: their output is waited for, and none outlives its test.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long any condition may take. Generous: tests run beside a compiler on two cores.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes a command that sees no `MICRO_*` of this process and whose registry lies in `directory`, and nowhere else:
/// multicast would reach the processes of other tests.
pub fn isolated(program: impl AsRef<Path>, directory: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("MICRO_")) {
        command.env_remove(key);
    }
    command.env("MICRO_REGISTRY", "local:");
    command.env("XDG_RUNTIME_DIR", directory).env("TMPDIR", directory);
    command
}

/// Finds the first loopback address with a port in a line of output: `127.0.0.1:4000`.
pub fn address(line: &str) -> Option<String> {
    line.match_indices("127.0.0.1:").find_map(|(at, host)| {
        let port: String = line[at + host.len()..].chars().take_while(char::is_ascii_digit).collect();
        port.parse::<u16>().ok().filter(|port| *port != 0).map(|port| format!("{host}{port}"))
    })
}

/// A running program whose output is read line by line. Dropping it kills the program.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Starts `command` with its input, output and error stream in our hands.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> Process {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {command:?}: {error}"),
        };
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            forward(stdout, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            forward(stderr, sender);
        }
        let stdin = child.stdin.take();
        Process { child, stdin, lines, seen: Vec::new() }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the first further line, of output or error, in which `find` finds something.
    ///
    /// # Panics
    ///
    /// When the program ends or a minute passes first; the message shows all output.
    pub fn wait_for<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = find(&line);
                    self.seen.push(line);
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(why) => panic!("waiting for {what}: {}\n{}", reason(why), self.output()),
            }
        }
    }

    /// Waits for a line that contains `text` and returns it.
    ///
    /// # Panics
    ///
    /// As [`wait_for`](Process::wait_for).
    pub fn wait_for_line(&mut self, text: &str) -> String {
        self.wait_for(text, |line| line.contains(text).then(|| line.to_owned()))
    }

    /// Returns all output waited for so far.
    pub fn output(&self) -> String {
        self.seen.join("\n")
    }

    /// Asks the program to end (SIGTERM).
    ///
    /// # Panics
    ///
    /// When the signal cannot be sent.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends the signal `name`, such as `INT`.
    ///
    /// # Panics
    ///
    /// When the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "cannot send SIG{name} to {}", self.id());
    }

    /// Writes a line to the program's input.
    ///
    /// # Panics
    ///
    /// When the program does not take it.
    pub fn say(&mut self, line: &str) {
        let said = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        assert!(matches!(said, Some(Ok(()))), "cannot say {line:?}: {said:?}\n{}", self.output());
    }

    /// Closes the program's input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits until the program has ended; returns its status and all its output.
    ///
    /// # Panics
    ///
    /// When it still runs after a minute.
    pub fn wait(mut self) -> (ExitStatus, String) {
        self.close_input();
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                // Both pipes are closed: the program ends, or has ended.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(why) => panic!("waiting for the end: {}\n{}", reason(why), self.output()),
            }
        }
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return (status, self.output()),
                Ok(None) if Instant::now() < deadline => std::thread::yield_now(),
                Ok(None) => {
                    panic!("waiting for the end: it closed its output and still runs\n{}", self.output())
                }
                Err(error) => panic!("waiting for the end: {error}\n{}", self.output()),
            }
        }
    }

    /// Waits until the program has ended well; returns all its output.
    ///
    /// # Panics
    ///
    /// When it fails, or still runs after a minute.
    pub fn success(self) -> String {
        let (status, output) = self.wait();
        assert!(status.success(), "{status}\n{output}");
        output
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reason(why: RecvTimeoutError) -> &'static str {
    match why {
        RecvTimeoutError::Timeout => "it did not come within a minute; the output so far:",
        RecvTimeoutError::Disconnected => "the program ended before that; its output:",
    }
}

/// Sends every line of `pipe` on. The thread ends with the pipe, and the pipe with the process.
fn forward(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_streams_are_seen_and_the_status_is_told() {
        let mut process = Process::spawn(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]));
        process.wait_for_line("two");
        let (status, output) = process.wait();
        assert_eq!(status.code(), Some(3));
        assert!(output.contains("one") && output.contains("two"), "{output}");
    }

    #[test]
    fn an_address_is_found_in_whatever_stands_around_it() {
        assert_eq!(address(r#"{"addresses":"[127.0.0.1:4000]"}"#).as_deref(), Some("127.0.0.1:4000"));
        assert_eq!(address("bound 127.0.0.1:0 as http://127.0.0.1:99/"), Some("127.0.0.1:99".to_owned()));
        assert_eq!(address("0.0.0.0:80"), None);
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let process = Process::spawn(Command::new("sleep").arg("600"));
        let id = process.id().to_string();
        drop(process);
        let alive = Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status();
        assert!(!alive.unwrap().success());
    }

    #[test]
    #[should_panic(expected = "waiting for never: the program ended")]
    fn a_program_that_ends_too_early_is_told_apart_from_a_slow_one() {
        Process::spawn(&mut Command::new("true")).wait_for_line("never");
    }
}
