//! A contract as protobuf's services describe it: found in the file it was generated from, or made of its methods.

use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{MethodDescriptorProto, MethodOptions, ServiceDescriptorProto};

use crate::error::{Error, Result};
use crate::spec::{Idempotency, Spec};

/// Finds the service in the files that the messages of its methods came with. A contract that is code is in none; nor
/// is one all of whose messages are well-known types, which come with no file of ours.
///
/// # Errors
///
/// `failed precondition` when a file has a service of the name and says otherwise about a method.
pub(super) fn find(contract: &str, methods: &[&Spec]) -> Result<Option<ServiceDescriptor>> {
    let found = methods
        .iter()
        .flat_map(|spec| [(spec.request)(), (spec.reply)()])
        .find_map(|message| message.reflect().parent_pool().get_service_by_name(contract));
    let Some(service) = found else { return Ok(None) };
    for spec in methods {
        if !service.methods().any(|method| is_described(spec, &method)) {
            let file = service.parent_file();
            return Err(Error::failed_precondition(format!(
                "{} is not what {} says about {contract}: {}; give one of them another name",
                spec.path,
                file.name(),
                signature(spec)
            )));
        }
    }
    Ok(Some(service))
}

fn is_described(spec: &Spec, method: &MethodDescriptor) -> bool {
    method.name() == spec.method
        && method.input().full_name() == (spec.request)().full_name()
        && method.output().full_name() == (spec.reply)().full_name()
        && method.is_client_streaming() == spec.kind.client_streams()
        && method.is_server_streaming() == spec.kind.server_streams()
}

/// Writes a method as a `.proto` would.
fn signature(spec: &Spec) -> String {
    let stream = |streams| if streams { "stream " } else { "" };
    format!(
        "rpc {}({}{}) returns ({}{})",
        spec.method,
        stream(spec.kind.client_streams()),
        (spec.request)().full_name(),
        stream(spec.kind.server_streams()),
        (spec.reply)().full_name()
    )
}

/// Describes a service called `name` by its methods.
pub(super) fn describe(name: &str, methods: &[&Spec]) -> ServiceDescriptorProto {
    ServiceDescriptorProto {
        name: Some(name.to_owned()),
        method: methods.iter().map(|spec| method(spec)).collect(),
        options: None,
    }
}

fn method(spec: &Spec) -> MethodDescriptorProto {
    let level = match spec.idempotency {
        Idempotency::Unknown => None,
        Idempotency::Readonly => Some(IdempotencyLevel::NoSideEffects),
        Idempotency::Idempotent => Some(IdempotencyLevel::Idempotent),
    };
    let options = (level.is_some() || spec.deprecated).then(|| MethodOptions {
        idempotency_level: level.map(|level| level as i32),
        // Absent is what a compiler writes for `false`.
        deprecated: spec.deprecated.then_some(true),
        ..MethodOptions::default()
    });
    MethodDescriptorProto {
        name: Some(spec.method.to_owned()),
        input_type: Some(format!(".{}", (spec.request)().full_name())),
        output_type: Some(format!(".{}", (spec.reply)().full_name())),
        options,
        client_streaming: spec.kind.client_streams().then_some(true),
        server_streaming: spec.kind.server_streams().then_some(true),
    }
}
