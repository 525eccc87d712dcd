//! A service from its builder to its end, in this process.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::config::Origin;
use micro::prelude::*;
use micro::registry::{Memory, Query, Register, Registry as _};
use micro::{Code, Streaming};
use micro_tests::kinds::{Kinds, KindsClient, Text, start, text};

type Log = Arc<Mutex<Vec<&'static str>>>;

fn noting(log: &Log, what: &'static str) -> impl FnOnce(Service) -> std::future::Ready<Result<()>> + use<> {
    let log = log.clone();
    move |_| {
        log.lock().unwrap().push(what);
        std::future::ready(Ok(()))
    }
}

fn service() -> Service {
    Service::new("kinds").registry(Memory::new()).handle(Kinds)
}

#[tokio::test]
async fn hooks_run_in_order_around_start_and_stop() -> Result<()> {
    let log = Log::default();
    let service = service()
        .before_start(noting(&log, "before start"))
        .before_start(noting(&log, "before start, second"))
        .after_start(noting(&log, "after start"))
        .before_stop(noting(&log, "before stop"))
        .after_stop(noting(&log, "after stop"));
    service.start().await?;
    assert_eq!(*log.lock().unwrap(), ["before start", "before start, second", "after start"]);
    service.stop().await?;
    assert_eq!(log.lock().unwrap()[3..], ["before stop", "after stop"]);
    Ok(())
}

