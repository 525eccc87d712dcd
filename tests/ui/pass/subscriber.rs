use std::sync::Arc;

use micro::broker::Delivery;
use micro::{Context, Result, Service};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

#[micro::message]
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub name: String,
}

/// An alias does not change what is taken, or returned.
type Manual = Delivery<Said>;
type Handled = Result<()>;

pub struct NoLuck;

impl From<NoLuck> for micro::Error {
    fn from(_: NoLuck) -> Self {
        micro::Error::aborted("no luck")
    }
}

mod topics {
    pub const SAID: &str = "greeter.said";
}

#[derive(Default)]
pub struct Ledger;

#[micro::service(package = "ledger.v1")]
impl Ledger {
    const QUEUE: &'static str = "ledger";

    #[micro::handler(readonly)]
    async fn total(&self, request: Said) -> Result<Said> {
        Ok(request)
    }

    /// Keeps what was said.
    #[micro::subscriber(topic = "greeter.said", queue = "ledger", attempts = 5, concurrency = 16)]
    async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> {
        ctx.info().check()?;
        drop(event);
        Ok(())
    }

    #[micro::subscriber(topic = topics::SAID, queue = Self::QUEUE, name = "Keep")]
    async fn keep(self: Arc<Self>, Said { name }: Said) -> std::result::Result<(), NoLuck> {
        std::future::ready(()).await;
        if name.is_empty() { Err(NoLuck) } else { Ok(()) }
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn by_hand(&self, event: Manual) -> Handled {
        event.ack().await
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn own(&self, _: &Context, event: Delivery<<Self as Kept>::Event>) -> Result<()> {
        event.reject("not wanted").await
    }

    #[cfg(any())]
    #[micro::subscriber(topic = "greeter.said")]
    async fn never(&self, event: NoSuchType) -> Result<()> {
        Ok(())
    }
}

pub trait Kept {
    type Event;
}

impl Kept for Ledger {
    type Event = Said;
}

/// Subscribers in a block of their own, beside that of the contract.
#[micro::service(package = "ledger.v1")]
impl Ledger {
    #[micro::subscriber(topic = "greeter.heard")]
    async fn on_heard(&self, event: Said) -> Result<()> {
        drop(event);
        Ok(())
    }
}

#[derive(Default)]
pub struct Greeter;

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }
}

#[micro::service]
impl Greeter {
    #[micro::subscriber(topic = "greeter.said")]
    async fn on_said(&self, _: HelloRequest) -> Result<()> {
        Ok(())
    }
}

pub trait Store: Send + Sync + 'static {
    type Event: micro::Message;
    const TOPIC: &'static str;
}

pub struct Memory;

impl Store for Memory {
    type Event = Said;
    const TOPIC: &'static str = "memory.said";
}

pub struct Shelf<S>(S);

#[micro::service]
impl<S: Store> Shelf<S> {
    #[micro::subscriber(topic = S::TOPIC)]
    async fn on_said(&self, event: S::Event) -> Result<()> {
        let _ = (&self.0, event);
        Ok(())
    }
}

#[micro::subscriber(topic = "greeter.said")]
async fn print(event: Said) -> Result<()> {
    drop(event);
    Ok(())
}

/// Names that generated code uses too.
#[micro::subscriber(topic = topics::SAID, queue = "printers", attempts = 1, crate = ::micro)]
pub async fn event(ctx: &Context, request: Delivery<Said>) -> Result<()> {
    request.reject(ctx.service()).await
}

#[micro::subscriber(topic = "greeter.said", name = "Print")]
async fn message(_: Said) -> std::result::Result<(), NoLuck> {
    Ok(())
}

#[micro::subscriber(topic = "greeter.said")]
async fn call(message: Said) -> Result<()> {
    drop(message);
    Ok(())
}

#[micro::subscriber(topic = "greeter.said")]
async fn error(ctx: &Context, call: Said) -> Result<()> {
    _ = (ctx, call);
    Ok(())
}

struct Answers;

#[micro::service]
impl Answers {
    #[micro::handler]
    async fn answer(&self, message: Said) -> Result<Said> {
        Ok(message)
    }

    #[micro::handler]
    async fn receive(self: Arc<Self>, call: Said) -> Result<Said> {
        Ok(call)
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn event(&self, error: Said) -> Result<()> {
        drop(error);
        Ok(())
    }
}

fn main() {
    #[micro::subscriber(topic = "greeter.said")]
    async fn r#loop(event: Said) -> Result<()> {
        drop(event);
        Ok(())
    }

    const METHODS: usize = <LedgerClient as micro::client::TypedClient>::METHODS.len();
    const { assert!(METHODS == 1) };
    let _ = Service::new("shop").mount(Shelf(Memory));
}
