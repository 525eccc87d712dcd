//! What is refused, and how.

use std::time::Duration;

use crate::broker::{Ack, Envelope, Overflow, Subscribe};
use crate::error::{Code, Result};
use crate::event::{LARGEST_METADATA, METADATA_WEIGHT};
use crate::metadata::Metadata;

use super::Fixture;
use super::content::of_size;
use super::listener::{Listener, check, event, everybody, publish, queue};

pub(super) async fn an_event_over_the_limit_is_refused(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let limited = fixture.broker.clone().limit(1_000);
    let code = publish(&limited, of_size(1_001)).await.map_err(|error| error.code());
    check!(code == Err(Code::ResourceExhausted), "1001 bytes where 1000 are allowed: {code:?}");
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn bad_topics_are_refused(fixture: Fixture) -> Result<()> {
    let long = "x".repeat(256);
    for topic in ["", ".", "a.", ".a", "a..b", "a b", "a/b", "a*", "a.>", "ä", "a\0", "a\r\nb", &long] {
        for outcome in [
            publish(&fixture.broker, Envelope::new(topic, "data")).await.map(drop),
            Listener::new(&fixture.peer, &Subscribe::new(topic)).await.map(drop),
        ] {
            let code = outcome.map_err(|error| error.code());
            check!(code == Err(Code::InvalidArgument), "the topic {topic:?}: {code:?}");
        }
    }
    let longest = "x".repeat(255);
    let mut listener = Listener::new(&fixture.peer, &Subscribe::new(longest.as_str())).await?;
    publish(&fixture.broker, Envelope::new(longest, "data")).await?;
    listener.expect(&["data"]).await
}

pub(super) async fn bad_attributes_are_refused(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    for bad in [
        event("bad").id(""),
        event("bad").id("x".repeat(513)),
        event("bad").source("a\r\nb"),
        event("bad").kind("a\0"),
        event("bad").content_type("text\n/plain"),
        event("bad").key("k".repeat(513)),
    ] {
        let shown = format!("{bad:?}");
        let code = publish(&fixture.broker, bad).await.map_err(|error| error.code());
        check!(code == Err(Code::InvalidArgument), "{shown}: {code:?}");
    }
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn too_much_metadata_is_refused(fixture: Fixture) -> Result<()> {
    let mut listener = Listener::new(&fixture.peer, &everybody()).await?;
    let mut one = Metadata::new();
    one.insert("m", "m".repeat(LARGEST_METADATA - "m".len() - METADATA_WEIGHT + 1))?;
    let mut many = Metadata::new();
    for number in 0..=LARGEST_METADATA / (METADATA_WEIGHT + 4) {
        many.insert(&format!("{number:04}"), "")?;
    }
    for metadata in [one, many] {
        let outcome = publish(&fixture.broker, event("bad").metadata(metadata)).await;
        let code = outcome.map_err(|error| error.code());
        check!(code == Err(Code::InvalidArgument), "{code:?}");
    }
    listener.expect_nothing(&fixture.broker).await
}

pub(super) async fn bad_options_are_refused(fixture: Fixture) -> Result<()> {
    for bad in [
        everybody().capacity(0),
        everybody().ack_wait(Duration::ZERO),
        everybody().queue(""),
        everybody().queue("a b"),
        everybody().queue("x".repeat(256)),
    ] {
        let code = Listener::new(&fixture.peer, &bad).await.map(drop).map_err(|error| error.code());
        check!(code == Err(Code::InvalidArgument), "{bad:?}: {code:?}");
    }
    Ok(())
}

pub(super) async fn members_of_a_queue_agree(fixture: Fixture) -> Result<()> {
    let mut member = Listener::new(&fixture.peer, &queue("q")).await?;
    for other in [
        queue("q").capacity(7),
        queue("q").ack_wait(Duration::from_secs(7)),
        queue("q").ack(Ack::Auto),
        queue("q").overflow(Overflow::DropNewest),
    ] {
        let code = Listener::new(&fixture.peer, &other).await.map(drop).map_err(|error| error.code());
        check!(code == Err(Code::FailedPrecondition), "{other:?}: {code:?}");
    }
    // Those that were refused are no members.
    drop(Listener::new(&fixture.peer, &queue("q")).await?);
    let mut another = Listener::new(&fixture.peer, &queue("another").capacity(7)).await?;
    member.expect_nothing(&fixture.broker).await?;
    another.expect(&["the last"]).await
}
