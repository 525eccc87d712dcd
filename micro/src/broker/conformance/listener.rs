//! What the cases publish, subscribe and wait with.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::broker::{Delivery, Envelope, Handle, Receipt, Subscribe, Subscription};
use crate::error::{Error, Result};

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The topic of the cases that need no other.
pub(super) const TOPIC: &str = "conformance.events";

/// Fails the case with a message unless the condition holds.
macro_rules! check {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::Error::internal(format!($($message)+)));
        }
    };
}
pub(super) use check;

/// Makes an event. All of these have one key, so that they are delivered in turn.
pub(super) fn event(text: impl Into<Bytes>) -> Envelope {
    Envelope::new(TOPIC, text).key("k")
}

/// Makes an event without a key, which may pass others.
pub(super) fn loose(text: impl Into<Bytes>) -> Envelope {
    Envelope::new(TOPIC, text)
}

/// Subscribes every one that asks, with room for whatever a case publishes.
pub(super) fn everybody() -> Subscribe {
    Subscribe::new(TOPIC).capacity(10_000)
}

/// Subscribes a member of a queue.
pub(super) fn queue(name: &str) -> Subscribe {
    everybody().queue(name)
}

/// Waits for what must not take long.
pub(super) async fn soon<T>(what: &str, waited: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = tokio::time::timeout(PATIENCE, waited).await;
    outcome.unwrap_or_else(|_| Err(Error::deadline_exceeded(format!("waited in vain for {what}"))))
}

/// Publishes an event.
pub(super) async fn publish(broker: &Handle, envelope: Envelope) -> Result<Receipt> {
    soon("an event to be published", broker.publish(envelope)).await
}

/// Publishes events of one key in turn.
pub(super) async fn publish_all(broker: &Handle, texts: impl IntoIterator<Item = String>) -> Result<()> {
    for text in texts {
        publish(broker, event(text)).await?;
    }
    Ok(())
}

/// Publishes events without a key in turn.
pub(super) async fn publish_loose(broker: &Handle, texts: impl IntoIterator<Item = String>) -> Result<()> {
    for text in texts {
        publish(broker, loose(text)).await?;
    }
    Ok(())
}

/// Counts in text.
pub(super) fn numbers(count: usize) -> impl Iterator<Item = String> + Clone {
    (0..count).map(|number| number.to_string())
}

/// Checks that every text came, and came once.
pub(super) fn each_once(came: &[String], expected: impl Iterator<Item = String>) -> Result<()> {
    let (found, expected): (BTreeSet<&str>, Vec<String>) =
        (came.iter().map(String::as_str).collect(), expected.collect());
    let lost: Vec<&String> = expected.iter().filter(|text| !found.contains(text.as_str())).take(5).collect();
    check!(lost.is_empty(), "{} of {} came; lost among others: {lost:?}", found.len(), expected.len());
    check!(came.len() == expected.len(), "{} came in place of {}: some twice", came.len(), expected.len());
    Ok(())
}

