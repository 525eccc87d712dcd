//! What a package of the ledger holds: its contract and what was promised of it, so that its tests pass wherever it is
//! unpacked, and no build script that could write them.

use std::process::Command;

use micro_tests::{Process, workspace};

#[test]
fn the_contract_is_part_of_the_package() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["package", "--list", "--allow-dirty", "--offline", "--package", "ledger"]);
    let listed = Process::spawn(command.current_dir(workspace())).success();
    let files: Vec<String> = listed.lines().map(|file| file.replace('\\', "/")).collect();
    for file in ["proto/contract.lock", "proto/ledger.proto", "src/contract.rs"] {
        assert!(files.iter().any(|listed| listed == file), "{file} is not in: {listed}");
    }
    assert!(!files.iter().any(|listed| listed == "build.rs"), "{listed}");
}
