//! The example as a user runs it: real processes, real output.

use std::process::Command;

use micro_tests::{Process, isolated, tool};

const HELLO: &str = env!("CARGO_BIN_EXE_hello");

/// The numbers after "process" in the lines of `who`.
fn processes(output: &str, who: &str) -> Vec<u32> {
    let lines = output.lines().filter(|line| line.starts_with(who));
    let numbers = lines.map(|line| line.split_whitespace().nth(2).unwrap().parse().unwrap());
    numbers.collect()
}

#[test]
fn the_demonstration_shows_three_processes_and_ends_well() {
    let registry = tempfile::tempdir().unwrap();
    let output = Process::spawn(&mut isolated(HELLO, registry.path())).success();
    let (greeter, caller) = (processes(&output, "greeter "), processes(&output, "caller "));
    assert_ne!(greeter[0], caller[0], "{output}");
    assert!(output.contains(&format!("\"Hello Ann\" from process {}", greeter[0])), "{output}");
    assert!(output.contains("the stream 1, 2, 3"), "{output}");
    let listener = processes(&output, "listener ");
    assert!(listener[0] != greeter[0] && listener[0] != caller[0], "{output}");
    assert!(output.contains(&format!("process {} heard that Ann was greeted", listener[0])), "{output}");
    assert!(output.contains(&format!("process {} stopped", greeter[0])), "{output}");
}

#[test]
fn two_terminals_find_each_other_by_name() {
    let registry = tempfile::tempdir().unwrap();
    let greeter = Process::spawn(isolated(HELLO, registry.path()).arg("greeter"));
    let output = Process::spawn(isolated(HELLO, registry.path()).args(["caller", "Bob"])).success();
    assert!(output.contains(&format!("\"Hello Bob\" from process {}", greeter.id())), "{output}");
    greeter.terminate();
    greeter.success();
}

#[test]
fn serve_prints_a_curl_command_that_works_and_stops_on_ctrl_c() {
    let registry = tempfile::tempdir().unwrap();
    let mut greeter = Process::spawn(isolated(HELLO, registry.path()).args(["serve", "127.0.0.1:0"]));
    let curl = greeter.wait_for_line("  curl ");
    if tool("curl", "the curl command that hello prints").is_some() {
        let output = Command::new("sh").args(["-c", &curl.replacen("curl", "curl -sS", 1)]).output().unwrap();
        let reply = String::from_utf8_lossy(&output.stdout);
        assert!(
            reply.contains("Hello Ann") && reply.contains(&greeter.id().to_string()),
            "{curl}\n{output:?}"
        );
    }
    greeter.signal("INT");
    greeter.success();
}
