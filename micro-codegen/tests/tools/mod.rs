//! Programs that tests run and a machine may lack.

use std::env;
use std::path::PathBuf;

/// Finds `protoc`, or says that `what` does not run.
#[allow(clippy::print_stderr, reason = "what is not run has to be seen")]
pub(crate) fn protoc(what: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join("protoc")).find(|file| file.is_file());
    if found.is_none() {
        assert!(
            env::var("MICRO_TEST_REQUIRE").as_deref() != Ok("all"),
            "protoc is missing and everything is required"
        );
        eprintln!("not run: {what}: protoc is missing");
    }
    found
}
