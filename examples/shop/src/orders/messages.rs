//! What travels to and from the orders.

use crate::proto::shop::catalog::v1::Reservation;

/// What to order: all that is in the customer's cart.
#[micro::message(package = "shop.orders.v1")]
#[derive(Clone, Debug, Default)]
pub struct PlaceRequest {
    /// Names the order: chosen by the caller, new for each order.
    pub key: String,
    /// Who orders.
    pub customer: String,
}

/// Which order to show.
#[micro::message(package = "shop.orders.v1")]
#[derive(Clone, Debug, Default)]
pub struct OrderRequest {
    /// The key of the order.
    pub key: String,
}

/// An order. It is the event on the topic `shop.orders.placed` too.
#[micro::message(package = "shop.orders.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// The key, as whoever placed the order chose it.
    pub key: String,
    /// Who has ordered.
    pub customer: String,
    /// What was ordered, by the id of the product.
    pub lines: Vec<OrderLine>,
    /// What it costs in all, in cents.
    pub cents: i64,
}

/// Pieces of one product.
#[micro::message(package = "shop.orders.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderLine {
    /// The id of the product.
    pub product: String,
    /// How many.
    pub quantity: u32,
    /// The price of one piece, in cents.
    pub cents: i64,
}

impl Order {
    /// Makes an order of what the catalog has reserved, at the catalog's prices.
    pub fn of(key: String, customer: String, reservation: Reservation) -> Order {
        let lines = reservation.items.into_iter().map(|item| OrderLine {
            product: item.product,
            quantity: item.quantity,
            cents: item.cents,
        });
        let lines: Vec<OrderLine> = lines.collect();
        // Saturates on prices that are no prices: the catalog is another process.
        let cents = lines
            .iter()
            .fold(0i64, |sum, line| sum.saturating_add(line.cents.saturating_mul(i64::from(line.quantity))));
        Order { key, customer, lines, cents }
    }

    /// Says what was ordered: `1 x book, 2 x lamp`.
    pub fn pieces(&self) -> String {
        let pieces: Vec<String> =
            self.lines.iter().map(|line| format!("{} x {}", line.quantity, line.product)).collect();
        pieces.join(", ")
    }
}
