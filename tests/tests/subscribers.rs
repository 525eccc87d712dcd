//! Subscribers of services, from who publishes to what is reported: arrival, failure, start and end.

#[path = "subscribers/arrival.rs"]
mod arrival;
#[path = "subscribers/failure.rs"]
mod failure;
#[path = "subscribers/life.rs"]
mod life;
#[path = "subscribers/seen.rs"]
mod seen;

use std::time::Duration;

use micro::broker::Envelope;
use micro::prelude::*;
use micro::{Client, Metadata, TraceContext};
use tokio::sync::mpsc;

/// How long to wait for what has to come.
const BOUND: Duration = Duration::from_secs(20);

/// What the ears hear.
const TOPIC: &str = "tests.said";

/// What is published; some texts are orders, see [`obey`].
#[micro::message(package = "tests")]
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    text: String,
}

fn said(text: impl Into<String>) -> Said {
    Said { text: text.into() }
}

/// What a subscriber was called with.
#[derive(Debug)]
struct Call {
    service: String,
    text: String,
    attempt: u32,
    redelivered: bool,
    envelope: Envelope,
    metadata: Metadata,
    trace: Option<TraceContext>,
}

impl Call {
    fn new(ctx: &Context, said: &Said) -> Result<Call> {
        let event = ctx.event().ok_or_else(|| Error::internal("a subscriber is called without an event"))?;
        Ok(Call {
            service: ctx.service().to_owned(),
            text: said.text.clone(),
            attempt: event.attempt(),
            redelivered: event.is_redelivered(),
            envelope: event.envelope().clone(),
            metadata: ctx.metadata().clone(),
            trace: ctx.trace().cloned(),
        })
    }
}

type Heard = mpsc::UnboundedSender<Call>;
type Hearing = mpsc::UnboundedReceiver<Call>;

/// A member of a queue that tells what it hears.
struct Ear {
    heard: Heard,
}

#[micro::service(package = "tests")]
impl Ear {
    /// Hears what was said.
    #[micro::subscriber(topic = "tests.said", queue = "ears", attempts = 3)]
    async fn hear(&self, ctx: &Context, said: Said) -> Result<()> {
        tell(&self.heard, Call::new(ctx, &said)?)?;
        obey(ctx, &said.text).await
    }
}

fn tell(heard: &Heard, call: Call) -> Result<()> {
    heard.send(call).map_err(|_| Error::internal("nobody listens any more"))
}

/// Does what some texts ask for: `fail`; `fail once`, `panic once` and `hang once` at the first attempt.
async fn obey(ctx: &Context, text: &str) -> Result<()> {
    let first = ctx.event().is_some_and(|event| event.attempt() == 1);
    match text {
        "fail" => Err(Error::aborted("asked to fail")),
        "fail once" if first => Err(Error::aborted("asked to fail")),
        "panic once" if first => panic!("the event asked for a panic"),
        "hang once" if first => std::future::pending().await,
        _ => Ok(()),
    }
}

/// A service with an ear, and what it hears.
fn ear(name: &str) -> (Service, Hearing) {
    let (heard, hearing) = mpsc::unbounded_channel();
    (Service::new(name).handle(Ear { heard }), hearing)
}

/// Starts a service in this process and watches what is logged.
async fn start(service: Service) -> Result<Client> {
    seen::seen();
    micro::testing::client(service).await
}

/// Waits for the next call.
async fn next(hearing: &mut Hearing) -> Call {
    tokio::time::timeout(BOUND, hearing.recv()).await.expect("nothing was heard").expect("an ear")
}

/// Checks that nothing else is heard: the next call is that of an event published now.
async fn hears_nothing_else(client: &Client, hearing: &mut Hearing) -> Result<()> {
    client.publish(TOPIC, &said("the last")).await?;
    let call = next(hearing).await;
    assert_eq!(call.text, "the last", "{call:?}");
    Ok(())
}
