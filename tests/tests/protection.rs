//! What protects a call covers unary and every stream kind: panics, deadlines, cancellation, errors.

use std::sync::Arc;
use std::time::Duration;

use micro::prelude::*;
use micro::{Client, Code, Service, Streaming};
use micro_tests::kinds::{Kinds, KindsClient, Text, call_all, start, text};
use tokio::sync::Notify;

#[tokio::test]
async fn a_panic_becomes_internal_in_every_kind_and_hurts_nobody_else() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    for round in 0..20 {
        // `unary` and `collect` panic in the handler's own future, `split` and `echo` in the tasks that fill their
        // streams; streams that panic while they are polled come below.
        for (kind, said) in call_all(&kinds, &["panic"]).await {
            let error = said.expect_err(kind);
            assert_eq!(error.code(), Code::Internal, "{kind}, round {round}");
            assert!(!error.message().contains("asked for"), "internals leaked: {error}");
        }
        assert_eq!(kinds.unary(text("fine")).await?.text, "fine");
    }
    service.stop().await?;
    Ok(())
}

/// Panics while its streams are polled.
#[derive(Default)]
struct Brittle;

#[micro::service(package = "tests")]
impl Brittle {
    #[micro::handler]
    async fn watch(&self, _request: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::from_iter((0..).map(|n| if n < 2 { text(n.to_string()) } else { panic!("third") })))
    }

    #[micro::handler]
    async fn mirror(&self, mut requests: Streaming<Text>) -> Result<Streaming<Text>> {
        let first = requests.next().await;
        Ok(Streaming::from_iter((0..).map(move |n| {
            if n == 0 { text(format!("{first:?}").len().to_string()) } else { panic!("second") }
        })))
    }
}

#[tokio::test]
async fn a_panic_inside_a_response_stream_becomes_internal_after_what_was_sent() -> Result<()> {
    let (service, client) = start(Service::new("brittle").handle(Brittle)).await?;
    let brittle = BrittleClient::new(&client);
    let mut replies = brittle.watch(text("")).await?;
    assert_eq!(replies.next().await.unwrap()?.text, "0");
    assert_eq!(replies.next().await.unwrap()?.text, "1");
    assert_eq!(replies.next().await.unwrap().unwrap_err().code(), Code::Internal);
    let mut replies = brittle.mirror(Streaming::from_iter([text("x")])).await?;
    assert!(replies.next().await.unwrap().is_ok());
    assert_eq!(replies.next().await.unwrap().unwrap_err().code(), Code::Internal);
    service.stop().await?;
    Ok(())
}

#[tokio::test]
async fn errors_keep_code_message_id_and_details_in_every_kind() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    for (kind, said) in call_all(&KindsClient::new(&client), &["fail"]).await {
        let error = said.expect_err(kind);
        assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "asked to fail"), "{kind}");
        assert_eq!(error.id(), "kinds", "{kind}");
        assert_eq!(error.details().len(), 1, "{kind}");
        assert_eq!(error.details()[0].type_url, "type.googleapis.com/tests.Text", "{kind}");
    }
    service.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_deadline_ends_every_kind_inside_streams_too() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    let limit = Duration::from_millis(200);
    let exceeded = |result: Result<Text>| assert_eq!(result.unwrap_err().code(), Code::DeadlineExceeded);
    exceeded(kinds.unary(text("hang")).timeout(limit).await);
    exceeded(kinds.collect(Streaming::from_iter([text("hang")])).timeout(limit).await);
    // Long enough for a first reply.
    let limit = Duration::from_secs(2);
    let mut replies = kinds.split(text("a,hang")).timeout(limit).await?;
    assert_eq!(replies.next().await.unwrap()?.text, "a");
    exceeded(replies.next().await.unwrap());
    let mut replies = kinds.echo(Streaming::from_iter([text("a"), text("hang")])).timeout(limit).await?;
    assert_eq!(replies.next().await.unwrap()?.text, "a");
    exceeded(replies.next().await.unwrap());
    service.stop().await?;
    Ok(())
}

