//! What `micro-codegen` makes of the contracts in `proto/`: committed, so that building needs no generator, and held
//! fresh by a test of `micro-codegen`. `cargo xtask generate` writes it anew.

#[rustfmt::skip]
mod tree;

pub(crate) use tree::micro::debug::v1 as debug;
