//! The ledger and its caller as processes that know only each other's names.

use micro_tests::{Process, example, isolated};

#[test]
fn a_caller_that_knows_only_the_committed_contract_is_served() {
    let registry = tempfile::tempdir().unwrap();
    let ledger = Process::spawn(&mut isolated(env!("CARGO_BIN_EXE_ledger"), registry.path()));
    let output = Process::spawn(&mut isolated(example("ledger-caller"), registry.path())).success();
    assert!(output.contains("ann holds 700 cents in 2 entries"), "{output}");
    assert!(output.contains("failed precondition: \"ann\" holds 700 cents"), "{output}");
    ledger.terminate();
    ledger.success();
}
