//! What the bell and who hears it agree on.

/// What is published.
pub const TOPIC: &str = "house.rang";

/// Somebody is at a door.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub struct Rang {
    /// Which one.
    pub door: String,
}
