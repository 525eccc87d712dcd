//! What arrives: typed, with attributes and trace, at everybody it is meant for.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::broker::{Broker, Capability, Envelope, Receipt, Subscribe, Subscription};
use micro::prelude::*;
use micro::registry::Memory;
use micro::testing::{network, network_with};
use micro::{Client, Code, Layer, Next, Request, Response, TraceContext};
use tokio::sync::mpsc;

use super::seen::seen;
use super::{Call, Heard, Hearing, Said, TOPIC, ear, hears_nothing_else, next, said, start, tell};

#[tokio::test]
async fn an_event_arrives_typed_with_its_attributes() -> Result<()> {
    let (service, mut hearing) = ear("ear");
    let client = start(service).await?;
    let message = said("hello");
    let publishing = client.publish(TOPIC, &message).id("order-17").key("ann").metadata("tenant", "acme");
    assert_eq!(publishing.expires_in(Duration::from_secs(3_600)).await?, Receipt::Sent);

    let call = next(&mut hearing).await;
    assert_eq!((call.service.as_str(), call.text.as_str()), ("ear", "hello"));
    assert_eq!((call.attempt, call.redelivered), (1, false));
    let Envelope { id, key, kind, content_type, topic, source, .. } = &call.envelope;
    assert_eq!([id, key, kind, topic, source], ["order-17", "ann", "tests.Said", TOPIC, ""]);
    assert_eq!(content_type, "application/protobuf");
    assert!(call.envelope.expires.is_some());
    assert_eq!(call.metadata.get("tenant"), Some("acme"));
    hears_nothing_else(&client, &mut hearing).await
}

#[tokio::test]
async fn an_event_arrives_in_any_codec_that_the_service_reads() -> Result<()> {
    seen();
    for (name, content_type) in [("json", "application/json"), ("cbor", "application/cbor")] {
        let (service, mut hearing) = ear("ear");
        let client = network_with([service], |client| client.encoding(name)).await?;
        client.publish(TOPIC, &said("hello")).await?;
        let call = next(&mut hearing).await;
        assert_eq!((call.text.as_str(), call.envelope.content_type.as_str()), ("hello", content_type));
    }
    Ok(())
}

#[tokio::test]
async fn a_service_publishes_under_its_name() -> Result<()> {
    seen();
    let (service, mut hearing) = ear("ear");
    let publisher = Service::new("publisher");
    assert!(publisher.publish(TOPIC, &said("early")).await.is_err(), "it is not started yet");
    let client = network([service, publisher.clone()]).await?;
    assert_eq!(publisher.publish(TOPIC, &said("hello")).await?, Receipt::Sent);
    let call = next(&mut hearing).await;
    assert_eq!((call.text.as_str(), call.envelope.source.as_str()), ("hello", "publisher"));
    hears_nothing_else(&client, &mut hearing).await
}

/// Publishes what it is called with, and answers with its trace.
#[derive(Default)]
struct Desk;

#[micro::service(package = "tests")]
impl Desk {
    #[micro::handler]
    async fn say(&self, ctx: &Context, request: Said) -> Result<Said> {
        ctx.publish(TOPIC, &request).id("said at the desk").await?;
        let trace = ctx.trace().ok_or_else(|| Error::internal("a call without a trace"))?;
        Ok(said(trace.traceparent()))
    }
}

#[tokio::test]
async fn the_trace_of_a_call_goes_on_in_its_events_and_its_metadata_does_not() -> Result<()> {
    seen();
    let (service, mut hearing) = ear("ear");
    let client = network([service, Service::new("desk").handle(Desk)]).await?;
    let desk = DeskClient::new(&client);
    let reply = desk.say(said("hello")).metadata("password", "hunter2").await?;
    let of_call = TraceContext::parse(&reply.text, None).expect("a trace");

    let call = next(&mut hearing).await;
    assert_eq!((call.text.as_str(), call.envelope.source.as_str()), ("hello", "desk"));
    assert!(call.metadata.get("password").is_none(), "{:?}", call.metadata);
    let of_event = call.envelope.trace.expect("an event has a trace");
    let of_subscriber = call.trace.expect("a subscriber has a trace");
    let traces = BTreeSet::from([&of_call, &of_event, &of_subscriber].map(TraceContext::trace_id));
    let spans = BTreeSet::from([&of_call, &of_event, &of_subscriber].map(TraceContext::span_id));
    assert_eq!((traces.len(), spans.len()), (1, 3), "one trace, a span for each step");

    // What the event carries is the span of whoever published it.
    let published =
        seen().all(|record| record.span == "publish" && record.field("event") == "said at the desk");
    assert_eq!(published.len(), 1, "{published:?}");
    let span = &published[0];
    assert_eq!(span.field("trace_id"), format!("{:032x}", of_call.trace_id()));
    assert_eq!(span.field("span_id"), format!("{:016x}", of_event.span_id()));
    assert_eq!(span.field("topic"), TOPIC);
    Ok(())
}

