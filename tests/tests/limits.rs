//! What a peer may send has limits, and they hold inside streams and for heads as well as for single messages.

mod raw;

use std::net::SocketAddr;
use std::time::Duration;

use micro::{Code, Result, Service, Streaming};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, Text, start, start_with, text};

/// The longest message in the tests of messages, in bytes.
const LIMIT: usize = 1_000;

/// A text as long as `LIMIT` allows: tag and length of the field take three bytes.
fn fits() -> Text {
    text("x".repeat(LIMIT - 3))
}

/// A text one byte longer.
fn exceeds() -> Text {
    text("x".repeat(LIMIT - 2))
}

fn exhausted<T>(result: Result<T>, what: &str) {
    match result {
        Ok(_) => panic!("{what} went through"),
        Err(error) => assert_eq!(error.code(), Code::ResourceExhausted, "{what}: {error}"),
    }
}

/// Waits for the next message of a stream that has to have one, well or not.
async fn next(replies: &mut Streaming<Text>) -> Result<Text> {
    let next = tokio::time::timeout(Duration::from_secs(10), replies.next()).await;
    next.expect("the stream goes on").expect("the stream has not ended")
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_in_every_kind() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds).setting("message_limit", LIMIT);
    let (service, client) = start(service).await?;
    let kinds = KindsClient::new(&client);

    assert_eq!(kinds.unary(fits()).await?, fits());
    exhausted(kinds.unary(exceeds()).await, "unary");

    let joined = kinds.collect(Streaming::from_iter([fits(), fits()])).await?;
    assert_eq!(joined.text.len(), 2 * fits().text.len() + 1);
    exhausted(kinds.collect(Streaming::from_iter([fits(), exceeds()])).await, "client streaming");

    assert_eq!(kinds.split(fits()).await?.collect().await?, [fits()]);
    let refused = match kinds.split(exceeds()).await {
        Ok(replies) => replies.collect().await,
        Err(error) => Err(error),
    };
    exhausted(refused, "server streaming");

    // The second request is sent only after the first is answered: the stream has long begun.
    let (sender, requests) = Streaming::channel(1);
    let mut replies = kinds.echo(requests).await?;
    sender.send(fits()).await?;
    assert_eq!(next(&mut replies).await?, fits());
    sender.send(exceeds()).await?;
    exhausted(next(&mut replies).await, "bidirectional");

    assert_eq!(kinds.unary(text("still there")).await?.text, "still there");
    service.stop().await
}

#[tokio::test]
async fn a_reply_over_the_limit_is_refused_in_every_kind() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds);
    let (service, client) = start_with(service, |client| client.message_limit(LIMIT)).await?;
    let kinds = KindsClient::new(&client);

    assert_eq!(kinds.unary(fits()).await?, fits());
    exhausted(kinds.unary(exceeds()).await, "unary");

    assert_eq!(kinds.collect(Streaming::from_iter([fits()])).await?, fits());
    exhausted(kinds.collect(Streaming::from_iter([fits(), text("x")])).await, "client streaming");

    let words = format!("{},{}", fits().text, exceeds().text);
    let mut replies = kinds.split(text(words)).await?;
    assert_eq!(next(&mut replies).await?, fits());
    exhausted(next(&mut replies).await, "server streaming");
    assert!(replies.next().await.is_none(), "nothing follows an error");

    let mut replies = kinds.echo(Streaming::from_iter([fits(), exceeds()])).await?;
    assert_eq!(next(&mut replies).await?, fits());
    exhausted(next(&mut replies).await, "bidirectional");
    assert!(replies.next().await.is_none(), "nothing follows an error");

    assert_eq!(kinds.unary(text("still there")).await?.text, "still there");
    service.stop().await
}

async fn serve() -> Result<(Service, SocketAddr)> {
    let (service, _) = start(Service::new("kinds").handle(Kinds)).await?;
    let address = service.addresses()[0].socket_addr().expect("an IP address");
    Ok((service, address))
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("x-{index}")).collect()
}

#[tokio::test]
async fn a_hundred_headers_are_accepted_over_http_1_and_no_more() -> Result<()> {
    let (service, address) = serve().await?;
    // Besides these: host, connection, content-length and content-type.
    for (count, status) in [(96, 200), (97, 431)] {
        let mut headers: Vec<String> = names(count).iter().map(|name| format!("{name}: 1")).collect();
        headers.push("content-type: application/json".to_owned());
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = exchange(address, "POST", "/tests.Kinds/Unary", &headers, b"{}").await;
        assert_eq!(answer.status, status, "{count} and four: {answer:?}");
    }
    service.stop().await
}

#[tokio::test]
async fn a_hundred_headers_are_accepted_over_grpc_and_no_more() -> Result<()> {
    let (service, address) = serve().await?;
    // Besides these: content-type and te.
    for (count, status) in [(98, "0"), (99, "8")] {
        let names = names(count);
        let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let answer = raw::grpc(address, "/tests.Kinds/Unary", &headers, &text("hi")).await;
        assert_eq!(answer.status(), status, "{count} and two: {answer:?}");
        let expected: &[&str] = if status == "0" { &["hi"] } else { &[] };
        assert_eq!(answer.messages, expected);
    }
    service.stop().await
}

#[tokio::test]
async fn the_timeout_in_the_head_of_a_foreign_call_is_enforced() -> Result<()> {
    let (service, address) = serve().await?;
    // Whoever hangs waits for the end of the call: without the timeout there would be no answer at all.
    for timeout in ["200m", "200000u"] {
        let headers = [("grpc-timeout", timeout)];
        for method in ["Unary", "Collect", "Split", "Echo"] {
            let path = format!("/tests.Kinds/{method}");
            let answer = raw::grpc(address, &path, &headers, &text("hang")).await;
            assert_eq!((answer.status(), answer.messages.len()), ("4", 0), "{method} {timeout}: {answer:?}");
        }
        let answer = raw::grpc(address, "/tests.Kinds/Split", &headers, &text("a,hang")).await;
        assert_eq!(
            (answer.status(), answer.messages.join("|").as_str()),
            ("4", "a"),
            "{timeout}: {answer:?}"
        );
    }
    service.stop().await
}

#[tokio::test]
async fn a_timeout_that_is_none_is_refused() -> Result<()> {
    let (service, address) = serve().await?;
    for bad in ["soon", "5", "1.5S", "123456789S"] {
        let answer = raw::grpc(address, "/tests.Kinds/Unary", &[("grpc-timeout", bad)], &text("hi")).await;
        assert_eq!((answer.status(), answer.messages.len()), ("3", 0), "{bad}: {answer:?}");
    }
    // One that is over before the call begins keeps the handler from running.
    let answer = raw::grpc(address, "/tests.Kinds/Unary", &[("grpc-timeout", "0m")], &text("fail")).await;
    assert_eq!(answer.status(), "4", "{answer:?}");
    service.stop().await
}
