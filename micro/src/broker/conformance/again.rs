//! Redelivery: what comes again, how it says so, and what never comes again.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::broker::{Delivery, Subscribe};
use crate::error::{Code, Result};
use crate::metadata::Metadata;

use super::Fixture;
use super::content::same;
use super::listener::{
    Listener, Members, check, each_once, event, everybody, in_step, loose, numbers, polled, publish,
    publish_loose, queue, soon, text,
};

/// How long a verdict may take where a case waits for that to pass.
const SHORT: Duration = Duration::from_millis(300);

/// How long a verdict may take where it comes at once, on a busy machine too.
const AMPLE: Duration = Duration::from_secs(1);

/// Checks what a delivery says of its past.
fn told(delivery: &Delivery, attempt: u32) -> Result<()> {
    let (found, redelivered) = (delivery.attempt(), delivery.is_redelivered());
    check!(
        (found, redelivered) == (attempt, attempt > 1),
        "delivery {attempt} of {:?} says: attempt {found}, redelivered: {redelivered}",
        text(delivery)
    );
    Ok(())
}

/// A subscription to everything, and one as a member of a queue.
fn both(options: impl Fn(Subscribe) -> Subscribe) -> [Subscribe; 2] {
    [options(everybody()), options(queue("q"))]
}

pub(super) async fn an_event_asked_for_again_comes_again(fixture: Fixture) -> Result<()> {
    for options in both(|options| options) {
        let mut listener = Listener::new(&fixture.peer, &options).await?;
        publish(&fixture.broker, event("x")).await?;
        for attempt in 1..=4 {
            let delivery = listener.next_of("x").await?;
            told(&delivery, attempt)?;
            match attempt {
                4 => delivery.ack().await?,
                _ => delivery.retry(Duration::ZERO).await?,
            }
        }
        listener.expect_nothing(&fixture.broker).await?;
    }
    Ok(())
}

pub(super) async fn an_event_that_comes_again_is_the_same(fixture: Fixture) -> Result<()> {
    let mut metadata = Metadata::new();
    metadata.insert("tenant", "acme")?;
    let sent = event("x").source("greeter").kind("greeter.v1.Said").metadata(metadata);
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, sent.clone()).await?;
    listener.next_of("x").await?.retry(Duration::ZERO).await?;
    let delivery = listener.next_of("x").await?;
    told(&delivery, 2)?;
    same(&sent, delivery.envelope())?;
    delivery.ack().await
}

pub(super) async fn an_event_asked_for_later_comes_no_sooner(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("x")).await?;
    let delivery = listener.next_of("x").await?;
    let began = Instant::now();
    delivery.retry(SHORT).await?;
    let delivery = listener.next_of("x").await?;
    let waited = began.elapsed();
    check!(waited >= SHORT, "asked for after {SHORT:?}, it came after {waited:?}");
    told(&delivery, 2)?;
    delivery.ack().await
}

pub(super) async fn only_who_asks_gets_an_event_again(fixture: Fixture) -> Result<()> {
    let mut asks = Listener::new(&fixture.peer, &everybody()).await?;
    let mut beside = Listener::new(&fixture.peer, &everybody()).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q")).await?;
    publish(&fixture.broker, event("x")).await?;
    in_step(&mut [&mut beside, &mut queued], &["x"]).await?;
    asks.next_of("x").await?.retry(Duration::ZERO).await?;
    let delivery = asks.next_of("x").await?;
    told(&delivery, 2)?;
    delivery.ack().await?;
    publish(&fixture.broker, event("the last")).await?;
    for listener in [&mut asks, &mut beside, &mut queued] {
        let delivery = listener.next_of("the last").await?;
        told(&delivery, 1)?;
        delivery.ack().await?;
    }
    Ok(())
}

