//! Methods to test the server with, without messages and without handlers.

use bytes::Bytes;

use crate::body::Body;
use crate::error::{Error, Result};
use crate::layer::{BoxFuture, Endpoint, Request, Response};
use crate::message::Descriptor;
use crate::spec::{Idempotency, Kind, Spec};
use crate::streaming::Streaming;

/// Behaves as the name of the method says.
pub(crate) struct Probe;

impl Endpoint for Probe {
    fn call(&self, mut request: Request) -> BoxFuture<'_, Result<Response>> {
        Box::pin(async move {
            match request.spec.method {
                "Echo" => {
                    let mut all = Vec::new();
                    while let Some(message) = request.body.next().await {
                        all.extend_from_slice(&message?);
                    }
                    let mut response = Response::new(Body::one(all.into()));
                    if let Some(tenant) = request.info.metadata.get("tenant") {
                        response.metadata_mut().insert("tenant", tenant)?;
                    }
                    response.trailers().update(|trailers| trailers.insert("done", "yes"))?;
                    Ok(response)
                }
                "EchoStream" => Ok(Response::new(request.body)),
                "Fail" => Err(Error::not_found("no account 42").with_source("the disk is on fire")),
                "Panic" => panic!("on purpose"),
                "PanicInStream" => {
                    let mut left = 2;
                    let messages = std::iter::from_fn(move || {
                        left -= 1;
                        if left == 0 { panic!("on purpose") } else { Some(Bytes::from_static(b"one")) }
                    });
                    Ok(Response::new(Body::stream(Streaming::from_iter(messages))))
                }
                "Hang" => {
                    let cancel = request.info.cancel.clone();
                    cancel.cancelled().await;
                    Err(Error::cancelled("told to stop"))
                }
                "HangInStream" => {
                    let (sender, messages) = Streaming::channel(1);
                    sender.send(Bytes::from_static(b"one")).await?;
                    let cancel = request.info.cancel.clone();
                    tokio::spawn(async move {
                        cancel.cancelled().await;
                        drop(sender);
                    });
                    Ok(Response::new(Body::stream(messages)))
                }
                other => Err(Error::unimplemented(other.to_owned())),
            }
        })
    }
}

/// Describes the method at `path`, for as long as the tests run.
pub(crate) fn spec(path: &str, kind: Kind) -> &'static Spec {
    let path: &'static str = path.to_owned().leak();
    let (contract, method) = path[1..].rsplit_once('/').unwrap();
    let idempotency = Idempotency::Unknown;
    let (request, reply) = (empty as fn() -> Descriptor, empty as fn() -> Descriptor);
    Box::leak(Box::new(Spec {
        path,
        contract,
        method,
        kind,
        idempotency,
        docs: "",
        deprecated: false,
        timeout: None,
        topic: None,
        request,
        reply,
    }))
}

fn empty() -> Descriptor {
    let pool = prost_reflect::DescriptorPool::global();
    Descriptor::new(pool.get_message_by_name("google.protobuf.Empty").unwrap())
}
