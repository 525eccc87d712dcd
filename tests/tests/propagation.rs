//! What a call carries on through the services it passes: deadline, trace, metadata. And what it must not: the
//! claim that nothing ran.

mod raw;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro::prelude::*;
use micro::registry::{Memory, Query, Registry as _};
use micro::{Client, Code, Outcome};
use micro_tests::http::exchange;
use micro_tests::kinds::{Text, text};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Says what it knows of its call, and asks the service behind it for the same.
struct Hop {
    next: Option<&'static str>,
}

impl Hop {
    async fn report(ctx: &Context, next: Option<&'static str>) -> Result<String> {
        let trace = ctx.trace().ok_or_else(|| Error::internal("a call without a trace"))?;
        let own = [
            ctx.remaining().map_or("forever".to_owned(), |left| left.as_millis().to_string()),
            format!("{:032x}", trace.trace_id()),
            format!("{:016x}", trace.span_id()),
            trace.tracestate().unwrap_or("none").to_owned(),
            ctx.metadata().get("tenant").unwrap_or("nobody").to_owned(),
        ]
        .join("|");
        match next {
            None => Ok(own),
            Some(next) => {
                let further = ctx.client::<HopClient>().named(next).pass(text("")).await?;
                Ok(format!("{own}\n{}", further.text))
            }
        }
    }
}

#[micro::service(package = "tests")]
impl Hop {
    #[micro::handler]
    async fn pass(&self, ctx: &Context, _request: Text) -> Result<Text> {
        Ok(text(Hop::report(ctx, self.next).await?))
    }

    /// Reports from a task of the stream's own, after a first message.
    #[micro::handler]
    async fn watch(&self, ctx: &Context, _request: Text) -> Result<Streaming<Text>> {
        let (sender, replies) = Streaming::channel(1);
        let (ctx, next) = (ctx.clone(), self.next);
        tokio::spawn(async move {
            let _ = sender.send(text("first")).await;
            let _ = match Hop::report(&ctx, next).await {
                Ok(report) => sender.send(text(report)).await,
                Err(error) => sender.fail(error).await,
            };
        });
        Ok(replies)
    }

    /// Reports once for each message it gets.
    #[micro::handler]
    async fn trade(&self, ctx: &Context, mut requests: Streaming<Text>) -> Result<Streaming<Text>> {
        let (sender, replies) = Streaming::channel(1);
        let (ctx, next) = (ctx.clone(), self.next);
        tokio::spawn(async move {
            while let Some(Ok(_)) = requests.next().await {
                let sent = match Hop::report(&ctx, next).await {
                    Ok(report) => sender.send(text(report)).await,
                    Err(error) => return sender.fail(error).await,
                };
                sent?;
            }
            Ok(())
        });
        Ok(replies)
    }
}

/// What one hop said.
#[derive(Debug)]
struct Said {
    left: u64,
    trace: String,
    span: String,
    state: String,
    tenant: String,
}

fn read(report: &str) -> Vec<Said> {
    let line = |line: &str| {
        let [left, trace, span, state, tenant] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("not a report: {line:?}");
        };
        let owned = |part: &str| part.to_owned();
        Said {
            // Without a deadline: longer than any.
            left: left.parse().unwrap_or(u64::MAX),
            trace: owned(trace),
            span: owned(span),
            state: owned(state),
            tenant: owned(tenant),
        }
    };
    report.lines().map(line).collect()
}

/// Three services in a row, and a client that finds the first of them.
struct Chain {
    services: Vec<Service>,
    client: Client,
}

impl Chain {
    async fn start() -> Result<Chain> {
        let registry = Memory::new();
        let mut services = Vec::new();
        for (name, next) in [("c", None), ("b", Some("c")), ("a", Some("b"))] {
            let service = Service::new(name).registry(registry.clone()).handle(Hop { next });
            service.start().await?;
            services.push(service);
        }
        let client = Client::builder().registry(registry).open().await?;
        Ok(Chain { services, client })
    }

