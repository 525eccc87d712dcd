//! Where annotated types are written, for errors about two of them.

use std::any::TypeId;
use std::collections::BTreeMap;

/// The annotated types that a message reaches, itself included, and the values of the enumerations among them,
/// by full name: to protobuf, values are names of the package too.
pub(crate) type Places = BTreeMap<String, Place>;

/// An annotated type, or a value of it, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    id: TypeId,
    type_name: &'static str,
    line: &'static str,
    is_value: bool,
}

impl Place {
    /// Notes that `T` is written at `line`: `src/ledger.rs:12`.
    pub(crate) fn of<T: 'static>(line: &'static str) -> Place {
        Place { id: TypeId::of::<T>(), type_name: std::any::type_name::<T>(), line, is_value: false }
    }

    /// Returns the place of a value of the enumeration that is here.
    pub(super) fn of_value(self) -> Place {
        Place { is_value: true, ..self }
    }

    /// Tells whether this is a value, and no type.
    pub(super) fn is_value(&self) -> bool {
        self.is_value
    }

    /// Says that two types, or values of them, have one name, and what to do.
    pub(crate) fn contradiction(full_name: &str, first: &Place, second: &Place) -> String {
        if first.is_value || second.is_value {
            return format!(
                "two things are called {full_name}: {} and {}, as the values of an enumeration are names of \
                 its package; rename the value, or the type: #[micro::message(name = \"…\")]",
                first.shown(),
                second.shown()
            );
        }
        format!(
            "two types are called {full_name}: {} ({}) and {} ({}); rename one: #[micro::message(name = \"…\")]",
            first.type_name, first.line, second.type_name, second.line
        )
    }

    fn shown(&self) -> String {
        let sort = if self.is_value { "a value" } else { "the name" };
        format!("{sort} of {} ({})", self.type_name, self.line)
    }
}

impl PartialEq for Place {
    /// One type is one place, from whichever macro its line was taken.
    fn eq(&self, other: &Place) -> bool {
        (self.id, self.is_value) == (other.id, other.is_value)
    }
}

impl Eq for Place {}
