//! The client and real services: finding them, aiming at one, codecs, streams that flow, limits.

use std::time::{Duration, Instant};

use micro::registry::Memory;
use micro::{Client, Code, Outcome, Result, Service, Streaming};
use micro_tests::kinds::{Kinds, KindsClient, call_all, start, start_with, text};

#[tokio::test]
async fn without_a_node_a_call_fails_at_once_and_names_what_there_is() -> Result<()> {
    let client = Client::builder().registry(Memory::new()).open().await?;
    let kinds = KindsClient::new(&client);
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        let error = kinds.unary(text("a")).await.unwrap_err();
        quickest = quickest.min(began.elapsed());
        assert_eq!((error.code(), error.outcome()), (Code::Unavailable, Outcome::NotSent));
        assert!(error.message().contains("tests.Kinds"), "{error}");
    }
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");

    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let error = KindsClient::new(&client).named("kind").unary(text("a")).await.unwrap_err();
    assert!(
        error.message().contains("service kind serves") && error.message().contains("kinds (tests.Kinds)"),
        "{error}"
    );
    assert_eq!(KindsClient::new(&client).named("kinds").unary(text("a")).await?.text, "a");
    service.stop().await
}

#[tokio::test]
async fn a_call_may_wait_for_its_node() -> Result<()> {
    let registry = Memory::new();
    let client = Client::builder().registry(registry.clone()).open().await?;
    let kinds = KindsClient::new(&client);
    let error = kinds.unary(text("a")).wait_for_ready().timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    let call = tokio::spawn(kinds.unary(text("a")).wait_for_ready().timeout(Duration::from_secs(10)));
    tokio::task::yield_now().await;
    let service = Service::new("kinds").handle(Kinds).registry(registry);
    service.start().await?;
    assert_eq!(call.await.unwrap()?.text, "a");
    service.stop().await
}

#[tokio::test]
async fn a_call_may_aim_at_an_address() -> Result<()> {
    let (service, _) = start(Service::new("kinds").handle(Kinds)).await?;
    let elsewhere = Client::builder().registry(Memory::new()).open().await?;
    let kinds = KindsClient::new(&elsewhere);
    let address = service.addresses()[0].to_string();
    assert_eq!(kinds.unary(text("a")).to(&address).await?.text, "a");
    service.stop().await
}

#[tokio::test]
async fn mistakes_in_setters_are_told_when_the_call_is_awaited() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    let error = kinds.unary(text("a")).metadata("grpc-status", "0").await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), (Code::InvalidArgument, Outcome::NotSent));
    assert!(error.message().contains("grpc-status"), "{error}");
    let error = kinds.unary(text("a")).to("nowhere").await.unwrap_err();
    assert!(error.message().contains("nowhere"), "{error}");
    service.stop().await
}

#[tokio::test]
async fn every_kind_works_in_json() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds);
    let (service, client) = start_with(service, |client| client.encoding("json")).await?;
    for (kind, said) in call_all(&KindsClient::new(&client), &["a", "b"]).await {
        assert_eq!(said.expect(kind).join(","), "a,b", "{kind}");
    }
    service.stop().await
}

#[tokio::test]
async fn requests_go_on_while_nobody_reads_replies() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let (sender, requests) = Streaming::channel(1);
    let replies = KindsClient::new(&client).echo(requests).await?;
    for index in 0..20 {
        let sent = tokio::time::timeout(Duration::from_secs(10), sender.send(text(index.to_string()))).await;
        sent.expect("the stream flows")?;
    }
    drop(sender);
    assert_eq!(replies.collect().await?.len(), 20);
    service.stop().await
}

#[tokio::test]
async fn messages_larger_than_every_window_arrive_whole() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    let large = "x".repeat(3 << 20);
    let reply = kinds.unary(text(&*large)).timeout(Duration::from_secs(60)).await?;
    assert_eq!(reply.text, large);
    let (sender, requests) = Streaming::channel(1);
    let mut replies = kinds.echo(requests).await?;
    let sending = {
        let large = large.clone();
        tokio::spawn(async move {
            for _ in 0..4 {
                sender.send(text(&*large)).await?;
            }
            Ok::<(), micro::Error>(())
        })
    };
    let mut count = 0;
    while let Some(reply) = replies.next().await {
        assert_eq!(reply?.text.len(), large.len());
        count += 1;
    }
    sending.await.unwrap()?;
    assert_eq!(count, 4);
    service.stop().await
}

#[tokio::test]
async fn a_reply_over_the_limit_is_refused() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds);
    let (service, client) = start_with(service, |client| client.message_limit(1_000)).await?;
    let kinds = KindsClient::new(&client);
    let error = kinds.unary(text("x".repeat(2_000))).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(kinds.unary(text("x".repeat(900))).await?.text.len(), 900);
    service.stop().await
}

#[tokio::test]
async fn a_stream_that_fails_at_its_sender_fails_the_call_with_its_error() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let (sender, requests) = Streaming::channel(2);
    sender.send(text("a")).await?;
    sender.fail(micro::Error::data_loss("the tape is torn")).await?;
    let error = KindsClient::new(&client).collect(requests).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the tape is torn"));
    service.stop().await
}
