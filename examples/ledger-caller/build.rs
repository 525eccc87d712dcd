//! Generates the client from the contract that the ledger's authors committed.

fn main() {
    micro_codegen::compile(["../ledger/proto/ledger.proto"]).unwrap();
}
