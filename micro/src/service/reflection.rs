//! gRPC reflection, v1 and v1alpha: foreign tools list, describe and call what is served without any file.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_reflection::server::{Builder, Error as ReflectionError};
use tower_service::Service;

use crate::contract;
use crate::error::{Code, Error, Result};
use crate::layer::BoxFuture;
use crate::server::{HttpBody, HttpService};
use crate::spec::Spec;

use super::arrival::Arrival;
use super::grpc_health;

/// The longest request: it holds one name.
const MESSAGE_LIMIT: usize = 16 << 10;

/// Makes both versions of the reflection service, by the paths they are mounted at. They tell of `specs`, of
/// themselves, and of the health service where `health` says that it is there. The first question may take `patience`
/// to arrive.
///
/// They are put together by the first request: few services are ever asked, and the descriptors take a megabyte. A
/// contract that cannot be described keeps no service from running: then there is no reflection, and a warning.
pub(super) fn mounts(
    specs: impl IntoIterator<Item = &'static Spec>,
    health: bool,
    patience: Duration,
) -> [(&'static str, HttpService); 2] {
    let specs = specs.into_iter().collect();
    let asked = Arc::new(Asked { specs, health, services: OnceLock::new() });
    let door = |version| HttpService::of(Door { asked: asked.clone(), version, patience });
    [
        ("/grpc.reflection.v1.ServerReflection/", door(0)),
        ("/grpc.reflection.v1alpha.ServerReflection/", door(1)),
    ]
}

/// What is told, once somebody asks.
struct Asked {
    specs: Vec<&'static Spec>,
    health: bool,
    services: OnceLock<Option<[HttpService; 2]>>,
}

impl Asked {
    fn services(&self) -> Option<&[HttpService; 2]> {
        let made = self.services.get_or_init(|| {
            let made = services(self.specs.iter().copied(), self.health);
            made.inspect_err(|error| tracing::warn!(error = ?error, "no gRPC reflection")).ok()
        });
        made.as_ref()
    }
}

/// One version as it is mounted.
#[derive(Clone)]
struct Door {
    asked: Arc<Asked>,
    version: usize,
    patience: Duration,
}

impl Service<http::Request<HttpBody>> for Door {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let door = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = match Arrival::first(body, door.patience, MESSAGE_LIMIT).await {
                Ok(arrival) => HttpBody::new(arrival),
                Err(status) => return Ok(status.into_http()),
            };
            let request = http::Request::from_parts(head, body);
            match door.asked.services().and_then(|services| services.get(door.version)) {
                Some(service) => Ok(service.answer(request).await),
                None => Ok(unimplemented()),
            }
        })
    }
}

/// Answers where nothing can be told.
fn unimplemented() -> http::Response<HttpBody> {
    let mut response = http::Response::new(HttpBody::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(Code::Unimplemented.number()));
    headers.insert(
        "grpc-message",
        HeaderValue::from_static("the contracts cannot be described; the log says why"),
    );
    response
}

fn services<'a>(specs: impl IntoIterator<Item = &'a Spec>, health: bool) -> Result<[HttpService; 2]> {
    let set = contract::descriptor_set(specs)?;
    let files = set.encode();
    let v1 = builder(&files, set.contracts(), health).build_v1().map_err(failed)?;
    let v1alpha = builder(&files, set.contracts(), health).build_v1alpha().map_err(failed)?;
    Ok([
        HttpService::of(v1.max_decoding_message_size(MESSAGE_LIMIT)),
        HttpService::of(v1alpha.max_decoding_message_size(MESSAGE_LIMIT)),
    ])
}

/// Registers everything with either version; by itself each knows only of itself.
fn builder<'a>(files: &'a [u8], contracts: &[&str], health: bool) -> Builder<'a> {
    // A file may hold services that are not served here, so those that are listed are named.
    let reflection =
        [v1::server_reflection_server::SERVICE_NAME, v1alpha::server_reflection_server::SERVICE_NAME];
    let health = health.then_some(grpc_health::CONTRACT);
    let builder = Builder::configure()
        .include_reflection_service(false)
        .register_encoded_file_descriptor_set(files)
        .register_encoded_file_descriptor_set(v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(v1alpha::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    contracts.iter().copied().chain(health).chain(reflection).fold(builder, Builder::with_service_name)
}

fn failed(error: ReflectionError) -> Error {
    Error::internal("the contracts cannot be told by reflection").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::spec::Kind;

    const PING: Spec = Spec::new::<(), ()>("/ping.v1.Ping/Ping", "ping.v1.Ping", Kind::Unary);
    // Called like a message that it reaches, which no set of files can hold.
    const EMPTY: Spec =
        Spec::new::<(), ()>("/google.protobuf.Empty/Ping", "google.protobuf.Empty", Kind::Unary);

    const NONE: [&Spec; 0] = [];

    #[test]
    fn both_versions_are_there_for_whatever_is_served() {
        for specs in [&NONE[..], &[&PING]] {
            for health in [true, false] {
                assert!(services(specs.iter().copied(), health).is_ok());
            }
        }
    }

    #[tokio::test]
    async fn a_contract_that_cannot_be_described_is_no_reason_to_fail() {
        let error = contract::descriptor_set([&EMPTY]).unwrap_err();
        assert!(error.message().contains("google.protobuf.Empty"), "{error}");
        for (_, service) in mounts([&PING, &EMPTY], true, Duration::from_secs(5)) {
            let response = service.answer(http::Request::new(HttpBody::empty())).await;
            assert_eq!(response.headers()["grpc-status"], "12");
        }
    }
}
