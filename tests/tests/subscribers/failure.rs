//! Failure: attempts, what is reported, what is never tried again, and mistakes told at the start.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use micro::broker::{Delivery, Envelope, Memory as Broker};
use micro::prelude::*;
use micro::registry::Memory;
use micro::{Client, Code, Layer, Next, Outcome, Request, Response};
use tokio::sync::mpsc;
use tracing::Level;

use super::seen::seen;
use super::{Call, Heard, Hearing, Said, TOPIC, ear, hears_nothing_else, next, said, start, tell};

/// Publishes an event under an id of its own.
async fn publish(client: &Client, text: &str, id: &str) -> Result<()> {
    client.publish(TOPIC, &said(text)).id(id).await.map(drop)
}

#[tokio::test]
async fn an_event_is_tried_as_often_as_said_and_then_reported() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service).await?;
    publish(&client, "fail", "always fails").await?;
    for attempt in 1..=3 {
        let call = next(&mut hearing).await;
        assert_eq!((call.attempt, call.redelivered, call.text.as_str()), (attempt, attempt > 1, "fail"));
    }
    let report = seen().report("always fails").await;
    assert!(report.says("last attempt") && report.field("error").contains("asked to fail"), "{report:?}");
    assert_eq!((report.field("endpoint"), report.field("topic")), ("/tests.Ear/Hear", TOPIC));
    assert_eq!(report.field("attempt"), "3");
    let failures =
        seen().all(|record| record.level == Level::WARN && record.field("event") == "always fails");
    let attempts: Vec<&str> = failures.iter().map(|failure| failure.field("attempt")).collect();
    assert_eq!(attempts, ["1", "2"]);
    hears_nothing_else(&client, &mut hearing).await?;
    assert_eq!(seen().reports("always fails").len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_event_that_failed_comes_again_after_a_pause() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service).await?;
    // The pause may have begun by the time the failure is heard of here.
    let begun = Instant::now();
    publish(&client, "fail once", "fails once").await?;
    assert_eq!(next(&mut hearing).await.attempt, 1);
    let again = next(&mut hearing).await;
    assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
    assert_eq!((again.attempt, again.redelivered, again.envelope.id.as_str()), (2, true, "fails once"));
    hears_nothing_else(&client, &mut hearing).await?;
    assert!(seen().reports("fails once").is_empty());
    Ok(())
}

/// Refuses the first events before they run, as a layer with a limit does.
struct Limit(AtomicU32);

impl Layer for Limit {
    async fn call(&self, request: Request, next: Next<'_>) -> Result<Response> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(Error::resource_exhausted("too many").with_outcome(Outcome::NotRun)),
            Err(_) => next.run(request).await,
        }
    }
}

#[tokio::test]
async fn what_a_layer_refuses_is_no_attempt() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    // More often than the subscriber has attempts, and for longer than it waits by itself before it hands an event back.
    let client = start(service.layer(Limit(AtomicU32::new(7)))).await?;
    publish(&client, "limited", "limited").await?;
    let call = next(&mut hearing).await;
    assert_eq!((call.text.as_str(), call.attempt, call.redelivered), ("limited", 1, false));
    hears_nothing_else(&client, &mut hearing).await?;
    assert!(seen().reports("limited").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_panic_is_a_failure_like_any_other() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service).await?;
    publish(&client, "panic once", "panics once").await?;
    for attempt in 1..=2 {
        assert_eq!(next(&mut hearing).await.attempt, attempt);
    }
    hears_nothing_else(&client, &mut hearing).await?;
    assert!(seen().reports("panics once").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_subscriber_that_takes_too_long_has_failed() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service.setting("event_timeout", "100ms")).await?;
    publish(&client, "hang once", "hangs once").await?;
    for attempt in 1..=2 {
        assert_eq!(next(&mut hearing).await.attempt, attempt);
    }
    hears_nothing_else(&client, &mut hearing).await
}

