//! Options of ours, which descriptors hold apart from those of protobuf.

use std::collections::BTreeMap;

use prost_reflect::FileDescriptor;

use crate::contract::options::timeout_of;

/// What the methods of a file say of themselves.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The timeouts, as they are written, by the full names of the methods.
    timeouts: BTreeMap<String, String>,
}

impl Options {
    /// Reads the options that are set in a file.
    pub(crate) fn of(file: &FileDescriptor) -> Options {
        let mut timeouts = BTreeMap::new();
        for service in file.services() {
            for method in service.methods() {
                timeouts.extend(timeout_of(&method).map(|timeout| (method.full_name().to_owned(), timeout)));
            }
        }
        Options { timeouts }
    }

    /// Returns the timeout of a method, by its full name.
    pub(super) fn timeout(&self, method: &str) -> Option<&str> {
        self.timeouts.get(method).map(String::as_str)
    }
}
