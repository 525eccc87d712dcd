//! The options of methods, put back into the descriptors that the generated code embeds: `prost-types` has no room for
//! them, and reflection tells them to callers.

use protox::prost::Message;
use protox::prost_reflect::{DescriptorPool, DynamicMessage, Value};

use super::{Methods, SET};
use crate::error::Error;
use crate::services::{METHOD, SERVICE};
use crate::{Result, wellknown};

/// Returns an encoded set with what is said of its methods.
///
/// # Errors
///
/// When the set is none.
pub(crate) fn embed(encoded: Vec<u8>, methods: &Methods) -> Result<Vec<u8>> {
    // The bytes stay as prost wrote them wherever there is nothing to add.
    if methods.is_empty() {
        return Ok(encoded);
    }
    let failed = |why: &str| Error::new(format!("cannot write custom options: {why}"));
    let pool = wellknown::pool();
    let set = pool.get_message_by_name(SET.0).ok_or_else(|| failed("descriptors have no descriptor"))?;
    let mut set =
        DynamicMessage::decode(set, encoded.as_slice()).map_err(|error| failed(&error.to_string()))?;
    for file in list(&mut set, SET.1) {
        let name =
            file.get_field_by_name("name").as_deref().and_then(Value::as_str).unwrap_or_default().to_owned();
        for (at, service) in (0..).zip(list(file, SERVICE.cast_unsigned())) {
            for (place, method) in (0..).zip(list(service, METHOD.cast_unsigned())) {
                let Some(said) = methods.of(&name, [at, place]) else { continue };
                let options = method.get_field_by_name_mut("options").and_then(Value::as_message_mut);
                let options = options.ok_or_else(|| failed("a method has no options"))?;
                for (option, value) in &said.set {
                    set_option(options, &pool, option, value);
                }
            }
        }
    }
    Ok(set.encode_to_vec())
}

fn set_option(options: &mut DynamicMessage, pool: &DescriptorPool, name: &str, value: &Value) {
    // Each is declared there, as that is how its value was read.
    if let Some(option) = pool.get_extension_by_name(name) {
        options.set_extension(&option, value.clone());
    }
}

/// Walks over the messages of a repeated field.
fn list(holder: &mut DynamicMessage, number: u32) -> impl Iterator<Item = &mut DynamicMessage> {
    let list = match holder.has_field_by_number(number) {
        true => holder.get_field_by_number_mut(number).and_then(Value::as_list_mut),
        false => None,
    };
    list.into_iter().flatten().filter_map(Value::as_message_mut)
}
