//! Services under test, in one process and without sockets.
//!
//! ```
//! use micro::prelude::*;
//!
//! #[micro::message]
//! struct Text {
//!     text: String,
//! }
//!
//! #[derive(Default)]
//! struct Echo;
//!
//! #[micro::service]
//! impl Echo {
//!     #[micro::handler]
//!     async fn say(&self, ctx: &Context, request: Text) -> Result<Text> {
//!         Ok(Text { text: format!("{} from {}", request.text, ctx.service()) })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // The handler alone:
//! let reply = Echo.say(&Context::test(), Text { text: "hi".into() }).await?;
//! assert_eq!(reply.text, "hi from test");
//!
//! // Through everything but the network:
//! let client = micro::testing::client(micro::Service::new("echo").handle(Echo)).await?;
//! let reply = EchoClient::new(&client).say(Text { text: "hi".into() }).await?;
//! assert_eq!(reply.text, "hi from echo");
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::broker;
use crate::client::{Client, ClientBuilder, Transport};
use crate::config::{Settings, Sources};
use crate::error::{Error, Outcome, Result};
use crate::layer::{BoxFuture, Request, Response};
use crate::registry::{Handle, Memory, Node};
use crate::server::Server;
use crate::service::{Reach, Service};

/// Starts a service in this process and makes a client that reaches it: messages are encoded, layers and
/// deadlines hold, nothing is sent. The service ends with the last clone of the client.
///
/// # Errors
///
/// As [`Service::start`].
pub async fn client(service: Service) -> Result<Client> {
    network([service]).await
}

/// Starts several services in this process, in the order given, and makes a client that reaches them all. They
/// reach each other too. They end with the last clone of the client.
///
/// # Errors
///
/// As [`Service::start`].
pub async fn network(services: impl IntoIterator<Item = Service>) -> Result<Client> {
    network_with(services, |client| client).await
}

/// As [`network`], with a say in how the client is built. A registry set there is of no use: the services are in
/// their own.
///
/// # Errors
///
/// As [`Service::start`] and [`ClientBuilder::open`].
pub async fn network_with(
    services: impl IntoIterator<Item = Service>,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client> {
    let registry = Handle::from(Memory::new());
    let broker = broker::Handle::from(broker::Memory::new());
    let hosts = Arc::new(Hosts::default());
    for service in services {
        let inside = Arc::new(Inside(Arc::downgrade(&hosts)));
        // Known before it is registered: hooks call too.
        hosts.services.lock().unwrap_or_else(PoisonError::into_inner).push(service.clone());
        service.start_in(Reach::Process(registry.clone(), inside, broker.clone())).await?;
    }
    // The environment of whoever runs the tests has no say.
    let defaults = Settings::load(&Sources::none())?;
    let builder = Client::builder()
        .timeout(defaults.timeout.value)
        .message_limit(defaults.message_limit.value)
        .connect_timeout(defaults.connect_timeout.value);
    configure(builder.broker(broker)).registry(registry).transport(Arc::new(Outside(hosts))).open().await
}

/// The services that run in process.
#[derive(Default)]
struct Hosts {
    services: Mutex<Vec<Service>>,
}

impl Hosts {
    fn server(&self, node: &Node) -> Result<Server> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let server = services.iter().find(|service| service.id() == node.id).and_then(Service::server);
        server.ok_or_else(|| {
            Error::unavailable(format!("{} does not run any more", node.service))
                .with_outcome(Outcome::NotSent)
        })
    }
}

/// How a client outside reaches the services. It keeps them running.
struct Outside(Arc<Hosts>);

impl Transport for Outside {
    fn call<'a>(&'a self, node: &'a Arc<Node>, request: Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async move { self.0.server(node)?.call(request).await })
    }
}

/// How the services reach each other. It does not keep them running, they would never end.
struct Inside(Weak<Hosts>);

impl Transport for Inside {
    fn call<'a>(&'a self, node: &'a Arc<Node>, request: Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async move {
            let gone =
                || Error::unavailable("the services under test have ended").with_outcome(Outcome::NotSent);
            let server = self.0.upgrade().ok_or_else(gone)?.server(node)?;
            server.call(request).await
        })
    }
}
