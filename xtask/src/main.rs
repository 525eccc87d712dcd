//! The project's chores. `cargo xtask test` is what CI runs; see [`USAGE`].

mod generate;
mod python;
mod steps;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test [--require all] [--quick]
       cargo xtask generate

  test            formatting, clippy, unit, UI, golden, doc, end-to-end, architecture and foreign-client tests
  --require all   what this environment cannot run is a failure, not a note
  --quick         formatting, clippy and the tests with default features only
  generate        writes the code committed for the contracts in proto/ anew
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["test", options @ ..] => test::Options::parse(options).and_then(test::run),
        ["generate"] => generate::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        [unknown, ..] => Err(format!("unknown command {unknown:?}\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
