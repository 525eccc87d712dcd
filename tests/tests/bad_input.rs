//! Bad input gets a clear error, on both wires, and nothing is lost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use micro::registry::Memory;
use micro::{Client, Code, Outcome, Result, Service};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, start, start_with, text};

const JSON: &str = "content-type: application/json";

async fn serve() -> Result<(Service, SocketAddr)> {
    let (service, _) = start(Service::new("kinds").handle(Kinds)).await?;
    let address = service.addresses()[0].socket_addr().expect("an IP address");
    Ok((service, address))
}

#[tokio::test]
async fn json_is_answered_in_json() -> Result<()> {
    let (service, address) = serve().await?;
    let answer = exchange(address, "POST", "/tests.Kinds/Unary", &[JSON], br#"{"text":"hi"}"#).await;
    assert_eq!((answer.status, answer.json()["text"].as_str()), (200, Some("hi")), "{answer:?}");
    assert!(answer.head.contains("content-type: application/json"), "{answer:?}");
    let answer = exchange(address, "POST", "/tests.Kinds/Unary", &[JSON], br#"{"text":"fail"}"#).await;
    let json = answer.json();
    assert_eq!(answer.status, 400);
    assert_eq!(json["code"], "FAILED_PRECONDITION");
    assert_eq!(json["id"], "kinds");
    assert_eq!(json["message"], "asked to fail");
    assert_eq!(json["details"][0]["@type"], "type.googleapis.com/tests.Text");
    service.stop().await
}

#[tokio::test]
async fn a_wrong_path_names_what_exists() -> Result<()> {
    let (service, address) = serve().await?;
    let answer = exchange(address, "POST", "/tests.Kinds/Unarry", &[JSON], b"{}").await;
    assert_eq!((answer.status, &answer.json()["code"]), (404, &"UNIMPLEMENTED".into()), "{answer:?}");
    assert!(answer.body.contains("/tests.Kinds/Unary"), "{answer:?}");
    service.stop().await
}

#[tokio::test]
async fn an_undecodable_message_says_where() -> Result<()> {
    let (service, address) = serve().await?;
    for body in [&br#"{"text": 5}"#[..], br#"{"txt": "x"}"#, b"{", b"\xff\xfe"] {
        let answer = exchange(address, "POST", "/tests.Kinds/Unary", &[JSON], body).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["code"]), (400, &"INVALID_ARGUMENT".into()), "{answer:?}");
        assert!(json["message"].as_str().unwrap().contains("tests.Text"), "{answer:?}");
    }
    service.stop().await
}

#[tokio::test]
async fn an_unknown_content_type_lists_the_known() -> Result<()> {
    let (service, address) = serve().await?;
    for header in ["content-type: text/xml", "content-type: application/x-www-form-urlencoded"] {
        let answer = exchange(address, "POST", "/tests.Kinds/Unary", &[header], b"{}").await;
        assert_eq!(answer.status, 415, "{answer:?}");
        assert!(
            answer.body.contains("application/json") && answer.body.contains("application/proto"),
            "{answer:?}"
        );
    }
    service.stop().await
}

#[tokio::test]
async fn only_post_calls_a_method() -> Result<()> {
    let (service, address) = serve().await?;
    let answer = exchange(address, "GET", "/tests.Kinds/Unary", &[], b"").await;
    assert_eq!(answer.status, 405, "{answer:?}");
    assert!(answer.head.contains("allow: post"), "{answer:?}");
    service.stop().await
}

#[tokio::test]
async fn the_message_limit_holds_to_the_byte_on_both_wires() -> Result<()> {
    let (service, client) =
        start_with(Service::new("kinds").handle(Kinds), |client| client.message_limit(8 << 20)).await?;
    let kinds = KindsClient::new(&client);
    let (limit, long) = (4 << 20, Duration::from_secs(60));
    // Tag and length take five bytes for a string of this size.
    let fits = kinds.unary(text("x".repeat(limit - 5))).timeout(long).await?;
    assert_eq!(fits.text.len(), limit - 5);
    let error = kinds.unary(text("x".repeat(limit - 4))).timeout(long).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");

    let address = service.addresses()[0].socket_addr().unwrap();
    let frame = br#"{"text":""}"#.len();
    for (size, status) in [(limit - frame, 200), (limit - frame + 1, 413)] {
        let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(size));
        let answer = exchange(address, "POST", "/tests.Kinds/Unary", &[JSON], body.as_bytes()).await;
        assert_eq!(answer.status, status, "{}", answer.head);
    }
    // Refused by what the head declares, before a byte of the body is read.
    let answer =
        exchange(address, "POST", "/tests.Kinds/Unary", &[JSON, "content-length: 1000000000"], b"{").await;
    assert_eq!((answer.status, &answer.json()["code"]), (413, &"RESOURCE_EXHAUSTED".into()), "{answer:?}");
    service.stop().await
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_refused_with_a_status() -> Result<()> {
    let (service, address) = serve().await?;
    let many: Vec<String> = (0..120).map(|n| format!("x-{n}: 1")).collect();
    let mut headers: Vec<&str> = many.iter().map(String::as_str).collect();
    headers.push(JSON);
    assert_eq!(exchange(address, "POST", "/tests.Kinds/Unary", &headers, b"{}").await.status, 431);
    let large = format!("x-large: {}", "y".repeat(20 << 10));
    assert_eq!(exchange(address, "POST", "/tests.Kinds/Unary", &[JSON, &large], b"{}").await.status, 431);
    service.stop().await
}

#[tokio::test]
async fn no_node_fails_fast_and_says_what_is_known() -> Result<()> {
    let registry = Memory::new();
    let service = Service::new("kinds").registry(registry.clone()).handle(Kinds);
    service.start().await?;
    let client = Client::builder().registry(registry).timeout(Duration::from_secs(60)).open().await?;
    let began = Instant::now();
    let error = KindsClient::new(&client).named("kindz").unary(text("a")).await.unwrap_err();
    // Whoever waits for a node does so until the deadline.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((error.code(), error.outcome()), (Code::Unavailable, Outcome::NotSent));
    assert!(error.message().contains("kindz") && error.message().contains("kinds"), "{error}");
    service.stop().await
}

#[tokio::test]
async fn an_address_in_use_names_the_address_and_the_flag() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let service = Service::new("kinds").registry(Memory::new()).address(address.as_str()).handle(Kinds);
    let error = service.start().await.unwrap_err();
    assert!(error.message().contains(&address) && error.message().contains("--address"), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_registry_says_what_is_built_in() {
    let error = Client::builder().registry_uri("zookeeper://localhost").open().await.unwrap_err();
    for word in ["zookeeper", "memory", "local"] {
        assert!(error.message().contains(word), "{error}");
    }
}