pub(super) async fn attempts_are_counted_for_each_queue(fixture: Fixture) -> Result<()> {
    let mut one = Listener::new(&fixture.peer, &queue("one")).await?;
    let mut two = Listener::new(&fixture.peer, &queue("two")).await?;
    publish(&fixture.broker, event("x")).await?;
    for attempt in 1..=3 {
        let delivery = one.next_of("x").await?;
        told(&delivery, attempt)?;
        delivery.retry(Duration::ZERO).await?;
    }
    let delivery = two.next_of("x").await?;
    told(&delivery, 1)?;
    delivery.ack().await?;
    let delivery = one.next_of("x").await?;
    told(&delivery, 4)?;
    delivery.ack().await?;
    two.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_dropped_delivery_comes_again(fixture: Fixture) -> Result<()> {
    for options in both(|options| options) {
        let mut listener = Listener::new(&fixture.peer, &options).await?;
        publish(&fixture.broker, event("x")).await?;
        drop(listener.next_of("x").await?);
        let delivery = listener.next_of("x").await?;
        told(&delivery, 2)?;
        delivery.ack().await?;
        listener.expect_nothing(&fixture.broker).await?;
    }
    Ok(())
}

pub(super) async fn an_event_without_verdict_comes_again(fixture: Fixture) -> Result<()> {
    for options in both(|options| options.ack_wait(SHORT)) {
        let mut listener = Listener::new(&fixture.peer, &options).await?;
        let began = Instant::now();
        publish(&fixture.broker, event("x")).await?;
        let held = listener.next_of("x").await?;
        let delivery = listener.next_of("x").await?;
        let waited = began.elapsed();
        check!(waited >= SHORT, "with {SHORT:?} for a verdict, it came again after {waited:?}");
        told(&delivery, 2)?;
        delivery.ack().await?;
        drop(held);
        listener.expect_nothing(&fixture.broker).await?;
    }
    Ok(())
}

pub(super) async fn what_is_handled_never_comes_again(fixture: Fixture) -> Result<()> {
    for options in both(|options| options.ack_wait(AMPLE)) {
        let mut listener = Listener::new(&fixture.peer, &options).await?;
        publish(&fixture.broker, loose("handled")).await?;
        listener.next_of("handled").await?.ack().await?;
        over(&fixture, &mut listener).await?;
    }
    Ok(())
}

pub(super) async fn what_is_rejected_never_comes_again(fixture: Fixture) -> Result<()> {
    for options in both(|options| options.ack_wait(AMPLE)) {
        let mut listener = Listener::new(&fixture.peer, &options).await?;
        publish(&fixture.broker, loose("rejected")).await?;
        listener.next_of("rejected").await?.reject("it says nothing\n\"new\"").await?;
        over(&fixture, &mut listener).await?;
    }
    Ok(())
}

/// Checks that nothing comes again. An event without verdict shows when the time for that is over.
async fn over(fixture: &Fixture, listener: &mut Listener) -> Result<()> {
    publish(&fixture.broker, loose("held")).await?;
    let held = listener.next_of("held").await?;
    listener.next_of("held").await?.ack().await?;
    drop(held);
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn what_a_dead_member_held_goes_to_another(fixture: Fixture) -> Result<()> {
    let mut dies = Listener::new(&fixture.peer, &queue("q")).await?;
    publish_loose(&fixture.broker, numbers(100)).await?;
    let mut held = vec![dies.next().await?];
    // A backend may hand out fewer at once; the others wait for whoever comes.
    while held.len() < 100 {
        match timeout(SHORT, dies.0.next()).await {
            Ok(delivery) => held.push(delivery?),
            Err(_) => break,
        }
    }
    let had: BTreeSet<String> = held.iter().map(text).collect();
    let mut lives = Listener::new(&fixture.peer, &queue("q")).await?;
    drop(dies);
    drop(held);
    let mut came = Vec::new();
    while came.len() < 100 {
        let delivery = lives.next().await.map_err(|error| {
            error.context(format_args!("{} held, {} came to another", had.len(), came.len()))
        })?;
        let text = text(&delivery);
        check!(delivery.is_redelivered() || !had.contains(&text), "{text} was held, and comes as new");
        check!(
            delivery.attempt() > 1 || !had.contains(&text),
            "{text} was held, and comes as the first attempt"
        );
        delivery.ack().await?;
        came.push(text);
    }
    each_once(&came, numbers(100))?;
    lives.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_member_that_stands_still_keeps_nothing_from_others(fixture: Fixture) -> Result<()> {
    let options = queue("q").ack_wait(AMPLE);
    let mut still = Listener::new(&fixture.peer, &options).await?;
    let reads = Listener::new(&fixture.peer, &options).await?;
    // Asks for an event and never again. One that is handed to it nevertheless comes again after its time.
    check!(polled(3, still.0.next()).await.is_none(), "something came before anything was published");
    let mut reads = Members::new([reads]);
    // Time enough for it to begin to wait.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    publish_loose(&fixture.broker, numbers(20)).await?;
    let handled: Vec<String> = reads.take_many(20).await?.into_iter().map(|(_, text)| text).collect();
    each_once(&handled, numbers(20))
}

pub(super) async fn an_event_that_always_fails_holds_up_nobody(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &queue("q")).await?;
    publish(&fixture.broker, loose("poison")).await?;
    publish_loose(&fixture.broker, numbers(50)).await?;
    let (mut handled, mut poisoned) = (Vec::new(), 0);
    while handled.len() < 50 || poisoned < 3 {
        let delivery = listener.next().await?;
        match text(&delivery) {
            poison if poison == "poison" => {
                poisoned += 1;
                told(&delivery, poisoned)?;
                delivery.retry(Duration::from_millis(20)).await?;
            }
            other => {
                delivery.ack().await?;
                handled.push(other);
            }
        }
    }
    each_once(&handled, numbers(50))
}

pub(super) async fn a_late_verdict_disturbs_nothing(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &queue("q").ack_wait(SHORT)).await?;
    publish(&fixture.broker, event("x")).await?;
    let held = listener.next_of("x").await?;
    let delivery = listener.next_of("x").await?;
    // The backend may say that it is too late. It may not fail otherwise.
    if let Err(error) = soon("a late verdict", held.ack()).await {
        check!(error.code() == Code::Unavailable, "a late verdict fails with {error}");
    }
    delivery.ack().await?;
    listener.expect_nothing(&fixture.broker).await
}
