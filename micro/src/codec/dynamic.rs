//! A message seen through its descriptor, for codecs that work for all messages.

use std::fmt;

use ::bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, ReflectMessage, SerializeOptions};
use serde::{Deserializer, Serialize, Serializer};

use super::canonical::Canonical;
use crate::error::{Error, Result};
use crate::message::Descriptor;

/// A message of any type: made from protobuf or by a serde format, and turned into either.
///
/// In serde's terms it is the canonical JSON mapping of protobuf 3: names in `lowerCamelCase`, 64-bit integers and
/// bytes (base64) as text, enums by name, times as RFC 3339, nothing for a field at its default. A name that the
/// message does not have is an error; `null` stands for the default. An `Any` can be read and written when the type
/// inside is one the message's own contract refers to, or a well-known one.
#[derive(Clone, PartialEq)]
pub struct Dynamic(DynamicMessage);

impl Dynamic {
    /// Makes the message with every field at its default.
    pub fn empty(descriptor: &Descriptor) -> Self {
        Dynamic(DynamicMessage::new(descriptor.reflect().clone()))
    }

    /// Reads protobuf.
    ///
    /// # Errors
    ///
    /// `invalid argument` saying what is wrong with the bytes.
    pub fn from_proto(descriptor: &Descriptor, bytes: Bytes) -> Result<Self> {
        DynamicMessage::decode(descriptor.reflect().clone(), bytes).map(Dynamic).map_err(|error| {
            Error::invalid_argument(super::encoding::undecodable(descriptor.full_name(), &error))
        })
    }

    /// Writes protobuf.
    pub fn to_proto(&self) -> Bytes {
        self.0.encode_to_vec().into()
    }

    /// Reads a serde format.
    ///
    /// # Errors
    ///
    /// The format's error, saying what the message does not allow.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        descriptor: &Descriptor,
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        const OPTIONS: DeserializeOptions = DeserializeOptions::new().deny_unknown_fields(true);
        DynamicMessage::deserialize_with_options(descriptor.reflect().clone(), deserializer, &OPTIONS)
            .map(Dynamic)
    }

    /// Describes the message.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.0.descriptor())
    }

    pub(super) fn reflect(&self) -> &DynamicMessage {
        &self.0
    }

    pub(super) fn reflect_mut(&mut self) -> &mut DynamicMessage {
        &mut self.0
    }
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        const OPTIONS: SerializeOptions = SerializeOptions::new();
        self.0.serialize_with_options(Canonical::new(serializer), &OPTIONS)
    }
}

impl fmt::Debug for Dynamic {
    /// Names the type only: what a message holds may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dynamic").field(&self.0.descriptor().full_name()).finish()
    }
}
