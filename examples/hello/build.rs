//! Generates messages, service trait and client from the contract.

fn main() {
    micro_codegen::compile(["proto/greeter/v1/greeter.proto"]).unwrap();
}