    fn first(&self) -> HopClient {
        HopClient::new(&self.client).named("a")
    }

    fn address(&self) -> SocketAddr {
        self.services[2].addresses()[0].socket_addr().expect("an IP address")
    }

    async fn stop(self) -> Result<()> {
        for service in self.services {
            service.stop().await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_deadline_shrinks_from_hop_to_hop_and_never_starts_over() -> Result<()> {
    let chain = Chain::start().await?;
    // Less than the 5 s that a call has which is given nothing.
    let given = 4_000;
    let reply = chain.first().pass(text("")).timeout(Duration::from_millis(given)).await?;
    let left: Vec<u64> = read(&reply.text).iter().map(|said| said.left).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.iter().all(|left| (1..=given).contains(left)), "{left:?}");
    assert!(left.is_sorted_by(|earlier, later| earlier >= later), "{left:?}");
    // Without a word of the caller's, the default holds for the whole way.
    let reply = chain.first().pass(text("")).await?;
    let left: Vec<u64> = read(&reply.text).iter().map(|said| said.left).collect();
    assert!(left.iter().all(|left| (1..=5_000).contains(left)), "{left:?}");
    assert!(left.is_sorted_by(|earlier, later| earlier >= later), "{left:?}");
    chain.stop().await
}

#[tokio::test]
async fn the_deadline_of_a_stream_holds_for_the_calls_made_inside_it() -> Result<()> {
    let chain = Chain::start().await?;
    let replies = chain.first().watch(text("")).timeout(Duration::from_secs(4)).await?.collect().await?;
    assert_eq!((replies.len(), replies[0].text.as_str()), (2, "first"));
    let left: Vec<u64> = read(&replies[1].text).iter().map(|said| said.left).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.iter().all(|left| (1..=4_000).contains(left)), "{left:?}");
    chain.stop().await
}

/// Checks that a report continues the foreign trace with what came beside it.
fn continues(report: &str, what: &str) {
    let said = read(report);
    assert_eq!(said.len(), 3, "{what}: {report}");
    for said in &said {
        assert_eq!(said.trace, TRACE, "{what}: {report}");
        assert_eq!(said.state, "vendor=a1,other=b2", "{what}: {report}");
        assert_eq!(said.tenant, "acme", "{what}: {report}");
    }
    let mut spans: BTreeSet<&str> = said.iter().map(|said| said.span.as_str()).collect();
    spans.insert(SPAN);
    assert_eq!(spans.len(), 4, "every hop has a span of its own: {what}: {report}");
}

#[tokio::test]
async fn a_foreign_trace_and_metadata_go_on_through_every_hop() -> Result<()> {
    let chain = Chain::start().await?;
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let answer = exchange(
        chain.address(),
        "POST",
        "/tests.Hop/Pass",
        &[
            "content-type: application/json",
            &format!("traceparent: {parent}"),
            "tracestate: vendor=a1,other=b2",
            "tenant: acme",
        ],
        b"{}",
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    continues(answer.json()["text"].as_str().expect("a text"), "json");

    let headers = [
        ("traceparent", parent.as_str()),
        ("tracestate", "vendor=a1,other=b2"),
        ("tenant", "acme"),
        ("grpc-timeout", "5S"),
    ];
    for (method, report) in [("Pass", 0), ("Watch", 1), ("Trade", 0)] {
        let answer = raw::grpc(chain.address(), &format!("/tests.Hop/{method}"), &headers, &text("")).await;
        assert_eq!(answer.status(), "0", "{method}: {answer:?}");
        continues(&answer.messages[report], method);
    }
    chain.stop().await
}

#[tokio::test]
async fn calls_of_our_own_begin_one_trace_each() -> Result<()> {
    let chain = Chain::start().await?;
    let mut traces = BTreeSet::new();
    for _ in 0..2 {
        let said = read(&chain.first().pass(text("")).metadata("tenant", "acme").await?.text);
        assert!(said.iter().all(|hop| hop.trace == said[0].trace && hop.tenant == "acme"), "{said:?}");
        let spans: BTreeSet<&str> = said.iter().map(|hop| hop.span.as_str()).collect();
        assert_eq!(spans.len(), 3, "{said:?}");
        traces.insert(said[0].trace.clone());
    }
    assert_eq!(traces.len(), 2, "{traces:?}");
    chain.stop().await
}

/// Counts its runs and fails every one with an error that claims it never ran.
#[derive(Clone, Default)]
struct Liar {
    runs: Arc<AtomicUsize>,
}

impl Liar {
    fn lie<T>(&self) -> Result<T> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Err(Error::unavailable("x").with_outcome(Outcome::NotRun))
    }
}

#[micro::service(package = "tests")]
impl Liar {
    #[micro::handler]
    async fn one(&self, _request: Text) -> Result<Text> {
        self.lie()
    }

