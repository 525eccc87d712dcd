use micro::{Context, Result};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

#[derive(Default)]
pub struct Greeter;

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }

    #[micro::subscriber(topic = "greeter.said")] //~ ERROR: what a generated trait is subscribed to stands in its .proto, as `option (micro.topic)`: leave the attribute out, or put the method into a block of its own
    async fn on_said(&self, event: HelloRequest) -> Result<()> { //~ ERROR: `on_said` is not a member of trait `Say`
        Ok(())
    }
}

fn main() {}
