//! Who gets an event: queues, everybody, members, later comers.

use crate::broker::Subscribe;
use crate::error::Result;

use super::Fixture;
use super::listener::{
    Listener, Members, TOPIC, each_once, event, everybody, in_step, loose, numbers, publish, publish_all,
    publish_loose, queue, text,
};

pub(super) async fn an_event_reaches_its_subscriber(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("hello")).await?;
    listener.expect(&["hello"]).await?;
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn every_subscription_gets_an_event(fixture: Fixture) -> Result<()> {
    let mut one = Listener::new(&fixture.peer, &everybody()).await?;
    let mut two = Listener::new(&fixture.peer, &everybody()).await?;
    let mut three = Listener::new(&fixture.broker, &everybody()).await?;
    publish_all(&fixture.broker, numbers(3)).await?;
    publish(&fixture.broker, event("the last")).await?;
    in_step(&mut [&mut one, &mut two, &mut three], &["0", "1", "2", "the last"]).await
}

pub(super) async fn many_subscriptions_get_an_event(fixture: Fixture) -> Result<()> {
    let mut listeners = Vec::new();
    for _ in 0..50 {
        listeners.push(Listener::new(&fixture.peer, &everybody()).await?);
    }
    publish_all(&fixture.broker, numbers(2)).await?;
    let mut listeners: Vec<&mut Listener> = listeners.iter_mut().collect();
    in_step(&mut listeners, &["0", "1"]).await
}

pub(super) async fn a_queue_gets_an_event_once(fixture: Fixture) -> Result<()> {
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(Listener::new(&fixture.peer, &queue("q")).await?);
    }
    let mut members = Members::new(listeners);
    publish_all(&fixture.broker, numbers(30)).await?;
    publish(&fixture.broker, event("the last")).await?;
    let handled: Vec<String> = members.take_many(31).await?.into_iter().map(|(_, text)| text).collect();
    each_once(&handled, numbers(30).chain(["the last".to_owned()]))
}

pub(super) async fn every_queue_gets_an_event(fixture: Fixture) -> Result<()> {
    let mut one = Listener::new(&fixture.peer, &queue("one")).await?;
    let mut two = Listener::new(&fixture.peer, &queue("two")).await?;
    publish_all(&fixture.broker, numbers(3)).await?;
    publish(&fixture.broker, event("the last")).await?;
    in_step(&mut [&mut one, &mut two], &["0", "1", "2", "the last"]).await
}

pub(super) async fn a_queue_and_everybody_get_an_event(fixture: Fixture) -> Result<()> {
    let mut all = Listener::new(&fixture.peer, &everybody()).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q")).await?;
    publish_all(&fixture.broker, numbers(3)).await?;
    publish(&fixture.broker, event("the last")).await?;
    in_step(&mut [&mut all, &mut queued], &["0", "1", "2", "the last"]).await
}

/// Checks that every member of a queue gets some of 200 events, and that together they get each of them once.
async fn share(mut members: [Listener; 2]) -> Result<()> {
    // Held until the other has one too: who is quick does not get everything.
    let mut held = Vec::new();
    for member in &mut members {
        held.push(member.next().await?);
    }
    let mut handled = Vec::new();
    for delivery in held {
        handled.push(text(&delivery));
        delivery.ack().await?;
    }
    let rest = Members::new(members).take_many(198).await?;
    handled.extend(rest.into_iter().map(|(_, text)| text));
    each_once(&handled, numbers(200))
}

pub(super) async fn members_share_the_work(fixture: Fixture) -> Result<()> {
    let one = Listener::new(&fixture.peer, &queue("q")).await?;
    let two = Listener::new(&fixture.peer, &queue("q")).await?;
    publish_loose(&fixture.broker, numbers(200)).await?;
    share([one, two]).await
}

pub(super) async fn members_on_two_handles_are_one_queue(fixture: Fixture) -> Result<()> {
    let here = Listener::new(&fixture.broker, &queue("q")).await?;
    let there = Listener::new(&fixture.peer, &queue("q")).await?;
    publish_loose(&fixture.broker, numbers(100)).await?;
    publish_loose(&fixture.peer, (100..200).map(|number| number.to_string())).await?;
    share([here, there]).await
}

