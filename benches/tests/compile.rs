//! What a method costs in a debug build, beside tonic: of what `--bin compile` prints, the part that does not depend on
//! how fast the machine is.

use std::process::Command;

/// Reads how much machine code a method has in comparison with tonic's, where a line says it.
fn ratio(line: &str) -> Option<f64> {
    let (_, ratios) = line.split_once(" to tonic: ")?;
    let (_, text) = ratios.rsplit_once("text ")?;
    text.parse().ok()
}

#[test]
fn a_method_has_a_third_of_tonics_machine_code_and_its_generated_files_stay_when_a_handler_changes() {
    // The program itself fails when the files are written anew.
    let output = Command::new(env!("CARGO_BIN_EXE_compile")).arg("--quick").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let ratios: Vec<f64> = text.lines().filter_map(ratio).collect();
    assert_eq!(ratios.len(), 2, "contract first and code first are compared: {text}");
    assert!(ratios.iter().all(|ratio| *ratio > 0.0 && *ratio <= 1.0 / 3.0), "{text}");
}
