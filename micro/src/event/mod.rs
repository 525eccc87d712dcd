//! Events: what is published, what a subscriber gets, and what becomes of it.

mod delivery;
mod envelope;
mod occurrence;

pub(crate) use delivery::Shelf;
pub use delivery::{Delivery, Settle, Verdict};
pub use envelope::{Envelope, check_topic};
pub use occurrence::Event;
pub(crate) use occurrence::pause;
