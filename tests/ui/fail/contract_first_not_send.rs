use std::rc::Rc;

use micro::{Context, Result};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

#[derive(Default)]
pub struct Greeter;

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply> { //~ ERROR: future cannot be sent between threads safely
        let name = Rc::new(request.name);
        std::future::ready(()).await;
        Ok(HelloReply { message: name.to_string() })
    }
}

fn main() {}
