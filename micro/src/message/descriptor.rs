//! The description of a message type.

use std::fmt;

/// Describes a message: its name, fields and the types they refer to. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Descriptor(prost_reflect::MessageDescriptor);

impl Descriptor {
    #[doc(hidden)]
    pub fn new(descriptor: prost_reflect::MessageDescriptor) -> Self {
        Descriptor(descriptor)
    }

    /// Returns the full protobuf name, such as `greeter.v1.HelloRequest`.
    pub fn full_name(&self) -> &str {
        self.0.full_name()
    }

    /// Returns prost-reflect's view, for code that walks over fields.
    #[doc(hidden)]
    pub fn reflect(&self) -> &prost_reflect::MessageDescriptor {
        &self.0
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Descriptor({})", self.full_name())
    }
}
