//! The two stacks under comparison, with the same messages and the same handler.

pub mod ours;
pub mod peer;

/// Generated from the contract of the example `hello`.
pub mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest};

/// What both handlers do.
pub fn greet(request: HelloRequest) -> HelloReply {
    HelloReply { message: format!("Hello {}", request.name), process: 1 }
}
