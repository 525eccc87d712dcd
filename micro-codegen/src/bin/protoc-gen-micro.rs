//! The `protoc` plugin: `protoc --micro_out=src/proto -I proto proto/greeter.proto` writes `src/proto/mod.rs`, the
//! same text that `micro_codegen::compile` writes in `build.rs`. Under buf it needs `strategy: all`; see
//! [`micro_codegen::respond`].

use std::io::{self, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut request = Vec::new();
    let result = io::stdin()
        .read_to_end(&mut request)
        .map_err(|error| error.to_string())
        .and_then(|_| micro_codegen::respond(&request).map_err(|error| error.to_string()))
        .and_then(|response| io::stdout().write_all(&response).map_err(|error| error.to_string()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this fails.
            let _ = writeln!(io::stderr(), "protoc-gen-micro: {error}");
            ExitCode::FAILURE
        }
    }
}
