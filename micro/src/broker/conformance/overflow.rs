//! What happens to whom when more events wait than may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::broker::{Ack, Handle, Overflow, Subscribe};
use crate::error::{Error, Result};

use super::Fixture;
use super::listener::{
    Listener, Members, TOPIC, check, each_once, event, everybody, numbers, polled, publish, publish_all, soon,
};

/// Publishes ten events to subscriptions with room for three, and checks which of them come.
async fn three_of_ten(fixture: &Fixture, overflow: Overflow, expected: [&str; 3]) -> Result<()> {
    for ack in [Ack::Manual, Ack::Auto] {
        let alone = Subscribe::new(TOPIC).capacity(3).ack(ack).overflow(overflow);
        for options in [alone.clone(), alone.queue(format!("{ack:?}"))] {
            let mut listener = Listener::new(&fixture.peer, &options).await?;
            publish_all(&fixture.broker, numbers(10)).await?;
            let found = listener.take_many(3).await?;
            check!(found == expected, "{options:?}: expected {expected:?}, found {found:?}");
            listener.expect_nothing(&fixture.broker).await?;
            let dropped = listener.0.dropped();
            check!(dropped == 7, "{options:?}: 7 were dropped, {dropped} are counted");
        }
    }
    Ok(())
}

pub(super) async fn the_oldest_of_two_bursts_go(fixture: Fixture) -> Result<()> {
    for ack in [Ack::Manual, Ack::Auto] {
        let alone = Subscribe::new(TOPIC).capacity(3).ack(ack);
        for options in [alone.clone(), alone.queue(format!("{ack:?}"))] {
            let mut listener = Listener::new(&fixture.peer, &options).await?;
            publish_all(&fixture.broker, numbers(3)).await?;
            listener.expect(&["0"]).await?;
            publish_all(&fixture.broker, (3..6).map(|number| number.to_string())).await?;
            listener.expect(&["3", "4", "5"]).await?;
            let dropped = listener.0.dropped();
            check!(dropped == 2, "{options:?}: 2 were dropped, {dropped} are counted");
        }
    }
    Ok(())
}

pub(super) async fn what_is_dropped_is_counted_at_once(fixture: Fixture) -> Result<()> {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        for ack in [Ack::Manual, Ack::Auto] {
            let options = Subscribe::new(TOPIC).capacity(3).ack(ack).overflow(overflow);
            let mut still = Listener::new(&fixture.peer, &options).await?;
            publish_all(&fixture.broker, numbers(10)).await?;
            let dropped = still.0.dropped();
            check!(dropped == 7, "{options:?}: nobody has read, 7 were dropped, {dropped} are counted");
        }
    }
    Ok(())
}

pub(super) async fn the_oldest_go(fixture: Fixture) -> Result<()> {
    three_of_ten(&fixture, Overflow::DropOldest, ["7", "8", "9"]).await
}

pub(super) async fn the_newest_do_not_come_in(fixture: Fixture) -> Result<()> {
    three_of_ten(&fixture, Overflow::DropNewest, ["0", "1", "2"]).await
}

pub(super) async fn members_overflow_together(fixture: Fixture) -> Result<()> {
    let options = Subscribe::new(TOPIC).queue("q").capacity(5);
    let mut one = Listener::new(&fixture.peer, &options).await?;
    let mut two = Listener::new(&fixture.peer, &options).await?;
    let mut roomy = Listener::new(&fixture.peer, &everybody()).await?;
    publish_all(&fixture.broker, numbers(20)).await?;
    let dropped = (one.0.dropped(), two.0.dropped());
    check!(dropped.0 + dropped.1 == 15, "a queue dropped 15, its members count {dropped:?}");
    let mut members = Members::new([one, two]);
    let handled: Vec<String> = members.take_many(5).await?.into_iter().map(|(_, text)| text).collect();
    each_once(&handled, (15..20).map(|number| number.to_string()))?;
    each_once(&roomy.take_many(20).await?, numbers(20))?;
    check!(roomy.0.dropped() == 0, "the queue overflowed, and {} are counted elsewhere", roomy.0.dropped());
    Ok(())
}

/// Publishes on a task of its own, which ends with the case. Counts what is published.
fn publishing(broker: &Handle, count: usize) -> (JoinSet<Result<()>>, Arc<AtomicUsize>) {
    let (broker, done) = (broker.clone(), Arc::new(AtomicUsize::new(0)));
    let mut task: JoinSet<Result<()>> = JoinSet::new();
    let counted = done.clone();
    task.spawn(async move {
        for number in numbers(count) {
            broker.publish(event(number)).await?;
            counted.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    });
    (task, done)
}

async fn finished(mut task: JoinSet<Result<()>>) -> Result<()> {
    let finished = async {
        match task.join_next().await {
            Some(published) => published.map_err(Error::from_source)?,
            None => Ok(()),
        }
    };
    soon("the publisher to go on", finished).await
}

pub(super) async fn a_full_subscription_makes_publishers_wait(fixture: Fixture) -> Result<()> {
    const EVENTS: usize = 500;
    /// What may be between a publisher and a subscription besides what the subscription keeps.
    const UNDERWAY: usize = 64;
    let options = Subscribe::new(TOPIC).capacity(4).overflow(Overflow::Block);
    for options in [options.clone(), options.queue("q")] {
        let mut slow = Listener::new(&fixture.peer, &options).await?;
        let (task, done) = publishing(&fixture.broker, EVENTS);
        for (handled, expected) in numbers(EVENTS).enumerate() {
            // Time enough for a publisher that does not wait to show.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let published = done.load(Ordering::SeqCst);
            check!(
                published <= handled + 4 + UNDERWAY,
                "{published} are published when {handled} are handled"
            );
            slow.expect(&[expected.as_str()]).await?;
        }
        finished(task).await?;
        check!(slow.0.dropped() == 0, "{} were dropped in place of waiting", slow.0.dropped());
    }
    Ok(())
}

pub(super) async fn a_publisher_goes_on_when_the_full_one_leaves(fixture: Fixture) -> Result<()> {
    let options = Subscribe::new(TOPIC).capacity(1).overflow(Overflow::Block);
    let full = Listener::new(&fixture.peer, &options).await?;
    publish(&fixture.broker, event("room for one")).await?;
    let (task, _) = publishing(&fixture.broker, 100);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    drop(full);
    finished(task).await
}

pub(super) async fn a_publisher_that_stops_waiting_leaves_nothing_half_done(fixture: Fixture) -> Result<()> {
    let options = Subscribe::new(TOPIC).capacity(1).overflow(Overflow::Block);
    let full = Listener::new(&fixture.peer, &options).await?;
    let roomy = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("first")).await?;
    let _ = polled(5, fixture.broker.publish(event("given up"))).await;
    let mut members = Members::new([full, roomy]);
    publish(&fixture.broker, event("the last")).await?;
    let handled = members.take_until("the last").await?;
    let whole = handled[0] == ["first"] || handled[0] == ["first", "given up"];
    check!(whole && handled[0] == handled[1], "the publisher gave up, and {handled:?} came");
    Ok(())
}
