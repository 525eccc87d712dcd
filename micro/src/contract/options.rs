//! Options of ours in descriptors. The types of protobuf's own files have no room for them: they are in the encoded form
//! only, and in what reads that with `micro/options.proto` at hand.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message as _;
use prost_reflect::{DynamicMessage, FileDescriptor, MethodDescriptor, Value};
use prost_types::FileDescriptorProto;

use crate::config::show_duration;
use crate::error::{Error, Result};
use crate::message::options::{FILE, TIMEOUT, pool};
use crate::spec::Spec;

/// How long calls may take, by the paths of their methods.
pub(super) type Timeouts = BTreeMap<&'static str, Duration>;

/// Returns the timeout of a method by its path, if it has one.
pub(super) fn timeout(spec: &Spec) -> Option<(&'static str, Duration)> {
    Some((spec.path, spec.timeout?))
}

/// Returns the file that has to be imported where an option is set.
///
/// # Errors
///
/// `internal` when it is not there.
pub(super) fn file() -> Result<FileDescriptor> {
    pool().get_file_by_name(FILE).ok_or_else(|| lost(FILE))
}

/// Encodes a file with the timeouts of its methods.
///
/// # Errors
///
/// `internal` when protobuf's own files are not there.
pub(super) fn encode(file: &FileDescriptorProto, timeouts: &Timeouts) -> Result<Vec<u8>> {
    const MESSAGE: &str = "google.protobuf.FileDescriptorProto";
    let encoded = file.encode_to_vec();
    if timeouts.is_empty() {
        return Ok(encoded);
    }
    let pool = pool();
    let message = pool.get_message_by_name(MESSAGE).ok_or_else(|| lost(MESSAGE))?;
    let timeout = pool.get_extension_by_name(TIMEOUT).ok_or_else(|| lost(TIMEOUT))?;
    let mut message = DynamicMessage::decode(message, encoded.as_slice())
        .map_err(|error| lost(MESSAGE).with_source(error))?;
    let before = match file.package() {
        "" => "/".to_owned(),
        package => format!("/{package}."),
    };
    for service in messages(&mut message, "service") {
        let before = format!("{before}{}/", text(service, "name"));
        for method in messages(service, "method") {
            let Some(limit) = timeouts.get(format!("{before}{}", text(method, "name")).as_str()) else {
                continue;
            };
            let options = method.get_field_by_name_mut("options").and_then(Value::as_message_mut);
            if let Some(options) = options {
                options.set_extension(&timeout, Value::String(show_duration(*limit)));
            }
        }
    }
    Ok(message.encode_to_vec())
}

/// Reads the timeout of a method, as it was written.
pub(super) fn timeout_of(method: &MethodDescriptor) -> Option<String> {
    let options = method.options();
    let mut set = options.extensions().filter(|(option, _)| option.full_name() == TIMEOUT);
    set.find_map(|(_, value)| value.as_str().map(str::to_owned))
}

fn lost(what: &str) -> Error {
    Error::internal(format!("{what} is missing from the descriptors of the library"))
}

/// Walks over the messages of a repeated field.
fn messages<'a>(holder: &'a mut DynamicMessage, name: &str) -> impl Iterator<Item = &'a mut DynamicMessage> {
    let list = holder.get_field_by_name_mut(name).and_then(Value::as_list_mut);
    list.into_iter().flatten().filter_map(Value::as_message_mut)
}

fn text(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