/// Hears everything.
struct Mirror {
    heard: Heard,
}

#[micro::service(package = "tests")]
impl Mirror {
    #[micro::subscriber(topic = "tests.said")]
    async fn reflect(&self, ctx: &Context, said: Said) -> Result<()> {
        tell(&self.heard, Call::new(ctx, &said)?)
    }
}

fn texts(calls: &[Call]) -> BTreeSet<&str> {
    calls.iter().map(|call| call.text.as_str()).collect()
}

async fn hear(hearing: &mut Hearing, count: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    while calls.len() < count {
        calls.push(next(hearing).await);
    }
    calls
}

#[tokio::test]
async fn members_of_a_queue_share_and_all_others_hear_everything() -> Result<()> {
    seen();
    let (heard_by_queue, mut queue) = mpsc::unbounded_channel();
    let (heard_by_mirrors, mut mirrors) = mpsc::unbounded_channel();
    let member = |name: &str| Service::new(name).handle(super::Ear { heard: heard_by_queue.clone() });
    let mirror = |name: &str| Service::new(name).handle(Mirror { heard: heard_by_mirrors.clone() });
    let client = network([member("a"), member("b"), mirror("c"), mirror("d")]).await?;
    for number in 0..40 {
        client.publish(TOPIC, &said(number.to_string())).await?;
    }
    let calls = hear(&mut queue, 40).await;
    assert_eq!(texts(&calls).len(), 40, "each of them once");
    hears_nothing_else(&client, &mut queue).await?;
    let calls = hear(&mut mirrors, 82).await;
    for mirror in ["c", "d"] {
        let own: Vec<&Call> = calls.iter().filter(|call| call.service == mirror).collect();
        assert_eq!(own.len(), 41, "{mirror}");
    }
    assert_eq!(texts(&calls).len(), 41);
    Ok(())
}

/// Notes the events it sees, and adds to their metadata.
#[derive(Clone, Default)]
struct Notary(Arc<Mutex<Vec<(String, String, u32)>>>);

impl Layer for Notary {
    async fn call(&self, mut request: Request, next: Next<'_>) -> Result<Response> {
        if let (Some(event), Some(topic)) = (request.info().event(), request.spec().topic) {
            let noted = (topic.topic.to_owned(), event.envelope().id.clone(), event.attempt());
            self.0.lock().unwrap().push(noted);
        }
        request.info_mut().metadata_mut().insert("stamp", "inked")?;
        next.run(request).await
    }
}

#[tokio::test]
async fn layers_see_every_attempt_of_an_event() -> Result<()> {
    let notary = Notary::default();
    let (service, mut hearing) = ear("ear");
    let client = start(service.layer(notary.clone())).await?;
    client.publish(TOPIC, &said("fail once")).id("1").await?;
    let calls = hear(&mut hearing, 2).await;
    assert!(calls.iter().all(|call| call.metadata.get("stamp") == Some("inked")), "{calls:?}");
    let noted = |attempt| (TOPIC.to_owned(), "1".to_owned(), attempt);
    assert_eq!(*notary.0.lock().unwrap(), [noted(1), noted(2)]);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_published_is_an_error_before_anything_is_sent() -> Result<()> {
    seen();
    let (service, mut hearing) = ear("ear");
    let client = network_with([service], |client| client.message_limit(1_000)).await?;
    let large = client.publish(TOPIC, &said("x".repeat(1_000))).await.unwrap_err();
    assert_eq!(large.code(), Code::ResourceExhausted, "{large}");
    let small = said("small");
    for publishing in [
        client.publish("tests said", &small),
        client.publish("", &small),
        client.publish(TOPIC, &small).id(""),
        client.publish(TOPIC, &small).key("a\nb"),
        client.publish(TOPIC, &small).metadata("grpc-status", "0"),
    ] {
        let shown = format!("{publishing:?}");
        let error = publishing.await.expect_err(&shown);
        assert_eq!(error.code(), Code::InvalidArgument, "{shown}: {error}");
    }
    hears_nothing_else(&client, &mut hearing).await
}

/// Never takes an event.
struct Stuck;

impl Broker for Stuck {
    fn capability(&self) -> Capability {
        Capability::default()
    }

    async fn publish(&self, _: &Arc<Envelope>) -> Result<Receipt> {
        std::future::pending().await
    }

    async fn subscribe(&self, _: &Subscribe) -> Result<Subscription> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn publishing_has_a_deadline() -> Result<()> {
    seen();
    let client = Client::builder().registry(Memory::new()).broker(Stuck).open().await?;
    let error = client.publish(TOPIC, &said("x")).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(error.message().contains("Stuck") && error.message().contains(TOPIC), "{error}");
    Ok(())
}
