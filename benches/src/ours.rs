//! `micro`: its server and client as anybody gets them, over a socket.

use micro::prelude::*;
use micro::{Client, Error, Service, Streaming};

use crate::proto::greeter::v1::*;

struct Greeter;

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, _ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(crate::greet(request))
    }

    async fn count(&self, _ctx: &Context, _request: CountRequest) -> Result<Streaming<Number>> {
        Err(Error::unimplemented("not measured"))
    }

    async fn sum(&self, _ctx: &Context, _numbers: Streaming<Number>) -> Result<Number> {
        Err(Error::unimplemented("not measured"))
    }

    async fn chat(&self, _ctx: &Context, _lines: Streaming<Line>) -> Result<Streaming<Line>> {
        Err(Error::unimplemented("not measured"))
    }
}

/// Starts a greeter on a free port of the loopback address, known to `registry` only.
///
/// # Errors
///
/// When it cannot start.
pub async fn serve(registry: &micro::registry::Handle) -> Result<Service> {
    Service::new("greeter").registry(registry.clone()).handle(Greeter).start().await
}

/// Makes a client that finds the greeter in `registry`.
///
/// # Errors
///
/// When the client cannot be made.
pub async fn client(registry: &micro::registry::Handle) -> Result<SayClient> {
    Ok(SayClient::new(&Client::builder().registry(registry.clone()).open().await?))
}
