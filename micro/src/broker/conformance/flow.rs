//! Order, loss, slow subscribers, waits that are given up, and the end.

use tokio::task::JoinSet;

use crate::broker::{Ack, Receipt};
use crate::error::{Error, Result};

use super::Fixture;
use super::listener::{
    Listener, Members, check, each_once, event, everybody, loose, numbers, polled, publish, publish_all,
    publish_loose, queue, soon, text,
};

pub(super) async fn events_of_a_key_stay_in_order(fixture: Fixture) -> Result<()> {
    let all = Listener::new(&fixture.peer, &everybody()).await?;
    let queued = Listener::new(&fixture.peer, &queue("q")).await?;
    let mut members = Members::new([all, queued]);
    for number in numbers(100) {
        for key in ["a", "b", "c"] {
            publish(&fixture.broker, loose(format!("{key} {number}")).key(key)).await?;
        }
    }
    let handled = members.take_many(600).await?;
    for member in 0..2 {
        for key in ["a", "b", "c"] {
            let own = handled.iter().filter(|(who, text)| *who == member && text.starts_with(key));
            let own: Vec<&str> = own.filter_map(|(_, text)| text.get(2..)).collect();
            check!(own.iter().copied().eq(numbers(100)), "the events of {key} came as {own:?}");
        }
    }
    Ok(())
}

pub(super) async fn many_publishers_lose_nothing_and_repeat_nothing(fixture: Fixture) -> Result<()> {
    const PUBLISHERS: usize = 10;
    const EACH: usize = 100;
    let all = Listener::new(&fixture.peer, &everybody()).await?;
    let here = Listener::new(&fixture.broker, &queue("q")).await?;
    let there = Listener::new(&fixture.peer, &queue("q")).await?;
    let mut members = Members::new([all, here, there]);
    let mut publishing = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let broker = if publisher % 2 == 0 { fixture.broker.clone() } else { fixture.peer.clone() };
        publishing.spawn(async move {
            publish_loose(&broker, numbers(EACH).map(|number| format!("{publisher} {number}"))).await
        });
    }
    while let Some(published) = publishing.join_next().await {
        published.map_err(Error::from_source)??;
    }
    let expected =
        || (0..PUBLISHERS).flat_map(|one| numbers(EACH).map(move |number| format!("{one} {number}")));
    let handled = members.take_many(2 * PUBLISHERS * EACH).await?;
    let (by_all, by_queue): (Vec<_>, Vec<_>) = handled.into_iter().partition(|(who, _)| *who == 0);
    for handled in [by_all, by_queue] {
        let texts: Vec<String> = handled.into_iter().map(|(_, text)| text).collect();
        each_once(&texts, expected())?;
    }
    publish(&fixture.broker, event("the last")).await?;
    for (_, text) in members.take_many(2).await? {
        check!(text == "the last", "{text:?} came once more");
    }
    Ok(())
}

pub(super) async fn a_slow_subscriber_holds_up_nobody(fixture: Fixture) -> Result<()> {
    let slow = Listener::new(&fixture.broker, &everybody()).await?;
    let slow_queue = Listener::new(&fixture.peer, &queue("q")).await?;
    passes(&fixture, [slow, slow_queue]).await
}

pub(super) async fn a_slow_subscriber_holds_up_nobody_beside_it(fixture: Fixture) -> Result<()> {
    let slow = Listener::new(&fixture.peer, &everybody()).await?;
    passes(&fixture, [slow]).await
}

/// Checks that a quick subscriber gets everything before slow ones begin to read, and they get everything then.
async fn passes<const SLOW: usize>(fixture: &Fixture, slow: [Listener; SLOW]) -> Result<()> {
    let mut quick = Listener::new(&fixture.peer, &everybody()).await?;
    publish_loose(&fixture.broker, numbers(300)).await?;
    each_once(&quick.take_many(300).await?, numbers(300))?;
    for mut slow in slow {
        each_once(&slow.take_many(300).await?, numbers(300))?;
    }
    Ok(())
}

