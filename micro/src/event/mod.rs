//! Events: what is published, what a subscriber gets, and what becomes of it.

mod delivery;
mod envelope;
mod occurrence;
mod run;

pub use delivery::{Delivery, Settle, Verdict};
pub use envelope::{Envelope, check_topic};
#[cfg(any(test, feature = "conformance"))]
pub(crate) use envelope::{LARGEST_METADATA, LONGEST_ATTRIBUTE, METADATA_WEIGHT};
pub use occurrence::Event;
pub(crate) use occurrence::pause;
pub use run::Run;
pub(crate) use run::Shelf;
