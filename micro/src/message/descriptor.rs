//! The description of a message type.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Message;
use super::places::{Place, Places};
use super::types::Types;

/// Describes a message: its name, fields and the types they refer to. Cheap to clone.
#[derive(Clone)]
pub struct Descriptor {
    message: prost_reflect::MessageDescriptor,
    /// Where the message and what it reaches are written, as far as they are annotated types.
    places: Option<Arc<Places>>,
}

impl Descriptor {
    #[doc(hidden)]
    pub fn new(descriptor: prost_reflect::MessageDescriptor) -> Self {
        Descriptor { message: descriptor, places: None }
    }

    /// Describes an annotated type.
    pub(crate) fn written(message: prost_reflect::MessageDescriptor, places: Places) -> Self {
        Descriptor { message, places: Some(Arc::new(places)) }
    }

    /// Returns the full protobuf name, such as `greeter.v1.HelloRequest`.
    pub fn full_name(&self) -> &str {
        self.message.full_name()
    }

    /// Returns prost-reflect's view, for code that walks over fields.
    #[doc(hidden)]
    pub fn reflect(&self) -> &prost_reflect::MessageDescriptor {
        &self.message
    }

    /// Lists the annotated types that the message reaches, then the values of the enumerations among them, with
    /// where they are written.
    // Of two enumerations with one name, that is what is to be told, and not that they share a value.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&str, &Place)> {
        let all = self.places.iter().flat_map(|places| places.iter());
        let types = all.clone().filter(|(_, place)| !place.is_value());
        let values = all.filter(|(_, place)| place.is_value());
        types.chain(values).map(|(name, place)| (name.as_str(), place))
    }
}

impl PartialEq for Descriptor {
    fn eq(&self, other: &Descriptor) -> bool {
        self.message == other.message
    }
}

impl Eq for Descriptor {}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Descriptor({})", self.full_name())
    }
}

/// Holds the descriptor of one type, made when it is first asked for.
#[doc(hidden)]
pub struct DescriptorCell(OnceLock<Descriptor>);

impl DescriptorCell {
    /// Makes an empty cell.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        DescriptorCell(OnceLock::new())
    }

    /// Returns the descriptor that `make` makes the first time.
    // A pointer and no closure, so that it is compiled once, and not again for each message.
    pub fn get_or_make(&self, make: fn() -> Descriptor) -> Descriptor {
        self.0.get_or_init(make).clone()
    }

    /// Returns the descriptor of an annotated type.
    ///
    /// # Panics
    ///
    /// Panics when the types contradict one another, such as two types of one name: no contract can be made of them.
    pub fn describe<T: Message>(&self) -> Descriptor {
        self.get_or_make(|| described(T::NAME, T::register))
    }
}

fn described(name: &str, register: fn(&mut Types)) -> Descriptor {
    let mut types = Types::default();
    register(&mut types);
    match types.build(name) {
        Ok(descriptor) => descriptor,
        Err(why) => panic!("the message {name} cannot be described: {why}"),
    }
}
