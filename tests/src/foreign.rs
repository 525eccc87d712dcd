//! Foreign gRPC clients against the examples, all of them processes.

use std::process::{Command, Stdio};

use crate::{Process, address, example, isolated};

/// What every client checks, in this order. It prints a line `ok: <check>` for each.
const CHECKS: [&str; 11] = [
    "unary call",
    "client stream",
    "server stream",
    "stream in both directions",
    "metadata in both directions",
    "error with code and message",
    "error of a stream",
    "large messages",
    "cancellation",
    "deadline",
    "call after all that",
];

/// Runs `client` with the address of the example `hello`, a contract-first service.
///
/// # Panics
///
/// When a check fails or is left out, or the client has not ended after a minute.
pub fn check_hello(client: Command) {
    check(client, "hello", &["serve", "127.0.0.1:0"]);
}

/// Runs `client` with the address of the example `ledger`, a code-first service.
///
/// # Panics
///
/// As [`check_hello`].
pub fn check_ledger(client: Command) {
    // Single calls are logged, which is how the client learns that its trace has arrived.
    check(client, "ledger", &["--log", "info,micro::server=debug"]);
}

fn check(mut client: Command, program: &str, arguments: &[&str]) {
    let registry = tempfile::tempdir().unwrap_or_else(|error| panic!("cannot make a directory: {error}"));
    let mut server = Process::spawn(isolated(example(program), registry.path()).args(arguments));
    let at = server.wait_for("the address of the server", address);
    let output = Process::spawn(client.arg(at)).success();
    let checked: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("ok: ")).collect();
    assert_eq!(checked, CHECKS, "{output}");
}

/// Runs a command that this environment may not be able to run.
///
/// # Errors
///
/// The command, and what it said.
pub(crate) fn attempt(command: &mut Command) -> Result<(), String> {
    let ran = command.stdin(Stdio::null()).output();
    let output = ran.map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{command:?}: {}\n{said}{failed}", output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(lines: &[&str]) -> Command {
        let script: String = lines.iter().map(|line| format!("echo 'ok: {line}'\n")).collect();
        let mut client = Command::new("sh");
        client.args(["-c", &script]);
        client
    }

    #[test]
    fn a_client_that_checks_everything_passes() {
        check_ledger(says(&CHECKS));
    }

    #[test]
    #[should_panic(expected = "call after all that")]
    fn a_client_that_leaves_a_check_out_does_not() {
        check_ledger(says(&CHECKS[..CHECKS.len() - 1]));
    }

    #[test]
    fn what_a_failed_command_said_is_told() {
        let failed = attempt(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap_err();
        assert!(failed.contains("exit status: 3\none\ntwo"), "{failed}");
        assert!(
            attempt(&mut Command::new("/there/is/no/such/program")).unwrap_err().contains("cannot start")
        );
    }
}
