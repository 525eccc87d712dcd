//! The event.

/// The topic orders are published on.
pub const PLACED: &str = "orders.placed";

/// Somebody has placed an order.
#[micro::message]
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The number of the order.
    pub number: u32,
    /// What was ordered.
    pub item: String,
}
