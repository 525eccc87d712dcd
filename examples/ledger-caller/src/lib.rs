//! The ledger's contract as Rust: generated from its committed `.proto`, without a line of the ledger's code.

micro::include_proto!();