/// Polls a future so many times, letting others run in between, and gives it up then.
pub(super) async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..times {
        let step = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = step {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Returns the message of a delivery as a text.
pub(super) fn text(delivery: &Delivery) -> String {
    String::from_utf8_lossy(delivery.data()).into_owned()
}

/// A subscription that is read with patience.
pub(super) struct Listener(pub(super) Subscription);

impl Listener {
    /// Subscribes.
    pub(super) async fn new(broker: &Handle, options: &Subscribe) -> Result<Listener> {
        soon("a subscription", broker.subscribe(options)).await.map(Listener)
    }

    /// Waits for the next delivery.
    pub(super) async fn next(&mut self) -> Result<Delivery> {
        soon("an event", self.0.next()).await
    }

    /// Waits for the delivery of an event with this text; another one is a mistake.
    pub(super) async fn next_of(&mut self, expected: &str) -> Result<Delivery> {
        let delivery = self.next().await?;
        let found = text(&delivery);
        check!(found == expected, "expected {expected:?}, found {:?}", found.get(..60).unwrap_or(&found));
        Ok(delivery)
    }

    /// Handles the next event and returns its text.
    pub(super) async fn take(&mut self) -> Result<String> {
        let delivery = self.next().await?;
        let text = text(&delivery);
        soon("a verdict to be taken", delivery.ack()).await?;
        Ok(text)
    }

    /// Handles so many events.
    pub(super) async fn take_many(&mut self, count: usize) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let taken = self.take().await;
            let text = taken.map_err(|error| error.context(format_args!("after {}", texts.len())))?;
            texts.push(text);
        }
        Ok(texts)
    }

    /// Handles what comes before an event, and that event.
    pub(super) async fn take_until(&mut self, last: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        loop {
            let taken = self.take().await;
            let text = taken.map_err(|error| error.context(format_args!("after {texts:?}")))?;
            if text == last {
                return Ok(texts);
            }
            texts.push(text);
        }
    }

    /// Handles events and checks that they are these, in this order.
    pub(super) async fn expect(&mut self, texts: &[&str]) -> Result<()> {
        let found = self.take_many(texts.len()).await?;
        check!(found == texts, "expected {texts:?}, found {found:?}");
        Ok(())
    }

    /// Checks that nothing waits: the next event is one that is published now.
    pub(super) async fn expect_nothing(&mut self, broker: &Handle) -> Result<()> {
        publish(broker, event("the last")).await?;
        let found = self.take_until("the last").await?;
        check!(found.is_empty(), "nothing was to come, but {found:?} came");
        Ok(())
    }
}

/// Has listeners handle events in step: the first one everywhere, then the second one. A backend may hold an event of
/// a key back until the one before it is handled.
pub(super) async fn in_step(listeners: &mut [&mut Listener], texts: &[&str]) -> Result<()> {
    for text in texts {
        for listener in &mut *listeners {
            listener.expect(&[*text]).await?;
        }
    }
    Ok(())
}

/// Subscriptions that are all read at once.
pub(super) struct Members {
    count: usize,
    // Ended with the case.
    _tasks: JoinSet<()>,
    said: mpsc::UnboundedReceiver<Result<(usize, String)>>,
}

impl Members {
    /// Begins to read.
    pub(super) fn new(listeners: impl IntoIterator<Item = Listener>) -> Members {
        let (sender, said) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for (index, listener) in listeners.into_iter().enumerate() {
            tasks.spawn(read(index, listener, sender.clone()));
        }
        Members { count: tasks.len(), _tasks: tasks, said }
    }

    /// Waits until a member has handled an event. Returns which member and which event.
    pub(super) async fn next(&mut self) -> Result<(usize, String)> {
        let ended = || Err(Error::internal("every member has ended"));
        soon("an event to be handled", async { self.said.recv().await.unwrap_or_else(ended) }).await
    }

    /// Waits until so many events were handled. Returns which member handled which.
    pub(super) async fn take_many(&mut self, count: usize) -> Result<Vec<(usize, String)>> {
        let mut handled = Vec::new();
        while handled.len() < count {
            let next = self.next().await;
            let next =
                next.map_err(|error| error.context(format_args!("after {} of {count}", handled.len())))?;
            handled.push(next);
        }
        Ok(handled)
    }

    /// Waits until every member has handled an event. Returns what each of them has handled before it.
    pub(super) async fn take_until(&mut self, last: &str) -> Result<Vec<Vec<String>>> {
        let mut handled = vec![Vec::new(); self.count];
        let mut left = self.count;
        while left > 0 {
            let (member, text) = self.next().await?;
            match text == last {
                true => left -= 1,
                false => handled[member].push(text),
            }
        }
        Ok(handled)
    }
}

async fn read(index: usize, mut listener: Listener, said: mpsc::UnboundedSender<Result<(usize, String)>>) {
    loop {
        let handled = async {
            let delivery = listener.0.next().await?;
            let text = text(&delivery);
            delivery.ack().await?;
            Ok((index, text))
        };
        let handled: Result<(usize, String)> = handled.await;
        let over = handled.is_err();
        if said.send(handled).is_err() || over {
            return;
        }
        // One that is always ready must not keep the others from their share.
        tokio::task::yield_now().await;
    }
}
