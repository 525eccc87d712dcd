//! The service's half: reads calls, writes answers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{StatusCode, Version};
use http_body::Body as _;

use super::frame::Decoder;
use super::{CONTENT_TYPE, content_type, frame, is_grpc, status, timeout};
use crate::body::Body;
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::layer::{Request, Response};
use crate::metadata::Metadata;
use crate::spec::Spec;
use crate::wire::{
    Answer, End, Framing, HttpBody, HttpStatus, Settings, Wire, call_info, only_post, set_timeout, shown,
};

/// gRPC, served.
#[derive(Debug)]
pub(crate) struct Grpc;

const FRAMING: Framing = Framing { message: frame::encode_parts, end };

fn end(result: Result<(), &Error>, trailers: &Metadata) -> End {
    let mut headers = HeaderMap::new();
    status::write(result, trailers, &mut headers);
    End::Trailers(headers)
}

impl Wire for Grpc {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn claims(&self, head: &Parts) -> bool {
        head.headers.get(header::CONTENT_TYPE).is_some_and(|value| is_grpc(value.as_bytes()))
    }

    fn request(
        &self,
        spec: &'static Spec,
        head: &Parts,
        body: HttpBody,
        settings: &Settings,
    ) -> Result<Request> {
        if head.version < Version::HTTP_2 {
            return Err(Error::unimplemented("gRPC needs HTTP/2; over HTTP/1.1, send application/json")
                .with_source(HttpStatus(StatusCode::HTTP_VERSION_NOT_SUPPORTED)));
        }
        only_post(head)?;
        let encoding = encoding(head, settings)?;
        not_compressed(head)?;
        let mut info = call_info(&head.headers);
        if let Some(value) = head.headers.get(timeout::HEADER) {
            set_timeout(&mut info, timeout::decode(value)?);
        }
        let body = match body.is_end_stream() {
            true => Body::empty(),
            false => {
                Body::stream(Messages { body, decoder: Decoder::new(settings.message_limit), over: false })
            }
        };
        Ok(Request::new(spec, info, encoding, body))
    }

    fn response(&self, reply: Result<Response>, encoding: Option<&Encoding>) -> Answer {
        let content_type = encoding.map_or(HeaderValue::from_static(CONTENT_TYPE), content_type);
        let mut http = http::Response::new(HttpBody::empty());
        http.headers_mut().insert(header::CONTENT_TYPE, content_type);
        match reply {
            Ok(response) => {
                response.metadata.write_headers(http.headers_mut());
                *http.body_mut() = HttpBody::messages(response.body, response.trailers, &FRAMING);
            }
            Err(error) => {
                // Trailers alone: the status stands in the head and there is no body.
                status::write(Err(&error), &Metadata::new(), http.headers_mut());
                if let Some(status) = HttpStatus::of(&error).filter(|status| *status != StatusCode::NOT_FOUND)
                {
                    *http.status_mut() = status;
                    if status == StatusCode::METHOD_NOT_ALLOWED {
                        http.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                    }
                }
            }
        }
        Answer::Now(http)
    }
}

fn encoding(head: &Parts, settings: &Settings) -> Result<Encoding> {
    let content_type =
        head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    settings.codecs.grpc_subtype(content_type).ok_or_else(|| {
        let known: Vec<String> =
            settings.codecs.names().into_iter().map(|name| format!("{CONTENT_TYPE}+{name}")).collect();
        let message =
            format!("unknown content type {:?}; known are {}", shown(content_type), known.join(", "));
        Error::invalid_argument(message).with_source(HttpStatus(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    })
}

fn not_compressed(head: &Parts) -> Result<()> {
    match head.headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(()),
        Some(_) => {
            Err(Error::unimplemented("compressed messages are not supported; send grpc-encoding: identity"))
        }
    }
}

/// The messages of a request.
struct Messages {
    body: HttpBody,
    decoder: Decoder,
    over: bool,
}

impl Stream for Messages {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.decoder.next() {
                Ok(None) => {}
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            if this.over {
                let whole = this.decoder.is_empty();
                let cut = || Err(Error::invalid_argument("the request ends within a message"));
                return Poll::Ready(if whole { None } else { Some(cut()) });
            }
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                // What is no data is trailers, which gRPC requests have none of.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.decoder.push(data);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this.over = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    async fn messages(bytes: &[u8], limit: usize) -> Vec<Result<Bytes, Code>> {
        let body = HttpBody::full(Bytes::copy_from_slice(bytes));
        let mut body = Body::stream(Messages { body, decoder: Decoder::new(limit), over: false });
        let mut all = Vec::new();
        while let Some(message) = body.next().await {
            all.push(message.map_err(|error| error.code()));
        }
        all
    }

    fn written(reply: Result<Response>) -> http::Response<HttpBody> {
        match Grpc.response(reply, None) {
            Answer::Now(response) => response,
            Answer::Later(_) => panic!("gRPC answers at once"),
        }
    }

    #[tokio::test]
    async fn request_bodies_are_cut_into_messages() {
        assert_eq!(
            messages(&[0, 0, 0, 0, 1, b'x', 0, 0, 0, 0, 0], 10).await,
            [Ok("x".into()), Ok("".into())]
        );
        assert_eq!(messages(&[0, 0, 0, 0, 2, b'x'], 10).await, [Err(Code::InvalidArgument)]);
        assert_eq!(messages(&[0, 0, 0, 0, 11], 10).await, [Err(Code::ResourceExhausted)]);
        assert_eq!(messages(&[], 10).await, []);
    }

    #[tokio::test]
    async fn an_answer_is_headers_messages_and_trailers() {
        let mut response = Response::new(Body::one("x".into()));
        response.metadata_mut().insert("tenant", "acme").unwrap();
        response.trailers().update(|trailers| trailers.insert("rows", "1")).unwrap();
        let http = written(Ok(response));
        assert_eq!(http.status(), 200);
        assert_eq!(http.headers()["tenant"], "acme");
        let mut body = http.into_body();
        let mut frames = Vec::new();
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            frames.push(frame.unwrap());
        }
        assert_eq!(frames[0].data_ref().unwrap(), &[0, 0, 0, 0, 1, b'x'][..]);
        let trailers = frames[1].trailers_ref().unwrap();
        assert_eq!(
            (&trailers["grpc-status"], &trailers["rows"]),
            (&"0".parse().unwrap(), &"1".parse().unwrap())
        );
    }

    #[test]
    fn an_error_is_trailers_alone() {
        let http =
            written(Err(Error::unimplemented("no such path").with_source(HttpStatus(StatusCode::NOT_FOUND))));
        assert_eq!(http.status(), 200);
        assert_eq!(http.headers()["grpc-status"], "12");
        assert!(http.body().is_end_stream());
        let http =
            written(Err(Error::unimplemented("no").with_source(HttpStatus(StatusCode::METHOD_NOT_ALLOWED))));
        assert_eq!(
            (http.status().as_u16(), &http.headers()["allow"]),
            (405, &HeaderValue::from_static("POST"))
        );
    }
}
