//! What time does to events: expiry, and what outlives its subscribers or a crash.

use std::time::{Duration, SystemTime};

use crate::broker::{Ack, Receipt};
use crate::error::Result;

use super::Fixture;
use super::listener::{Listener, check, each_once, event, everybody, numbers, publish, queue, soon, text};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(300);

/// Waits until both clocks have passed so much time, the one that tests may stop and the one on the wall.
async fn pass(time: Duration) {
    let end = SystemTime::now() + time;
    tokio::time::sleep(time).await;
    while SystemTime::now() < end {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(super) async fn an_expired_event_is_not_delivered(fixture: Fixture) -> Result<()> {
    let mut all = Listener::new(&fixture.peer, &everybody()).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q")).await?;
    publish(&fixture.broker, event("short").expires_in(SHORT)).await?;
    pass(SHORT * 2).await;
    publish(&fixture.broker, event("long").expires_in(LONG)).await?;
    all.expect(&["long"]).await?;
    queued.expect(&["long"]).await
}

pub(super) async fn an_event_in_its_time_is_delivered(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("long").expires_in(LONG)).await?;
    publish(&fixture.broker, event("eternal").expires_in(Duration::MAX)).await?;
    let delivery = listener.next_of("long").await?;
    let left = delivery.envelope().expires.map(|expires| expires.duration_since(SystemTime::now()));
    check!(
        matches!(left, Some(Ok(left)) if left <= LONG && left > LONG / 2),
        "of {LONG:?} to live the event says that it has {left:?}"
    );
    delivery.ack().await?;
    listener.expect(&["eternal"]).await
}

pub(super) async fn an_expired_event_is_not_read(fixture: Fixture) -> Result<()> {
    for (begins, reads) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut listener = Listener::new(&fixture.peer, &everybody().ack(Ack::Auto)).await?;
        for envelope in [event("first"), event("short").expires_in(SHORT), event("long").expires_in(LONG)] {
            publish(&fixture.broker, envelope).await?;
        }
        let mut expected = vec!["first", "long"];
        if begins {
            let data = soon("an event", listener.0.read()).await?.data.clone();
            check!(data == expected.remove(0), "expected \"first\", was lent {data:?}");
        }
        pass(SHORT * 2).await;
        for expected in expected {
            let data = match reads {
                true => soon("an event", listener.0.read()).await?.data.clone(),
                false => listener.next().await?.data().clone(),
            };
            check!(data == expected, "begun: {begins}, lent: {reads}: expected {expected:?}, got {data:?}");
        }
    }
    Ok(())
}

pub(super) async fn an_event_from_the_past_is_not_delivered(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let mut kept = event("kept for too long");
    kept.time = SystemTime::now() - LONG;
    publish(&fixture.broker, kept.expires_in(LONG / 2)).await?;
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn an_expired_event_does_not_come_again(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    // Long enough to be delivered once, however slow the machine is.
    publish(&fixture.broker, event("short").expires_in(SHORT * 5)).await?;
    listener.next_of("short").await?.retry(SHORT * 6).await?;
    pass(SHORT * 7).await;
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_queue_without_members_keeps_its_events(fixture: Fixture) -> Result<()> {
    let mut member = Listener::new(&fixture.peer, &queue("q")).await?;
    publish(&fixture.broker, event("before")).await?;
    member.expect(&["before"]).await?;
    drop(member);
    for number in numbers(5) {
        publish(&fixture.broker, event(number)).await?;
    }
    let mut member = Listener::new(&fixture.peer, &queue("q")).await?;
    member.expect(&["0", "1", "2", "3", "4"]).await?;
    member.expect_nothing(&fixture.broker).await
}

pub(super) async fn what_is_stored_survives_a_crash(fixture: Fixture) -> Result<()> {
    let mut member = Listener::new(&fixture.peer, &queue("q")).await?;
    for number in numbers(10) {
        let receipt = publish(&fixture.broker, event(number)).await?;
        check!(receipt == Receipt::Stored, "the receipt is {receipt:?}");
    }
    // One is being worked on, nine wait.
    let held = member.next_of("0").await?;
    let broker = fixture.crash().await?;
    let mut survivor = Listener::new(&broker, &queue("q")).await?;
    let mut came = Vec::new();
    for _ in 0..10 {
        let delivery = survivor.next().await?;
        let (text, flagged) = (text(&delivery), delivery.is_redelivered());
        check!(flagged || text != "0", "{text:?} was being worked on, and comes as new");
        came.push(text);
        delivery.ack().await?;
    }
    each_once(&came, numbers(10))?;
    survivor.expect_nothing(&broker).await?;
    // Until here: nothing was given back before the crash.
    drop((held, member));
    Ok(())
}

pub(super) async fn what_was_handled_stays_so_after_a_crash(fixture: Fixture) -> Result<()> {
    let mut member = Listener::new(&fixture.peer, &queue("q")).await?;
    for number in numbers(5) {
        publish(&fixture.broker, event(number)).await?;
    }
    member.expect(&["0", "1"]).await?;
    member.next_of("2").await?.reject("not wanted").await?;
    drop(member);
    let broker = fixture.crash().await?;
    let mut member = Listener::new(&broker, &queue("q")).await?;
    member.expect(&["3", "4"]).await?;
    member.expect_nothing(&broker).await
}
