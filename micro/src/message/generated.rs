//! What code generated from a `.proto` leans on: the descriptors of its files, and the line that makes a message of
//! a type by prost.

use std::sync::OnceLock;

use prost_reflect::DescriptorPool;

use super::{Descriptor, options};

/// The descriptors of all files a crate was generated from, decoded when first asked for.
#[doc(hidden)]
pub struct Pool {
    encoded: &'static [u8],
    decoded: OnceLock<DescriptorPool>,
}

impl Pool {
    /// Makes a pool of an encoded `google.protobuf.FileDescriptorSet`.
    pub const fn new(encoded: &'static [u8]) -> Self {
        Pool { encoded, decoded: OnceLock::new() }
    }

    /// Returns the descriptor of the message `full_name`.
    ///
    /// # Panics
    ///
    /// Panics when the embedded descriptors are not those the code was generated from.
    pub fn message(&self, full_name: &str) -> Descriptor {
        match self.decoded().get_message_by_name(full_name) {
            Some(message) => Descriptor::new(message),
            None => panic!(
                "{full_name} is missing from the descriptors of the generated code; build the crate anew"
            ),
        }
    }

    /// Returns all descriptors.
    pub fn decoded(&self) -> &DescriptorPool {
        self.decoded.get_or_init(|| {
            // The well-known types are always there, so that an `Any` may hold each of them, and so is the file of our
            // options, which any other may import.
            let mut pool = options::pool();
            match pool.decode_file_descriptor_set(self.encoded) {
                Ok(()) => pool,
                Err(error) => panic!("the descriptors of the generated code are damaged: {error}"),
            }
        })
    }
}

/// Makes a message of a type by prost: `prost_message!(HelloRequest, "greeter.v1.HelloRequest", POOL)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_prost_message {
    ($message:ty, $name:expr, $pool:path) => {
        impl $crate::Message for $message {
            const NAME: &'static str = $name;

            fn empty() -> Self {
                <$message as ::core::default::Default>::default()
            }

            fn descriptor() -> $crate::message::Descriptor {
                static CELL: $crate::message::derive::DescriptorCell =
                    $crate::message::derive::DescriptorCell::new();
                CELL.get_or_make(|| $pool.message($name))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

    use super::*;
    use crate::Message as _;

    fn encoded() -> &'static [u8] {
        let file = FileDescriptorProto {
            name: Some("ping.proto".into()),
            package: Some("ping.v1".into()),
            message_type: vec![DescriptorProto { name: Some("Ping".into()), ..Default::default() }],
            syntax: Some("proto3".into()),
            ..Default::default()
        };
        FileDescriptorSet { file: vec![file] }.encode_to_vec().leak()
    }

    #[test]
    fn finds_its_messages_and_the_well_known_ones() {
        let pool = Pool::new(encoded());
        assert_eq!(pool.message("ping.v1.Ping").full_name(), "ping.v1.Ping");
        assert_eq!(pool.message("google.protobuf.Any").full_name(), "google.protobuf.Any");
    }

    #[test]
    #[should_panic(expected = "ping.v1.Pong is missing")]
    fn a_foreign_name_is_a_mistake_of_the_build() {
        Pool::new(encoded()).message("ping.v1.Pong");
    }

    static PING: std::sync::LazyLock<Pool> = std::sync::LazyLock::new(|| Pool::new(encoded()));

    #[derive(Clone, PartialEq, prost::Message)]
    struct Ping {}

    crate::__micro_prost_message!(Ping, "ping.v1.Ping", PING);

    #[test]
    fn a_line_makes_a_message_of_a_type_by_prost() {
        assert_eq!(Ping::NAME, "ping.v1.Ping");
        assert_eq!(Ping::empty(), Ping {});
        assert_eq!(Ping::descriptor().full_name(), "ping.v1.Ping");
    }
}