/// Tells when its handlers begin and when their futures or streams are dropped.
struct Watched {
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

struct Forever(#[expect(dead_code, reason = "held to be dropped")] OnDrop);

impl futures_core::Stream for Forever {
    type Item = Result<Text>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}

#[micro::service(package = "tests")]
impl Watched {
    #[micro::handler]
    async fn wait(&self, _request: Text) -> Result<Text> {
        let _guard = OnDrop(self.dropped.clone());
        self.begun.notify_one();
        std::future::pending().await
    }

    #[micro::handler]
    async fn gather(&self, mut requests: Streaming<Text>) -> Result<Text> {
        let _guard = OnDrop(self.dropped.clone());
        self.begun.notify_one();
        while requests.next().await.is_some() {}
        std::future::pending().await
    }

    #[micro::handler]
    async fn emit(&self, _request: Text) -> Result<Streaming<Text>> {
        self.begun.notify_one();
        Ok(Streaming::new(Forever(OnDrop(self.dropped.clone()))))
    }

    #[micro::handler]
    async fn both(&self, _requests: Streaming<Text>) -> Result<Streaming<Text>> {
        self.begun.notify_one();
        Ok(Streaming::new(Forever(OnDrop(self.dropped.clone()))))
    }
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

#[tokio::test]
async fn dropping_a_call_cancels_the_handler_of_every_kind() -> Result<()> {
    let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let watched = Watched { begun: begun.clone(), dropped: dropped.clone() };
    let (service, client) = start(Service::new("watched").handle(watched)).await?;
    let watched = WatchedClient::new(&client);

    let call = tokio::spawn(watched.wait(text("")));
    within("the unary handler", begun.notified()).await;
    call.abort();
    within("the end of the unary handler", dropped.notified()).await;

    let (_sender, requests) = Streaming::channel(1);
    let call = tokio::spawn(watched.gather(requests));
    within("the client-streaming handler", begun.notified()).await;
    call.abort();
    within("the end of the client-streaming handler", dropped.notified()).await;

    let replies = watched.emit(text("")).await?;
    within("the server-streaming handler", begun.notified()).await;
    drop(replies);
    within("the end of the server stream", dropped.notified()).await;

    let (_sender, requests) = Streaming::channel(1);
    let replies = watched.both(requests).await?;
    within("the bidirectional handler", begun.notified()).await;
    drop(replies);
    within("the end of the bidirectional stream", dropped.notified()).await;
    service.stop().await?;
    Ok(())
}

/// Calls on with its own context.
#[derive(Default)]
struct Hop;

#[micro::service(package = "tests")]
impl Hop {
    #[micro::handler]
    async fn pass(&self, ctx: &Context, request: Text) -> Result<Text> {
        let left = ctx.remaining().map(|left| left.as_millis());
        let kinds = ctx.client::<KindsClient>();
        match kinds.unary(request).await {
            Err(error) if error.code() == Code::Aborted => Err(error),
            Err(error) => Err(error.context(format!("with {left:?} ms left"))),
            Ok(reply) => Ok(reply),
        }
    }
}

#[tokio::test]
async fn a_context_passes_deadline_and_metadata_on() -> Result<()> {
    let (service, client) = start(Service::new("hop").handle(Hop).handle(Kinds)).await?;
    let hop = HopClient::new(&client);
    let error = hop.pass(text("tell:tenant")).metadata("tenant", "acme").await.unwrap_err();
    assert_eq!(error.message(), "acme");
    let error = hop.pass(text("hang")).timeout(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    service.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_in_process_pair_behaves_like_a_socket() -> Result<()> {
    let client: Client = micro::testing::client(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    for (kind, said) in call_all(&kinds, &["a", "b"]).await {
        let streams = matches!(kind, "server_streaming" | "bidirectional");
        assert_eq!(said.expect(kind).join(if streams { "," } else { "" }), "a,b", "{kind}");
    }
    assert_eq!(kinds.unary(text("panic")).await.unwrap_err().code(), Code::Internal);
    let error = kinds.unary(text("hang")).timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    Ok(())
}
