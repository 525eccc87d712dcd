//! Connections that say nothing, or not enough, are not kept.

use std::time::Duration;

use micro::{Code, Result, Service};
use micro_tests::kinds::{Kinds, KindsClient, start, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A frame of settings that sets nothing.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
fn service() -> Service {
    Service::new("kinds").handle(Kinds).setting("handshake_timeout", "300ms")
}

async fn connect(service: &Service) -> TcpStream {
    let address = service.local_addr().expect("it listens");
    TcpStream::connect(address).await.expect("it answers")
}

/// Waits until the service has closed the connection; whatever it says before that does not matter.
async fn closed(mut stream: impl AsyncReadExt + Unpin, what: &str) {
    let mut said = Vec::new();
    // A reset is an end too.
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut said)).await;
    let _ = end.unwrap_or_else(|_| panic!("{what}: still open after 10 s"));
}

#[tokio::test]
async fn a_connection_that_says_too_little_is_closed() -> Result<()> {
    let (service, _) = start(service()).await?;
    let settled = [PREFACE, SETTINGS].concat();
    for (what, said) in [
        ("nothing", &b""[..]),
        ("half a preface", &PREFACE[..10]),
        ("a preface", PREFACE),
        ("half a frame", &settled[..PREFACE.len() + 4]),
        ("half a head", &b"POST /tests.Kinds/Unary HTTP/1.1\r\nhost: x\r\n"[..]),
    ] {
        let mut stream = connect(&service).await;
        stream.write_all(said).await?;
        closed(stream, what).await;
    }
    service.stop().await
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() -> Result<()> {
    let (service, _) = start(service()).await?;
    for endless in ["POST /tests.Kinds/Unary HTTP/1.1\r\nx: ", "PRI * HTTP/2.0\r\n"] {
        let (reading, mut writing) = connect(&service).await.into_split();
        let trickle = tokio::spawn(async move {
            // A sign of life far more often than the service asks for.
            for byte in endless.bytes().chain(std::iter::repeat(b'y')) {
                if writing.write_all(&[byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        });
        closed(reading, endless).await;
        trickle.abort();
    }
    service.stop().await
}

#[tokio::test]
async fn a_call_may_take_longer_than_the_beginning_of_its_connection() -> Result<()> {
    let (service, client) = start(service()).await?;
    let kinds = KindsClient::new(&client);
    let error = kinds.unary(text("hang")).timeout(Duration::from_secs(1)).await.unwrap_err();
    // Were the connection closed under it, the call would be told so long before.
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    let mut replies = kinds.split(text("a,hang")).timeout(Duration::from_secs(4)).await?;
    assert_eq!(replies.next().await.expect("a word")?.text, "a");
    assert_eq!(replies.next().await.expect("an end").unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(kinds.unary(text("b")).await?.text, "b");
    service.stop().await
}
