//! Generates messages, service trait and client of the catalog from its contract.

fn main() {
    micro_codegen::compile(["proto/catalog.proto"]).unwrap();
}
