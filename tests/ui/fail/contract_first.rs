use micro::{Context, Result};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

#[derive(Default)]
pub struct Greeter;

#[micro::service(name = "Talk")] //~ ERROR@`name`: the `name` of a generated trait stands in its .proto
impl Say for Greeter {
    #[micro::handler] //~ ERROR: every method of a generated trait is an endpoint: leave the attribute out
    async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }
}

pub struct Silent;

#[micro::service]
impl Say for Silent {
    async fn hello(&self, request: HelloRequest) -> Result<HelloReply> { //~ ERROR@`HelloRequest`: `hello` does not take `ctx: &Context`
        Ok(HelloReply { message: request.name })
    }
}

fn main() {}
