//! Generates the messages that both stacks exchange.

fn main() {
    micro_codegen::compile(["../examples/hello/proto/greeter/v1/greeter.proto"]).unwrap();
}
