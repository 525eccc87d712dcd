//! gRPC reflection, v1 and v1alpha: foreign tools list, describe and call what is served without any file.

use tonic_reflection::pb::{v1, v1alpha};
use tonic_reflection::server::{Builder, Error as ReflectionError};

use crate::contract;
use crate::error::{Error, Result};
use crate::server::HttpService;
use crate::spec::Spec;

use super::grpc_health;

/// The longest request: it holds one name.
const MESSAGE_LIMIT: usize = 16 << 10;

/// Makes both versions of the reflection service, by the paths they are mounted at. They tell of `specs`, of
/// themselves, and of the health service where `health` says that it is there.
///
/// A contract that cannot be described keeps no service from running: then there is no reflection, and a warning.
pub(super) fn mounts<'a>(
    specs: impl IntoIterator<Item = &'a Spec>,
    health: bool,
) -> Vec<(&'static str, HttpService)> {
    match services(specs, health) {
        Ok([v1, v1alpha]) => vec![
            ("/grpc.reflection.v1.ServerReflection/", v1),
            ("/grpc.reflection.v1alpha.ServerReflection/", v1alpha),
        ],
        Err(error) => {
            tracing::warn!(error = ?error, "no gRPC reflection; the setting `reflection` switches it off for good");
            Vec::new()
        }
    }
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

    #[test]
    fn both_versions_are_there_for_whatever_is_served() {
        let none: [&Spec; 0] = [];
        for specs in [&none[..], &[&PING]] {
            let paths: Vec<_> =
                mounts(specs.iter().copied(), true).into_iter().map(|(path, _)| path).collect();
            assert_eq!(paths.len(), 2);
            assert!(paths.iter().all(|path| path.starts_with("/grpc.reflection.v1") && path.ends_with('/')));
        }
    }

    #[test]
    fn a_contract_that_cannot_be_described_is_no_reason_to_fail() {
        assert!(mounts([&PING, &EMPTY], true).is_empty());
        let error = contract::descriptor_set([&EMPTY]).unwrap_err();
        assert!(error.message().contains("google.protobuf.Empty"), "{error}");
    }
}
