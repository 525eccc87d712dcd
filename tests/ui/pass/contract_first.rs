use micro::{Context, Result, Service};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

pub struct Greeter {
    greeting: String,
}

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: format!("{} {}", self.greeting, request.name) })
    }
}

#[micro::service]
impl Greeter {
    #[micro::init]
    async fn open(service: &Service) -> Result<Self> {
        Ok(Greeter { greeting: service.name().to_owned() })
    }
}

#[micro::main]
async fn main(service: Service) -> Result<()> {
    service.run().await
}
