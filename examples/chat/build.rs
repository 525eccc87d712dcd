//! Generates messages, service trait and client from the contract.

fn main() {
    micro_codegen::compile(["proto/chat/v1/chat.proto"]).unwrap();
}
