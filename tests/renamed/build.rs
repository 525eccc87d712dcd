//! Generates code that reaches micro under the name this package gave it.

fn main() {
    micro_codegen::builder().file("proto/renamed/v1/say.proto").micro_path("::m").compile().unwrap();
}
