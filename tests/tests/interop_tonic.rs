//! tonic on either side, with the code that `Builder::tonic` makes beside ours, of the same messages: its
//! server mounted on the port of a service, and its client calling one.

/// Made by `build.rs` for tonic as well.
mod proto {
    include!(concat!(env!("OUT_DIR"), "/tonic/mod.rs"));
}

#[path = "interop_tonic/callers.rs"]
mod callers;
#[path = "interop_tonic/ends.rs"]
mod ends;
#[path = "interop_tonic/rules.rs"]
mod rules;
#[path = "interop_tonic/servers.rs"]
mod servers;

use std::net::SocketAddr;
use std::time::Duration;

use http::uri::PathAndQuery;
use micro::prelude::*;
use micro::server::HttpService;
use micro::{Code, Error, Outcome, Service};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, start, text};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use callers::{by_ours, by_tonic};
use proto::shop::v1;
use rules::refused;
use servers::{Ours, Theirs};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// A service with tonic's server on its port, beside handlers of its own.
fn mounted() -> Service {
    let shop = HttpService::of(v1::shop_server::ShopServer::new(Theirs));
    Service::new("till").handle(Kinds).http("/shop.v1.Shop/", shop)
}

fn port(service: &Service) -> SocketAddr {
    service.local_addr().expect("a service that runs has a port")
}

async fn connect(at: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{at}")).expect("an address is a URI");
    within("the connection", endpoint.connect()).await.expect("the service listens")
}

/// Checks that nothing of an error was lost on its way.
fn check_refused(error: &Error, way: &str) {
    let expected = refused();
    assert_eq!((error.code(), error.message()), (expected.code(), expected.message()), "{way}");
    assert_eq!((error.id(), error.details()), (expected.id(), expected.details()), "{way}");
    assert_eq!(error.metadata().get("till"), Some("shut"), "{way}");
    assert_eq!(error.metadata().get_bin("seal-bin"), Some(vec![0, 255]), "{way}");
    assert_eq!(error.outcome(), Outcome::Unknown, "{way}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_client_calls_either_server_in_every_kind() -> Result<()> {
    for (server, service) in [("our server", Service::new("till").handle(Ours)), ("tonic's", mounted())] {
        let (service, client) = start(service).await?;
        let at = port(&service);
        let ours = v1::ShopClient::new(&client);
        let mut theirs = v1::shop_client::ShopClient::new(connect(at).await);

        let expected: [(&str, &[&str]); 6] = [
            ("get", &["b", "acme", "open"]),
            ("place", &["b"]),
            ("forget", &[]),
            ("watch", &["0", "1"]),
            ("place_all", &["2"]),
            ("talk", &["a", "b"]),
        ];
        for (caller, said) in
            [("ours", by_ours(&ours, at, "b").await), ("tonic's", by_tonic(&mut theirs, "b").await)]
        {
            assert_eq!(said.len(), expected.len());
            for ((method, said), (expected_method, expected)) in said.into_iter().zip(expected) {
                let way = format!("{method} of {server} called by {caller}");
                assert_eq!(method, expected_method);
                assert_eq!(said.unwrap_or_else(|error| panic!("{way}: {error:?}")), expected, "{way}");
            }
        }
        for (caller, said) in
            [("ours", by_ours(&ours, at, "fail").await), ("tonic's", by_tonic(&mut theirs, "fail").await)]
        {
            for (method, said) in said {
                let way = format!("{method} of {server} called by {caller}");
                check_refused(&said.expect_err(&way), &way);
            }
        }
        service.stop().await?;
    }
    Ok(())
}

/// `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct Asked {
    #[prost(string, tag = "1")]
    service: String,
}

/// `grpc.health.v1.HealthCheckResponse`.
#[derive(Clone, PartialEq, prost::Message)]
struct Told {
    #[prost(int32, tag = "1")]
    status: i32,
}

async fn ask(channel: &Channel, path: &'static str, service: &str) -> Result<i32> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    within("room for a call", grpc.ready()).await.expect("the connection stands");
    let asked = Request::new(Asked { service: service.to_owned() });
    let codec = ProstCodec::<Asked, Told>::default();
    let told = within("an answer", grpc.unary(asked, PathAndQuery::from_static(path), codec)).await?;
    Ok(told.into_inner().status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_server_of_tonic_handlers_probes_and_health_answer_as_before() -> Result<()> {
    const HEALTH: &str = "/grpc.health.v1.Health/Check";
    const SERVING: i32 = 1;

    let (service, client) = start(mounted()).await?;
    let at = port(&service);
    assert_eq!(KindsClient::new(&client).unary(text("fine")).await?.text, "fine");
    assert_eq!(exchange(at, "GET", "/readyz", &[], b"").await.status, 200);

    let channel = connect(at).await;
    assert_eq!(ask(&channel, HEALTH, "").await?, SERVING);
    assert_eq!(ask(&channel, HEALTH, "tests.Kinds").await?, SERVING);
    // What is mounted is no contract of the service, and answers for all below its path.
    assert_eq!(ask(&channel, HEALTH, "shop.v1.Shop").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(ask(&channel, "/shop.v1.Shop/Nothing", "").await.unwrap_err().code(), Code::Unimplemented);
    service.stop().await
}
