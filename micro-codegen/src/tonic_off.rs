//! Stands for tonic's code where the feature `tonic` is off: asked for, it is refused, not left out silently.

use syn::ItemMod;

use crate::Result;
use crate::error::Error;
use crate::services::Services;

/// Refuses to print tonic's code.
pub(crate) fn generate(_: &Services<'_>) -> Result<Vec<ItemMod>> {
    let error = Error::new("tonic's code is asked for, and this micro-codegen is built without it");
    Err(error.help(
        "turn its feature `tonic` on: `micro-codegen = { version = \"…\", features = [\"tonic\"] }`, or \
         `cargo install micro-codegen --features tonic` for protoc-gen-micro",
    ))
}
