//! Where annotated types are written, for errors about two of them.

use std::any::TypeId;
use std::collections::BTreeMap;

/// The annotated types that a message reaches, itself included, by full name.
pub(crate) type Places = BTreeMap<String, Place>;

/// An annotated type and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    id: TypeId,
    type_name: &'static str,
    line: &'static str,
}

impl Place {
    /// Notes that `T` is written at `line`: `src/ledger.rs:12`.
    pub(crate) fn of<T: 'static>(line: &'static str) -> Place {
        Place { id: TypeId::of::<T>(), type_name: std::any::type_name::<T>(), line }
    }

    /// Says that two types have one name, and what to do.
    pub(crate) fn contradiction(full_name: &str, first: &Place, second: &Place) -> String {
        format!(
            "two types are called {full_name}: {} ({}) and {} ({}); rename one: #[micro::message(name = \"…\")]",
            first.type_name, first.line, second.type_name, second.line
        )
    }
}

impl PartialEq for Place {
    /// One type is one place, from whichever macro its line was taken.
    fn eq(&self, other: &Place) -> bool {
        self.id == other.id
    }
}

impl Eq for Place {}