pub(super) async fn giving_up_a_wait_loses_nothing(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let mut came = Vec::new();
    for number in numbers(100) {
        publish(&fixture.broker, loose(number)).await?;
        if let Some(delivery) = polled(1, listener.0.next()).await {
            let delivery = delivery?;
            came.push(text(&delivery));
            delivery.ack().await?;
        }
    }
    came.extend(listener.take_many(100 - came.len()).await?);
    each_once(&came, numbers(100))?;
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_publication_that_is_given_up_is_whole_or_not_at_all(fixture: Fixture) -> Result<()> {
    let one = Listener::new(&fixture.peer, &everybody()).await?;
    let two = Listener::new(&fixture.peer, &everybody()).await?;
    let queued = Listener::new(&fixture.peer, &queue("q")).await?;
    let mut members = Members::new([one, two, queued]);
    for polls in 0..20 {
        let _ = polled(polls, fixture.broker.publish(event("given up"))).await;
        publish(&fixture.broker, event(format!("after {polls}"))).await?;
        let handled = members.take_until(&format!("after {polls}")).await?;
        let alike = handled.iter().all(|texts| *texts == handled[0]);
        let whole = handled[0].is_empty() || handled[0] == ["given up"];
        check!(alike && whole, "given up after {polls} polls, the event came to some: {handled:?}");
    }
    Ok(())
}

pub(super) async fn a_first_delivery_says_so(fixture: Fixture) -> Result<()> {
    for ack in [Ack::Manual, Ack::Auto] {
        for options in [everybody().ack(ack), queue(&format!("{ack:?}")).ack(ack)] {
            let mut listener = Listener::new(&fixture.peer, &options).await?;
            publish(&fixture.broker, event("x")).await?;
            let delivery = listener.next_of("x").await?;
            let told = (delivery.attempt(), delivery.is_redelivered());
            check!(told == (1, false), "{options:?}: attempt and redelivery were {told:?}");
            delivery.ack().await?;
        }
    }
    Ok(())
}

pub(super) async fn without_verdicts_an_event_comes_once(fixture: Fixture) -> Result<()> {
    let mut all = Listener::new(&fixture.peer, &everybody().ack(Ack::Auto)).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q").ack(Ack::Auto)).await?;
    publish_all(&fixture.broker, numbers(3)).await?;
    for number in numbers(3) {
        drop(all.next_of(&number).await?);
        // Nobody waits for a verdict, but one that is given does no harm.
        queued.next_of(&number).await?.reject("it does not matter").await?;
    }
    publish(&fixture.broker, event("the last")).await?;
    all.next_of("the last").await?;
    queued.next_of("the last").await?;
    Ok(())
}

pub(super) async fn without_verdicts_events_are_lent(fixture: Fixture) -> Result<()> {
    let mut all = Listener::new(&fixture.peer, &everybody().ack(Ack::Auto)).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q").ack(Ack::Auto)).await?;
    publish_all(&fixture.broker, numbers(3)).await?;
    for number in numbers(3) {
        for listener in [&mut all, &mut queued] {
            let lent = soon("an event", listener.0.read()).await?;
            check!(lent.data == *number.as_bytes(), "expected {number}, was lent {:?}", lent.data);
        }
    }
    // Both ways to read go on where the other has been.
    publish_all(&fixture.broker, numbers(3)).await?;
    for listener in [&mut all, &mut queued] {
        let lent = &soon("an event", listener.0.read()).await?.data;
        check!(lent == "0", "expected \"0\", was lent {lent:?}");
        listener.next_of("1").await?;
        let lent = &soon("an event", listener.0.read()).await?.data;
        check!(lent == "2", "expected \"2\", was lent {lent:?}");
    }
    Ok(())
}

pub(super) async fn a_receipt_promises_what_is_claimed(fixture: Fixture) -> Result<()> {
    let stores = fixture.broker.capability().stored;
    let to_nobody = publish(&fixture.broker, event("0")).await?;
    check!(to_nobody == Receipt::Sent || stores, "nothing is stored, and yet the receipt says so");
    let mut listener = Listener::new(&fixture.peer, &queue("q")).await?;
    let receipt = publish(&fixture.broker, event("1")).await?;
    check!((receipt == Receipt::Stored) == stores, "stored: {stores}, but the receipt is {receipt:?}");
    listener.expect(&["1"]).await
}

pub(super) async fn closing_hands_over_what_was_taken(fixture: Fixture) -> Result<()> {
    let listener = Listener::new(&fixture.peer, &everybody()).await?;
    let mut members = Members::new([listener]);
    let Fixture { broker, peer, .. } = fixture;
    publish_loose(&broker, numbers(100)).await?;
    soon("the broker to close", broker.close()).await?;
    drop(broker);
    let handled: Vec<String> = members.take_many(100).await?.into_iter().map(|(_, text)| text).collect();
    each_once(&handled, numbers(100))?;
    // Until here, so that the subscription is not lost with its handle.
    drop(peer);
    Ok(())
}