#[tokio::test]
async fn a_failing_hook_leaves_nothing_behind() -> Result<()> {
    let fail = |_| std::future::ready(Err(Error::failed_precondition("no database")));
    let registry = Memory::new();
    for service in [
        Service::new("kinds").registry(registry.clone()).handle(Kinds).before_start(fail),
        Service::new("kinds").registry(registry.clone()).handle(Kinds).after_start(fail),
    ] {
        let error = service.start().await.unwrap_err();
        assert!(error.message().contains("no database"), "{error}");
        service.stopped().await;
        assert!(registry.lookup(&Query::all()).await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_service_starts_once_and_stops_as_often_as_asked() -> Result<()> {
    let service = service();
    service.start().await?;
    assert_eq!(service.start().await.unwrap_err().code(), Code::FailedPrecondition);
    let (first, second) = tokio::join!(service.stop(), service.stop());
    first.and(second)?;
    service.stop().await?;
    assert!(service.start().await.unwrap_err().message().contains("stopped"));
    Ok(())
}

#[tokio::test]
async fn every_mistake_on_the_builder_is_told_at_once() {
    let service = service()
        .setting("nope", 1)
        .address("here")
        .flags(["--adress=1"])
        .drain(Duration::from_secs(400 * 86_400));
    let error = service.start().await.unwrap_err();
    for part in [
        "\"nope\"",
        "`address`",
        "127.0.0.1:4000",
        "did you mean --address?",
        "`drain`",
        "longer than a year",
    ] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn an_address_others_can_reach_needs_a_word_and_one_in_use_is_named() -> Result<()> {
    let error = service().address("0.0.0.0:0").start().await.unwrap_err();
    assert!(error.message().contains("--insecure"), "{error}");
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?;
    let error = service().address(address).start().await.unwrap_err();
    assert!(
        error.message().contains(&address.to_string()) && error.message().contains("--address"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_advertised_is_announced() -> Result<()> {
    let registry = Memory::new();
    let service =
        Service::new("kinds").registry(registry.clone()).handle(Kinds).advertise("greeter.internal");
    service.start().await?;
    let port = service.local_addr().expect("it listens").port();
    assert_eq!(service.addresses()[0].to_string(), format!("greeter.internal:{port}"));
    let node = &registry.lookup(&Query::service("kinds")).await?[0];
    assert_eq!((node.id.as_str(), &node.addresses), (service.id(), &service.addresses()));
    service.stop().await
}

#[tokio::test]
async fn settings_say_where_they_came_from() -> Result<()> {
    let service = service().zone("code").flags(["--max-connections=7"]);
    let settings = service.settings()?;
    assert_eq!((settings.zone.value.as_str(), settings.zone.origin), ("code", Origin::Code));
    assert_eq!(
        (settings.max_connections.value, settings.max_connections.origin),
        (7, Origin::Flag("--max-connections"))
    );
    assert_eq!(settings.timeout.origin, Origin::Default);
    assert!(service.explain()?.contains("flag --max-connections"));
    Ok(())
}

#[tokio::test]
async fn services_in_one_process_share_nothing() -> Result<()> {
    let (one, client_of_one) = start(Service::new("one").handle(Kinds)).await?;
    let (two, client_of_two) = start(Service::new("two").handle(Kinds)).await?;
    one.stop().await?;
    assert_eq!(KindsClient::new(&client_of_two).unary(text("hi")).await?.text, "hi");
    assert_eq!(
        KindsClient::new(&client_of_one).unary(text("hi")).await.unwrap_err().code(),
        Code::Unavailable
    );
    two.stop().await
}

#[tokio::test]
async fn a_dropped_service_no_longer_listens() -> Result<()> {
    let service = service();
    service.start().await?;
    let address = service.local_addr().expect("it listens");
    drop(service);
    let closed = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), closed).await.expect("it listens on");
    Ok(())
}

#[tokio::test]
async fn run_ends_when_the_service_is_stopped() -> Result<()> {
    let service = service().after_start(|service| async move { service.stop().await });
    tokio::time::timeout(Duration::from_secs(30), service.run()).await.expect("it runs on")
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_limit_is_cut_off() -> Result<()> {
    let (service, client) =
        start(Service::new("kinds").handle(Kinds).drain(Duration::from_millis(100))).await?;
    let mut replies = KindsClient::new(&client).split(text("a,hang")).await?;
    assert_eq!(replies.next().await.expect("a word")?.text, "a");
    tokio::time::timeout(Duration::from_secs(30), service.stop()).await.expect("stopping is bounded")?;
    assert!(replies.next().await.expect("an end").is_err());
    Ok(())
}

/// Calls [`Kinds`] for its caller, and says so beside its reply.
struct Relay {
    hops: &'static str,
}

#[micro::service(package = "tests")]
impl Relay {
    #[micro::init]
    async fn open(service: &Service) -> Result<Self> {
        // Clients work before anything is served.
        let error = KindsClient::new(service).unary(text("early")).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "there is nobody yet, but that is known: {error:?}");
        Ok(Relay { hops: "1" })
    }

    #[micro::handler]
    async fn pass(&self, ctx: &Context, request: Text) -> Result<Text> {
        ctx.set_metadata("hops", self.hops)?;
        ctx.set_trailer("checked", "yes")?;
        ctx.client::<KindsClient>().unary(request).await
    }

    #[micro::handler]
    async fn left(&self, ctx: &Context, _request: Text) -> Result<Text> {
        Ok(text(ctx.remaining().map_or("forever".to_owned(), |left| left.as_millis().to_string())))
    }
}

#[tokio::test]
async fn a_context_passes_metadata_on_and_sends_its_own_back() -> Result<()> {
    let kinds = Service::new("kinds").handle(Kinds);
    let relay = Service::new("relay").handle(Relay { hops: "0" }).metadata("team", "core");
    let client = micro::testing::network([kinds, relay]).await?;
    let relay = RelayClient::new(&client);
    let reply = relay.named("relay").pass(text("hi")).response().await?;
    assert_eq!((reply.message.text.as_str(), reply.metadata.get("hops")), ("hi", Some("0")));
    assert_eq!(reply.trailers.get("checked"), Some("yes"));

    let relay = RelayClient::new(&client);
    let error = relay.pass(text("tell:tenant")).metadata("tenant", "acme").await.unwrap_err();
    assert_eq!((error.code(), error.message(), error.id()), (Code::Aborted, "acme", "kinds"));
    assert_eq!(error.metadata().get("checked"), Some("yes"), "trailers go with errors too");
    let left: u128 = relay.left(text("")).timeout(Duration::from_secs(3)).await?.text.parse().unwrap();
    assert!((1..=3000).contains(&left), "{left}");
    Ok(())
}

#[tokio::test]
async fn a_handler_is_tested_alone_with_a_context_of_its_own() -> Result<()> {
    let client = micro::testing::client(Service::new("kinds").handle(Kinds)).await?;
    let ctx = Context::test().with_client(&client).with_metadata("tenant", "acme");
    let relay = Relay { hops: "0" };
    assert_eq!(relay.pass(&ctx, text("hi")).await?.text, "hi");
    assert_eq!(ctx.sent_metadata().get("hops"), Some("0"));
    let error = relay.pass(&Context::test(), text("hi")).await.unwrap_err();
    assert!(format!("{error:?}").contains("with_client"), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_type_is_made_by_its_init_with_a_service_that_can_call() -> Result<()> {
    // Both annotated types of this package: one by `Default`, one by its init.
    let client = micro::testing::client(Service::new("all").linked(env!("CARGO_PKG_NAME"))).await?;
    let reply = RelayClient::new(&client).pass(text("hi")).response().await?;
    assert_eq!((reply.message.text.as_str(), reply.metadata.get("hops")), ("hi", Some("1")));
    Ok(())
}

#[tokio::test]
async fn streams_work_in_process() -> Result<()> {
    let client = micro::testing::client(Service::new("kinds").handle(Kinds)).await?;
    let replies = KindsClient::new(&client).echo(Streaming::from_iter([text("a"), text("b")])).await?;
    let words: Vec<String> = replies.collect().await?.into_iter().map(|reply| reply.text).collect();
    assert_eq!(words, ["a", "b"]);
    Ok(())
}

#[tokio::test]
async fn a_registry_that_fails_is_an_error_at_the_start() {
    let error = Service::new("kinds").handle(Kinds).registry_uri("etcd://h:1").start().await.unwrap_err();
    assert!(error.message().contains("etcd") && error.message().contains("registry"), "{error}");
    let scheme =
        |_| std::future::ready(Err::<micro::registry::Handle, _>(Error::unavailable("nobody there")));
    let service = Service::new("kinds").handle(Kinds).scheme("tree", scheme).registry_uri("tree:");
    let error = service.start().await.unwrap_err();
    assert!(error.message().contains("nobody there"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_registration_is_kept_alive() -> Result<()> {
    let registry = Memory::new();
    let service = Service::new("kinds").handle(Kinds).registry(registry.clone());
    service.start().await?;
    assert!(registry.capability().expires, "else this tests nothing");
    tokio::time::sleep(Register::default().ttl * 4).await;
    assert_eq!(registry.lookup(&Query::service("kinds")).await?.len(), 1);
    service.stop().await?;
    assert!(registry.lookup(&Query::service("kinds")).await?.is_empty());
    Ok(())
}
