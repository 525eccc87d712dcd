//! The orders, code first: what is in a cart becomes an order, once, however often it is asked for.

mod book;
mod messages;

pub use messages::*;

use std::future::ready;

use micro::prelude::*;

use crate::cart::{CartClient, Contents, RemoveRequest, ShowRequest};
use crate::names;
use crate::proto::shop::catalog::v1::{CatalogClient, Item, ReserveRequest};
use book::Book;

/// The topic orders are published on, as [`Order`]s.
pub const PLACED: &str = "shop.orders.placed";

/// Serves the orders of all customers.
pub struct Orders {
    book: Book,
}

/// Takes the orders of customers.
#[micro::service(package = "shop.orders.v1")]
impl Orders {
    /// Orders what is in the customer's cart, and publishes the order on `shop.orders.placed`.
    ///
    /// The same key again returns the same order: whoever got no answer asks again. Every step can be
    /// repeated, so an attempt that ended half way is gone on with.
    #[micro::handler(idempotent)]
    async fn place(&self, ctx: &Context, request: PlaceRequest) -> Result<Order> {
        let PlaceRequest { key, customer } = request;
        names::check("key", &key)?;
        names::check("customer", &customer)?;
        let cart = ctx.client::<CartClient>();
        let Contents { lines, .. } = cart.show(ShowRequest { customer: customer.clone() }).await?;
        // Looked for once the cart is read: another attempt empties it only after it has noted the order.
        if let Some(order) = self.book.find(&key) {
            return same(order, &customer);
        }
        if lines.is_empty() {
            return Err(Error::failed_precondition(format!("the cart of {customer} is empty")));
        }
        self.book.has_room()?;

        // Under the key of the order, so that a further attempt gets what this one reserves. What the catalog
        // fails with goes on as it is: code, details and the catalog's name.
        let items = lines.iter().map(|line| Item { product: line.product.clone(), quantity: line.quantity });
        let request = ReserveRequest { key: key.clone(), items: items.collect() };
        let reservation = ctx.client::<CatalogClient>().reserve(request).await?;
        let order = Order::of(key, customer, reservation);

        // Events of one key stay in order: here, those of one customer. By the id a subscriber can tell an
        // event that was published twice.
        ctx.publish(PLACED, &order).key(order.customer.as_str()).id(order.key.as_str()).await?;
        if let Some(earlier) = self.book.note(&order) {
            return same(earlier, &order.customer);
        }
        // The order stands, whatever becomes of the cart: it can be emptied by hand.
        if let Err(error) = cart.remove(RemoveRequest { customer: order.customer.clone(), lines }).await {
            eprintln!("orders   the cart of {} still holds order {}: {error}", order.customer, order.key);
        }
        Ok(order)
    }

    /// Returns an order.
    #[micro::handler(readonly)]
    async fn show(&self, request: OrderRequest) -> Result<Order> {
        self.book.find(&request.key).or_not_found(format!("there is no order {:?}", request.key))
    }
}

/// Returns the order that a key stands for already, unless it is somebody else's.
fn same(order: Order, customer: &str) -> Result<Order> {
    match order.customer == customer {
        true => Ok(order),
        false => Err(Error::already_exists(format!("{:?} names another order; choose a new key", order.key))),
    }
}

/// Makes the service. It is ready as long as it has room for orders.
pub fn service() -> Service {
    let book = Book::default();
    let checked = book.clone();
    let service = Service::new("orders").handle(Orders { book });
    service.check("room", move || ready(checked.has_room()))
}

#[cfg(test)]
mod tests;
