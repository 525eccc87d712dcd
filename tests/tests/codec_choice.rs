//! Every codec a service has is answered by every endpoint, on both wires; one of its own is no exception.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use micro::codec::{Cbor, Codec, Dynamic, Encoding, Json, MessagePack};
use micro::message::Descriptor;
use micro::registry::{Memory, Query, Registry as _};
use micro::{Client, Code, Error, Result, Service};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, Text, call_all, start, start_with, text};

/// JSON, written as hexadecimal digits; counts what it encodes.
#[derive(Clone, Default)]
struct Hex {
    encoded: Arc<AtomicUsize>,
}

impl Hex {
    fn encoded(&self) -> usize {
        self.encoded.load(Ordering::SeqCst)
    }
}

impl Codec for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn content_types(&self) -> &'static [&'static str] {
        &["text/x-hex"]
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        self.encoded.fetch_add(1, Ordering::SeqCst);
        Ok(hex(&Json.encode(message)?).into())
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let json = unhex(&bytes).ok_or_else(|| Error::invalid_argument("these are no pairs of digits"))?;
        Json.decode(json.into(), descriptor)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| match pair {
        [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// Encodes `said` by `codec`.
fn encoded(codec: impl Codec, said: &str) -> Bytes {
    Encoding::of(Arc::new(codec)).encode(&text(said)).expect("a text can be encoded")
}

fn address(service: &Service) -> SocketAddr {
    service.addresses()[0].socket_addr().expect("an IP address")
}

/// Sends `body` to the unary method as `content_type`; expects `answer` as `answer_type`.
async fn expect(service: &Service, content_type: &str, body: &[u8], answer_type: &str, answer: &[u8]) {
    let header = format!("content-type: {content_type}");
    let got = exchange(address(service), "POST", "/tests.Kinds/Unary", &[&header], body).await;
    assert_eq!(got.status, 200, "{content_type}: {got:?}");
    let expected = format!("content-type: {answer_type}");
    assert!(got.head.lines().any(|line| line == expected), "{content_type}: {got:?}");
    // The helper reads bodies as text, with a mark for each byte that is none.
    assert_eq!(got.body, String::from_utf8_lossy(answer), "{content_type}");
}

#[tokio::test]
async fn plain_http_is_answered_in_the_codec_it_came_in() -> Result<()> {
    let (service, _) = start(Service::new("kinds").handle(Kinds)).await?;
    // Written by hand after the specifications: a map of one text to another.
    let msgpack = b"\x81\xa4text\xa2hi";
    let cbor = b"\xa1\x64text\x62hi";
    let answer = encoded(MessagePack, "hi");
    for content_type in ["application/msgpack", "application/x-msgpack", "application/vnd.msgpack"] {
        expect(&service, content_type, msgpack, "application/msgpack", &answer).await;
    }
    expect(&service, "application/cbor", cbor, "application/cbor", &encoded(Cbor, "hi")).await;
    service.stop().await
}

#[tokio::test]
async fn an_undecodable_message_says_where_in_every_codec() -> Result<()> {
    let (service, _) = start(Service::new("kinds").handle(Kinds).codec(Hex::default())).await?;
    for content_type in ["application/msgpack", "application/cbor", "application/hex"] {
        let header = format!("content-type: {content_type}");
        let answer = exchange(address(&service), "POST", "/tests.Kinds/Unary", &[&header], b"\xc1\xff").await;
        // Errors are JSON, whatever was sent.
        assert_eq!((answer.status, &answer.json()["code"]), (400, &"INVALID_ARGUMENT".into()), "{answer:?}");
        assert!(answer.head.contains("content-type: application/json"), "{answer:?}");
    }
    service.stop().await
}

/// Makes a call of each kind and checks what comes back.
async fn all_kinds(client: &Client, encoding: &str) {
    for (kind, said) in call_all(&KindsClient::new(client), &["a", "b"]).await {
        let said = said.unwrap_or_else(|error| panic!("{kind} in {encoding}: {error}"));
        assert_eq!(said.join(","), "a,b", "{kind} in {encoding}");
    }
    for (kind, said) in call_all(&KindsClient::new(client), &["fail"]).await {
        let error = said.expect_err(kind);
        let told = (error.code(), error.message());
        assert_eq!(told, (Code::FailedPrecondition, "asked to fail"), "{kind} in {encoding}");
    }
}

#[tokio::test]
async fn every_kind_works_in_every_built_in_codec() -> Result<()> {
    for encoding in ["proto", "json", "msgpack", "cbor"] {
        let service = Service::new("kinds").handle(Kinds);
        let (service, client) = start_with(service, |client| client.encoding(encoding)).await?;
        all_kinds(&client, encoding).await;
        service.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_codec_of_ones_own_is_answered_by_every_endpoint() -> Result<()> {
    let (at_service, at_client) = (Hex::default(), Hex::default());
    let service = Service::new("kinds").handle(Kinds).codec(at_service.clone());
    let configured = at_client.clone();
    let (service, client) = start_with(service, |client| client.codec(configured).encoding("hex")).await?;
    all_kinds(&client, "hex").await;
    // Requests: 1 + 2 + 1 + 2, then one each. Replies: 1 + 1 + 2 + 2, and errors are no messages.
    assert_eq!((at_client.encoded(), at_service.encoded()), (10, 6));

    let message = hex(br#"{"text":"hi"}"#);
    for content_type in ["application/hex", "text/x-hex", "Application/Hex; charset=utf-8"] {
        expect(&service, content_type, message.as_bytes(), "application/hex", message.as_bytes()).await;
    }
    service.stop().await
}

#[tokio::test]
async fn a_codec_of_ones_own_is_announced() -> Result<()> {
    let registry = Memory::new();
    let service = Service::new("kinds").registry(registry.clone()).handle(Kinds).codec(Hex::default());
    service.start().await?;
    let nodes = registry.lookup(&Query::service("kinds")).await?;
    let mut codecs: Vec<&str> = nodes[0].codecs.iter().map(String::as_str).collect();
    codecs.sort_unstable();
    assert_eq!(codecs, ["bytes", "cbor", "hex", "json", "msgpack", "proto"]);
    service.stop().await
}

#[tokio::test]
async fn a_codec_the_service_lacks_is_refused_with_the_known_ones() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds);
    let (service, client) =
        start_with(service, |client| client.codec(Hex::default()).encoding("hex")).await?;
    for (kind, said) in call_all(&KindsClient::new(&client), &["a"]).await {
        let error = said.expect_err(kind);
        for known in ["hex", "application/grpc+json", "application/grpc+msgpack", "application/grpc+cbor"] {
            assert!(error.message().contains(known), "{kind}: {known}: {error}");
        }
    }
    service.stop().await
}

#[tokio::test]
async fn an_unknown_content_type_lists_every_codec() -> Result<()> {
    let (service, _) = start(Service::new("kinds").handle(Kinds).codec(Hex::default())).await?;
    let header = "content-type: text/xml";
    let answer = exchange(address(&service), "POST", "/tests.Kinds/Unary", &[header], b"<a/>").await;
    assert_eq!(answer.status, 415, "{answer:?}");
    for known in
        ["application/json", "application/msgpack", "application/cbor", "application/hex", "text/x-hex"]
    {
        assert!(answer.body.contains(known), "{known}: {answer:?}");
    }
    service.stop().await
}

#[tokio::test]
async fn a_codec_of_a_known_name_takes_its_place() -> Result<()> {
    /// What it reads is always the same.
    struct Stub;

    impl Codec for Stub {
        fn name(&self) -> &'static str {
            "json"
        }

        fn encode(&self, message: &Dynamic) -> Result<Bytes> {
            Json.encode(message)
        }

        fn decode(&self, _: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
            let message: Text = text("replaced");
            Dynamic::from_proto(descriptor, encode(&message))
        }
    }

    fn encode(message: &Text) -> Bytes {
        Encoding::proto().encode(message).expect("protobuf expresses every message")
    }

    let (service, _) = start(Service::new("kinds").handle(Kinds).codec(Stub)).await?;
    expect(&service, "application/json", b"?", "application/json", br#"{"text":"replaced"}"#).await;
    service.stop().await
}
