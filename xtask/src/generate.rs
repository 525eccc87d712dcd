//! `cargo xtask generate`: the committed code of the contracts in `proto/`, written anew.

use crate::steps::Steps;

/// Writes the code, by the test that holds it fresh. Nothing of the library is compiled for it: what is stale may not
/// compile.
///
/// # Errors
///
/// When a contract is wrong; the output says where.
pub(crate) fn run() -> Result<(), String> {
    let mut steps = Steps::default();
    steps.set("UPDATE_GENERATED", "1");
    steps.cargo("test --quiet --package micro-codegen --test contracts");
    steps.finish(false)
}