    #[micro::handler]
    async fn gather(&self, _requests: Streaming<Text>) -> Result<Text> {
        self.lie()
    }

    #[micro::handler]
    async fn spread(&self, _request: Text) -> Result<Streaming<Text>> {
        self.lie()
    }

    #[micro::handler]
    async fn both(&self, _requests: Streaming<Text>) -> Result<Streaming<Text>> {
        self.lie()
    }

    /// Fails with what a call to somebody who does not exist fails with: that was never sent, this one ran.
    #[micro::handler]
    async fn relay(&self, ctx: &Context, request: Text) -> Result<Text> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        ctx.client::<LiarClient>().named("nobody").one(request).await
    }
}

/// Calls every method of [`Liar`]; each must run once, and nobody may be told that it did not.
async fn judge(client: &Client, runs: &AtomicUsize, place: &str) {
    let liar = LiarClient::new(client);
    let requests = || Streaming::from_iter([text("a")]);
    let over = |replies: Result<Streaming<Text>>| async move {
        match replies {
            Ok(replies) => replies.collect().await.map(drop),
            Err(error) => Err(error),
        }
    };
    for (method, result) in [
        ("unary", liar.one(text("a")).await.map(drop)),
        ("client streaming", liar.gather(requests()).await.map(drop)),
        ("server streaming", over(liar.spread(text("a")).await).await),
        ("bidirectional", over(liar.both(requests()).await).await),
        ("relay", liar.relay(text("a")).await.map(drop)),
    ] {
        let error = result.expect_err(method);
        let told = (error.code(), error.outcome());
        assert_eq!(told, (Code::Unavailable, Outcome::Unknown), "{method} {place}: {error}");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 5, "{place}");
}

#[tokio::test]
async fn a_handler_that_fails_like_a_call_not_sent_runs_once_over_sockets() -> Result<()> {
    let liar = Liar::default();
    let registry = Memory::new();
    let mut services = Vec::new();
    for _ in 0..2 {
        let service = Service::new("liar").registry(registry.clone()).handle(liar.clone());
        service.start().await?;
        services.push(service);
    }
    let nodes = registry.lookup(&Query::service("liar")).await?;
    assert_eq!(nodes.len(), 2, "there is somebody to try again with");
    let client = Client::builder().registry(registry).open().await?;
    judge(&client, &liar.runs, "over sockets").await;
    for service in services {
        service.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_handler_that_fails_like_a_call_not_sent_runs_once_in_process() -> Result<()> {
    let liar = Liar::default();
    let client = micro::testing::client(Service::new("liar").handle(liar.clone())).await?;
    judge(&client, &liar.runs, "in process").await;

    let liar = Liar::default();
    let two = [Service::new("liar").handle(liar.clone()), Service::new("liar").handle(liar.clone())];
    let client = micro::testing::network(two).await?;
    judge(&client, &liar.runs, "in process, two nodes").await;
    Ok(())
}
