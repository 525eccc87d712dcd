//! What of an event comes back: all of it.

use std::time::{Duration, SystemTime};

use crate::broker::Envelope;
use crate::error::Result;
use crate::event::{LARGEST_METADATA, LONGEST_ATTRIBUTE, METADATA_WEIGHT};
use crate::metadata::Metadata;
use crate::trace::TraceContext;

use super::Fixture;
use super::listener::{Listener, check, event, everybody, publish};

/// Publishes an event and checks that its attributes and data come back, here and in a queue.
async fn comes_back(fixture: &Fixture, sent: Envelope) -> Result<()> {
    let mut all = Listener::new(&fixture.peer, &everybody()).await?;
    let mut queued = Listener::new(&fixture.peer, &everybody().queue("q")).await?;
    publish(&fixture.broker, sent.clone()).await?;
    for listener in [&mut all, &mut queued] {
        let delivery = listener.next().await?;
        same(&sent, delivery.envelope())?;
        delivery.ack().await?;
    }
    Ok(())
}

/// Checks that an event is the one that was published.
pub(super) fn same(sent: &Envelope, came: &Envelope) -> Result<()> {
    let texts = |envelope: &Envelope| {
        [
            &envelope.topic,
            &envelope.id,
            &envelope.source,
            &envelope.kind,
            &envelope.content_type,
            &envelope.key,
        ]
        .map(String::clone)
    };
    check!(texts(sent) == texts(came), "published {:?}, got {:?}", texts(sent), texts(came));
    check!(millis(sent.time) == millis(came.time), "published at {:?}, got {:?}", sent.time, came.time);
    let trace = |envelope: &Envelope| {
        let trace = envelope.trace.as_ref()?;
        Some((trace.traceparent(), trace.tracestate().map(str::to_owned)))
    };
    check!(trace(sent) == trace(came), "published in {:?}, got {:?}", trace(sent), trace(came));
    check!(metadata(sent) == metadata(came), "of the metadata {:?} came {:?}", sent.metadata, came.metadata);
    check!(
        sent.expires.is_some() == came.expires.is_some(),
        "expiry {:?} became {:?}",
        sent.expires,
        came.expires
    );
    let (published, got) = (sent.data.len(), came.data.len());
    check!(sent.data == came.data, "published {published} bytes, got {got} bytes that are not the same");
    Ok(())
}

fn millis(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// Lists metadata; the order of the keys means nothing, that of values of one key does.
fn metadata(envelope: &Envelope) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = envelope.metadata.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    pairs
}

pub(super) async fn every_attribute_comes_back(fixture: Fixture) -> Result<()> {
    let trace = TraceContext::parse(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Some("vendor=a1,other=b2"),
    );
    let mut sent = event("data")
        .id("order-17")
        .source("greeter")
        .kind("greeter.v1.Said")
        .content_type("application/json")
        .key("ann")
        .expires_in(Duration::from_secs(3_600));
    sent.trace = trace;
    check!(sent.trace.is_some(), "the trace of this case is malformed");
    comes_back(&fixture, sent).await
}

pub(super) async fn odd_text_comes_back(fixture: Fixture) -> Result<()> {
    let sent = event("data")
        .id("a b%20c\"d\\e")
        .source("größe/ %7B'")
        .kind("a.B<c, d>")
        .content_type("application/x-odd; charset=\"utf-8\"")
        .key("k=ü/ \u{1F600}+");
    comes_back(&fixture, sent).await
}

pub(super) async fn the_longest_attributes_come_back(fixture: Fixture) -> Result<()> {
    let longest = |character: &str| character.repeat(LONGEST_ATTRIBUTE / character.len());
    let mut metadata = Metadata::new();
    metadata.insert("m", "m".repeat(LARGEST_METADATA - "m".len() - METADATA_WEIGHT))?;
    let mut sent = event("data")
        .id(longest("ä"))
        .source(longest("%"))
        .kind(longest("\u{1F600}"))
        .content_type(longest("c"))
        .key(longest("ü"))
        .expires_in(Duration::from_secs(3_600))
        .metadata(metadata);
    let state = format!("v={}", "s".repeat(510));
    sent.trace = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Some(&state));
    check!(sent.trace.is_some(), "the trace of this case is malformed");
    comes_back(&fixture, sent).await
}

pub(super) async fn metadata_comes_back(fixture: Fixture) -> Result<()> {
    let mut metadata = Metadata::new();
    metadata.insert("tenant", "acme")?;
    metadata.insert("empty", "")?;
    metadata.insert("text", "a, b; \"c\" %41")?;
    metadata.append("list", "first")?;
    metadata.append("list", "second")?;
    metadata.insert_bin("token-bin", [0, 1, 127, 128, 255])?;
    comes_back(&fixture, event("data").metadata(metadata)).await
}

pub(super) async fn no_data_comes_back(fixture: Fixture) -> Result<()> {
    comes_back(&fixture, event("")).await
}

pub(super) async fn every_byte_comes_back(fixture: Fixture) -> Result<()> {
    let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    comes_back(&fixture, event(bytes)).await
}

pub(super) async fn a_mebibyte_comes_back(fixture: Fixture) -> Result<()> {
    comes_back(&fixture, event(pattern(1 << 20))).await
}

pub(super) async fn an_event_at_the_limit_comes_back(fixture: Fixture) -> Result<()> {
    let limit = 100_000;
    let Fixture { broker, peer, .. } = fixture;
    let limited = Fixture::new(broker.limit(limit), peer);
    comes_back(&limited, of_size(limit)).await
}

/// Makes an event of this size, attributes included.
pub(super) fn of_size(size: usize) -> Envelope {
    let mut envelope = event("");
    let attributes = envelope.size();
    envelope.data = pattern(size - attributes).into();
    envelope
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}