#[tokio::test]
async fn what_cannot_be_decoded_is_reported_and_never_tried_again() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service).await?;
    let garbled = Bytes::from_static(&[0x0a, 0xff, 0xff]);
    for (id, event, why) in [
        ("garbled", Envelope::new(TOPIC, garbled.clone()), "cannot be decoded"),
        ("garbled json", Envelope::new(TOPIC, garbled).content_type("application/json"), "cannot be decoded"),
        ("foreign", Envelope::new(TOPIC, "<said/>").content_type("text/xml"), "no codec"),
    ] {
        client.broker().publish(event.id(id)).await?;
        let report = seen().report(id).await;
        assert!(report.says(why) && report.field("attempt") == "1", "{report:?}");
        hears_nothing_else(&client, &mut hearing).await?;
        assert_eq!(seen().reports(id).len(), 1, "{id}");
    }
    Ok(())
}

/// Gives its verdicts itself.
struct Judge {
    heard: Heard,
}

#[micro::service(package = "tests")]
impl Judge {
    #[micro::subscriber(topic = "tests.said", queue = "judges", attempts = 2)]
    async fn judge(&self, ctx: &Context, said: Delivery<Said>) -> Result<()> {
        tell(&self.heard, Call::new(ctx, said.message())?)?;
        let first = said.attempt() == 1;
        match said.message().text.clone().as_str() {
            "retry" if first => said.retry(Duration::ZERO).await,
            "drop" if first => Ok(()),
            "always drop" => Ok(()),
            "reject" => said.reject("it says nothing new").await,
            "ack and fail" => {
                said.ack().await?;
                Err(Error::aborted("failed after the verdict"))
            }
            _ => said.ack().await,
        }
    }
}

async fn judge() -> Result<(Client, Hearing)> {
    let (heard, hearing) = mpsc::unbounded_channel();
    Ok((start(Service::new("judge").handle(Judge { heard })).await?, hearing))
}

#[tokio::test]
async fn a_subscriber_may_give_its_verdicts_itself() -> Result<()> {
    let (client, mut hearing) = judge().await?;
    for (text, attempts) in [("ack", 1), ("retry", 2), ("drop", 2), ("reject", 1), ("ack and fail", 1)] {
        publish(&client, text, text).await?;
        for attempt in 1..=attempts {
            let call = next(&mut hearing).await;
            let expected = (text, attempt, attempt > 1);
            assert_eq!((call.text.as_str(), call.attempt, call.redelivered), expected, "{text}");
        }
        hears_nothing_else(&client, &mut hearing).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_subscriber_that_never_gives_a_verdict_does_not_get_an_event_for_ever() -> Result<()> {
    let (client, mut hearing) = judge().await?;
    publish(&client, "always drop", "never judged").await?;
    for attempt in 1..=2 {
        assert_eq!(next(&mut hearing).await.attempt, attempt);
    }
    let report = seen().report("never judged").await;
    assert!(report.says("without a verdict"), "{report:?}");
    hears_nothing_else(&client, &mut hearing).await
}

/// Two minds about one queue.
#[derive(Default)]
struct Patient;

#[micro::service(package = "tests")]
impl Patient {
    #[micro::subscriber(topic = "tests.said", queue = "minds", attempts = 9)]
    async fn hear(&self, _said: Said) -> Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Hasty;

#[micro::service(package = "tests")]
impl Hasty {
    #[micro::subscriber(topic = "tests.said", queue = "minds", attempts = 1)]
    async fn hear(&self, _said: Said) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn two_policies_for_one_queue_are_told_at_the_start() {
    seen();
    let service = Service::new("minds").registry(Memory::new()).broker(Broker::new());
    let error = service.handle(Patient).handle(Hasty).start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    for part in ["\"minds\"", TOPIC, "/tests.Patient/Hear", "9 times", "/tests.Hasty/Hear", "1 times"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn members_of_a_queue_in_two_services_that_disagree_are_told_at_the_start() -> Result<()> {
    seen();
    let broker = Broker::new();
    let ear = |name| {
        let (service, _) = ear(name);
        service.registry(Memory::new()).broker(broker.clone())
    };
    let first = ear("first").start().await?;
    let error = ear("second").setting("event_timeout", "1s").start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    for part in ["\"ears\"", "/tests.Ear/Hear"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    first.stop().await
}
