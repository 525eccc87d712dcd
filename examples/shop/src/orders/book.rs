//! The book of orders: what was placed, by key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use micro::{Error, Result};

use super::messages::Order;

/// How many orders are kept.
const MOST_ORDERS: usize = 10_000;

/// The orders that were placed. Clones are the same book.
///
/// It is in memory: every process has its own, and it is empty after a restart. A real one would be in a
/// database, where the key is unique.
#[derive(Clone, Default)]
pub struct Book(Arc<Mutex<HashMap<String, Order>>>);

impl Book {
    /// Finds an order by its key.
    pub fn find(&self, key: &str) -> Option<Order> {
        self.orders().get(key).cloned()
    }

    /// Notes an order. Where its key is taken, nothing changes, and the order that has it is returned.
    pub fn note(&self, order: &Order) -> Option<Order> {
        match self.orders().entry(order.key.clone()) {
            Entry::Occupied(earlier) => Some(earlier.get().clone()),
            Entry::Vacant(place) => {
                place.insert(order.clone());
                None
            }
        }
    }

    /// Tells whether there is room for another order. Orders that are placed at the same moment may go over
    /// the limit, by as many as they are.
    ///
    /// # Errors
    ///
    /// `resource exhausted` when there is none.
    pub fn has_room(&self) -> Result<()> {
        if self.orders().len() >= MOST_ORDERS {
            return Err(Error::resource_exhausted(format!(
                "{MOST_ORDERS} orders are kept in memory, and no more"
            )));
        }
        Ok(())
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<String, Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    fn order(key: &str, customer: &str) -> Order {
        Order { key: key.to_owned(), customer: customer.to_owned(), ..Order::default() }
    }

    #[test]
    fn the_first_order_of_a_key_stays() {
        let book = Book::default();
        assert_eq!(book.find("1"), None);
        assert_eq!(book.note(&order("1", "ann")), None);
        assert_eq!(book.note(&order("1", "bob")), Some(order("1", "ann")));
        assert_eq!(book.clone().find("1"), Some(order("1", "ann")));
    }

    #[test]
    fn a_full_book_has_no_room() {
        let book = Book::default();
        for number in 0..MOST_ORDERS {
            assert!(book.has_room().is_ok(), "{number}");
            book.note(&order(&number.to_string(), "ann"));
        }
        assert_eq!(book.has_room().unwrap_err().code(), Code::ResourceExhausted);
    }
}
