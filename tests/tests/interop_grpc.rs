//! Foreign gRPC clients: Python's grpcio, with stubs that grpcio-tools made from the same `.proto`.

use std::path::Path;
use std::process::Command;

use micro_tests::{Process, address, example, isolated, python, stubs, workspace};

/// Runs `tests/interop/<script>` against `server`, with stubs of `proto` below `root`.
fn check(python: &Path, server: &mut Process, script: &str, root: &str, proto: &str) {
    let at = server.wait_for("the address of the server", address);
    let out = tempfile::tempdir().unwrap();
    stubs(python, &workspace().join(root), proto, out.path());
    let mut command = Command::new(python);
    command.arg(workspace().join("tests/interop").join(script)).arg(at).arg(out.path());
    let output = Process::spawn(&mut command).success();
    assert!(output.contains("all four kinds answered"), "{output}");
}

#[test]
fn python_calls_all_four_kinds_of_a_contract_first_service() {
    let Some(python) = python("Python grpcio against a contract-first service") else { return };
    let registry = tempfile::tempdir().unwrap();
    let mut command = isolated(example("hello"), registry.path());
    let mut server = Process::spawn(command.args(["serve", "127.0.0.1:0"]));
    check(&python, &mut server, "hello.py", "examples/hello/proto", "greeter/v1/greeter.proto");
}

#[test]
fn python_calls_all_four_kinds_of_a_code_first_service() {
    let Some(python) = python("Python grpcio against a code-first service") else { return };
    let registry = tempfile::tempdir().unwrap();
    let mut server = Process::spawn(&mut isolated(example("ledger"), registry.path()));
    check(&python, &mut server, "ledger.py", "examples/ledger/proto", "ledger.proto");
}
