//! A client for where there is none yet: every call through it fails and says why.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::broker::{self, Broker, Envelope, Receipt, Subscribe, Subscription};
use crate::client::Client;
use crate::error::{Error, Outcome, Result};
use crate::registry::{Capability, Node, Query, Register, Registry, Watch};

/// The registry of such a client: it knows nobody.
struct Unopened(&'static str);

impl Unopened {
    fn error<T>(&self) -> Result<T> {
        Err(Error::failed_precondition(self.0).with_outcome(Outcome::NotSent))
    }
}

impl Broker for Unopened {
    fn name(&self) -> String {
        "none".to_owned()
    }

    fn capability(&self) -> broker::Capability {
        broker::Capability::default()
    }

    async fn publish(&self, _: &Arc<Envelope>) -> Result<Receipt> {
        self.error()
    }

    async fn subscribe(&self, _: &Subscribe) -> Result<Subscription> {
        self.error()
    }
}

impl Registry for Unopened {
    fn name(&self) -> String {
        "none".to_owned()
    }

    fn capability(&self) -> Capability {
        Capability::default()
    }

    async fn register(&self, _: &Node, _: &Register) -> Result<()> {
        self.error()
    }

    async fn deregister(&self, _: &str) -> Result<()> {
        self.error()
    }

    async fn lookup(&self, _: &Query) -> Result<Vec<Node>> {
        self.error()
    }

    async fn watch(&self, _: &Query) -> Result<Watch> {
        self.error()
    }
}

/// Makes a client whose calls fail with `why`, and whose events do too.
pub(crate) fn unopened(why: &'static str) -> Client {
    open(why, Unopened(why))
}

/// Makes a client whose calls fail with `why`, and whose events nobody hears.
pub(crate) fn unheard(why: &'static str) -> Client {
    open(why, broker::Memory::new())
}

fn open(why: &'static str, broker: impl Broker) -> Client {
    let second = Duration::from_secs(1);
    let opening = Client::builder()
        .registry(Unopened(why))
        .broker(broker)
        .timeout(second)
        .connect_timeout(second)
        .message_limit(4 << 20)
        .open();
    // With every setting given there is nothing to read and nothing to wait for.
    match pin!(opening).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(client)) => client,
        Poll::Ready(Err(error)) => panic!("a client with every setting given opens: {error}"),
        Poll::Pending => panic!("a client with every setting given opens at once"),
    }
}