pub(super) async fn two_handles_see_each_other(fixture: Fixture) -> Result<()> {
    let mut here = Listener::new(&fixture.broker, &everybody()).await?;
    let mut there = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("from here")).await?;
    in_step(&mut [&mut here, &mut there], &["from here"]).await?;
    publish(&fixture.peer, event("from there")).await?;
    in_step(&mut [&mut here, &mut there], &["from there"]).await
}

pub(super) async fn topics_are_apart(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let mut other = Listener::new(&fixture.peer, &Subscribe::new("conformance.others")).await?;
    let mut elsewhere = event("elsewhere");
    elsewhere.topic = "conformance.others".to_owned();
    publish(&fixture.broker, elsewhere).await?;
    publish(&fixture.broker, event("here")).await?;
    listener.expect(&["here"]).await?;
    other.expect(&["elsewhere"]).await?;
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_topic_is_no_prefix(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let near = [
        "conformance",
        "conformance.event",
        "conformance.events.more",
        "conformance.events-",
        "Conformance.events",
    ];
    for topic in near {
        let mut elsewhere = event(topic);
        elsewhere.topic = topic.to_owned();
        publish(&fixture.broker, elsewhere).await?;
    }
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn a_queue_belongs_to_its_topic(fixture: Fixture) -> Result<()> {
    let mut one = Listener::new(&fixture.peer, &queue("q")).await?;
    let mut two = Listener::new(&fixture.peer, &Subscribe::new("conformance.others").queue("q")).await?;
    let mut other = event("other");
    other.topic = "conformance.others".to_owned();
    publish(&fixture.broker, other).await?;
    publish(&fixture.broker, event("one")).await?;
    one.expect(&["one"]).await?;
    two.expect(&["other"]).await
}

pub(super) async fn publishing_to_nobody_is_no_error(fixture: Fixture) -> Result<()> {
    for text in numbers(10) {
        publish(&fixture.broker, loose(text)).await?;
    }
    Ok(())
}

pub(super) async fn who_subscribes_later_sees_what_comes_later(fixture: Fixture) -> Result<()> {
    publish(&fixture.broker, event("to nobody")).await?;
    let mut first = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("to one")).await?;
    // Arrived first: where events travel, one that is under way may still meet who comes now.
    first.expect(&["to one"]).await?;
    let mut second = Listener::new(&fixture.peer, &everybody()).await?;
    let mut queued = Listener::new(&fixture.peer, &queue("q")).await?;
    publish(&fixture.broker, event("to all")).await?;
    in_step(&mut [&mut first, &mut second, &mut queued], &["to all"]).await
}

pub(super) async fn a_dropped_subscription_disturbs_nobody(fixture: Fixture) -> Result<()> {
    let mut kept = Listener::new(&fixture.peer, &everybody()).await?;
    let mut dropped = Listener::new(&fixture.peer, &everybody()).await?;
    publish(&fixture.broker, event("0")).await?;
    dropped.expect(&["0"]).await?;
    publish(&fixture.broker, event("1")).await?;
    drop(dropped);
    publish(&fixture.broker, event("2")).await?;
    kept.expect(&["0", "1", "2"]).await?;
    kept.expect_nothing(&fixture.broker).await
}

pub(super) async fn what_a_member_that_left_would_have_got_goes_to_the_other(fixture: Fixture) -> Result<()> {
    let mut stays = Listener::new(&fixture.peer, &queue("q")).await?;
    let leaves = Listener::new(&fixture.peer, &queue("q")).await?;
    drop(leaves);
    publish_loose(&fixture.broker, numbers(20)).await?;
    each_once(&stays.take_many(20).await?, numbers(20))
}

pub(super) async fn a_topic_may_be_subscribed_to_again(fixture: Fixture) -> Result<()> {
    for round in 0..10 {
        let mut listener = Listener::new(&fixture.peer, &Subscribe::new(TOPIC)).await?;
        let text = format!("round {round}");
        publish(&fixture.broker, event(text.clone())).await?;
        listener.expect(&[text.as_str()]).await?;
    }
    Ok(())
}
