//! A plain POST and its whole answer, for what is no call: events.

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use http::uri::Scheme;
use http::{HeaderMap, Method, Uri, Version};

use super::classify;
use super::pool::{Open, Pool};
use crate::address::Address;
use crate::error::{Error, Result};

/// What is posted.
#[derive(Debug)]
pub(crate) struct Post<'a> {
    pub(crate) path: &'a str,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How much of the answer's body is read, in bytes; the rest is left.
    pub(crate) limit: usize,
}

impl Pool {
    /// Posts to the node at `addresses`, over the first that can be reached, and reads the answer, whatever its
    /// status. Redirects are answers like any other. Dropping the future cancels the request at the peer.
    ///
    /// # Errors
    ///
    /// Mostly `unavailable`. The outcome says whether the peer may have read the request.
    pub(crate) async fn post(&self, addresses: &[Address], post: Post<'_>) -> Result<http::Response<Bytes>> {
        let Open { slot, lease, mut sender } = self.connect(addresses).await?;
        let mut head = http::Request::new(());
        *head.method_mut() = Method::POST;
        *head.version_mut() = Version::HTTP_2;
        *head.uri_mut() = uri(slot.authority(), post.path)?;
        *head.headers_mut() = post.headers;
        let opened = sender.send_request(head, post.body.is_empty());
        let (response, mut stream) = opened.map_err(|error| classify::unsent(slot.authority(), error))?;
        drop(sender);
        if !post.body.is_empty() {
            // A stream that is over already says why where the answer is awaited.
            let _ = stream.send_data(post.body, true);
        }
        drop(stream);
        let response = response.await.map_err(|error| classify::before_head(error, slot.authority()))?;
        lease.prove();
        let (parts, stream) = response.into_parts();
        let body = read(stream, post.limit).await;
        let body = body.map_err(|error| classify::after_head(error, slot.authority()))?;
        Ok(http::Response::from_parts(parts, body))
    }
}

fn uri(authority: &str, path: &str) -> Result<Uri> {
    let uri = Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path).build();
    uri.map_err(|error| Error::internal("a node or path that cannot stand in a URI").with_source(error))
}

async fn read(mut stream: RecvStream, limit: usize) -> Result<Bytes, h2::Error> {
    let mut body = BytesMut::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        // Fails only on a stream that is over, which the next read tells.
        let _ = stream.flow_control().release_capacity(data.len());
        let fits = data.len().min(limit - body.len());
        body.extend_from_slice(&data[..fits]);
        if fits < data.len() {
            break;
        }
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::convert::Infallible;
    use std::time::Duration;

    use http::{HeaderValue, StatusCode};
    use http_body::Body as _;
    use hyper::body::Incoming;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpListener;

    use crate::error::Outcome;
    use crate::wire::HttpBody;
    use crate::wire::http2::Options;

    /// Answers by the path: a status, and the length of the request's body as that many bytes.
    async fn answer(request: http::Request<Incoming>) -> Result<http::Response<HttpBody>, Infallible> {
        let status: StatusCode = request.uri().path()[1..].parse().unwrap();
        let authority = request.uri().authority().unwrap().to_string();
        let mut body = HttpBody::incoming(request.into_body());
        let mut length = 0;
        while let Some(Ok(frame)) =
            std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await
        {
            length += frame.into_data().map_or(0, |data| data.len());
        }
        let mut response = http::Response::new(HttpBody::full(vec![b'x'; length]));
        *response.status_mut() = status;
        response.headers_mut().insert("authority", HeaderValue::try_from(authority).unwrap());
        response.headers_mut().insert("location", HeaderValue::from_static("/200"));
        Ok(response)
    }

    async fn serve() -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().into();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service_fn(answer)));
            }
        });
        address
    }

    fn post(path: &str, length: usize) -> Post<'_> {
        Post { path, headers: HeaderMap::new(), body: vec![0_u8; length].into(), limit: 1000 }
    }

    #[tokio::test]
    async fn the_answer_comes_back_whatever_its_status_and_redirects_are_not_followed() {
        let address = [serve().await];
        let pool = Pool::new(Options::new(Duration::from_secs(5), 1024));
        for status in [200, 204, 302, 404, 503] {
            let response = pool.post(&address, post(&format!("/{status}"), 0)).await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()["authority"], address[0].to_string());
        }
        let response = pool.post(&address, post("/200", 500_000)).await.unwrap();
        assert_eq!(response.body().len(), 1000, "no more than the limit is read");
    }

    #[tokio::test]
    async fn what_was_not_sent_says_so() {
        let pool = Pool::new(Options::new(Duration::from_secs(5), 1024));
        let error = pool.post(&[], post("/200", 1)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
    }

    #[tokio::test]
    async fn a_peer_that_is_silent_is_given_up_when_asked_for() {
        // The system takes the connection; nobody ever reads from it.
        let frozen = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ping = Some(Duration::from_millis(50));
        let pool = Pool::new(Options { ping, ..Options::new(Duration::from_secs(5), 1024) });
        let address = [frozen.local_addr().unwrap().into()];
        let error = pool.post(&address, post("/200", 1)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}
