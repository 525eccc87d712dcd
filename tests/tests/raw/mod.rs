//! A bare gRPC call over HTTP/2, so that its head can say what our client never would.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use micro_tests::kinds::Text;
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What stands in the head.
    pub(crate) head: HeaderMap,
    /// The messages.
    pub(crate) messages: Vec<String>,
    /// What follows the messages.
    pub(crate) trailers: HeaderMap,
}

impl Answer {
    /// Returns the gRPC status, wherever it stands.
    pub(crate) fn status(&self) -> &str {
        let status = self.trailers.get("grpc-status").or_else(|| self.head.get("grpc-status"));
        status.and_then(|status| status.to_str().ok()).unwrap_or("none")
    }
}

/// Calls the method at `path` with one message and these headers besides `content-type` and `te`; gives up after
/// ten seconds.
pub(crate) async fn grpc(to: SocketAddr, path: &str, headers: &[(&str, &str)], message: &Text) -> Answer {
    tokio::time::timeout(Duration::from_secs(10), call(to, path, headers, message))
        .await
        .expect("no answer in 10 s")
}

async fn call(to: SocketAddr, path: &str, headers: &[(&str, &str)], message: &Text) -> Answer {
    let stream = TcpStream::connect(to).await.expect("the server listens");
    let (sender, connection) = h2::client::handshake(stream).await.expect("the server speaks HTTP/2");
    let driving = tokio::spawn(connection);
    let mut request = http::Request::post(format!("http://{to}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (key, value) in headers {
        request = request.header(*key, *value);
    }
    let request = request.body(()).expect("a well-formed head");
    let mut sender = sender.ready().await.expect("room for a call");
    let (response, mut body) = sender.send_request(request, false).expect("a call can be made");
    // A server may refuse before it has read everything; what it said still counts.
    let _ = body.send_data(frame(message), true);
    let (head, mut body) = response.await.expect("an answer").into_parts();
    let mut data = Vec::new();
    while let Some(Ok(piece)) = body.data().await {
        let _ = body.flow_control().release_capacity(piece.len());
        data.extend_from_slice(&piece);
    }
    let trailers = body.trailers().await.ok().flatten().unwrap_or_default();
    driving.abort();
    Answer { head: head.headers, messages: messages(&data), trailers }
}

/// Puts a message behind its flags and length.
fn frame(message: &Text) -> Bytes {
    let message = prost::Message::encode_to_vec(message);
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).expect("a short message").to_be_bytes());
    frame.extend_from_slice(&message);
    frame.into()
}

fn messages(mut data: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    while let Some((&[_, a, b, c, d], rest)) = data.split_first_chunk::<5>() {
        let (message, rest) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        let message: Text = prost::Message::decode(message).expect("a text");
        all.push(message.text);
        data = rest;
    }
    all
}
