//! The stock: products, and what was taken for whom. Plain data, without calls and locks.

use std::collections::{BTreeMap, HashMap};

use micro::{Error, OptionExt as _, Result};

use crate::details;
use crate::proto::shop::catalog::v1::{Item, OutOfStock, Product, Reservation, ReservedItem};

/// What the shop sells: id, name, price in cents, pieces.
const WARES: [(&str, &str, i64, u32); 3] =
    [("book", "Field guide", 2490, 1000), ("globe", "Globe", 8900, 1), ("lamp", "Desk lamp", 3450, 1000)];

/// How many items a reservation may have.
const MOST_ITEMS: usize = 100;

/// How many pieces an item may be.
const MOST_PIECES: u32 = 1000;

/// How many reservations are kept.
const MOST_RESERVATIONS: usize = 10_000;

/// What is there, and what is reserved.
pub struct Stock {
    products: BTreeMap<String, Product>,
    /// By key. One that is never asked for again stays; a real shop would let it expire.
    reservations: HashMap<String, Reservation>,
}

impl Default for Stock {
    fn default() -> Self {
        let product = |(id, name, cents, left): (&str, &str, i64, u32)| {
            (id.to_owned(), Product { id: id.to_owned(), name: name.to_owned(), cents, left })
        };
        Stock { products: WARES.into_iter().map(product).collect(), reservations: HashMap::new() }
    }
}

impl Stock {
    /// Lists all products, by id.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// Finds a product.
    ///
    /// # Errors
    ///
    /// `not found`.
    pub fn get(&self, id: &str) -> Result<&Product> {
        self.products.get(id).or_not_found(format!("there is no product {id:?}"))
    }

    /// Takes items, all of them or none. Does nothing when the key is known.
    ///
    /// # Errors
    ///
    /// `invalid argument` for items that make no sense, `not found` for an unknown product, `failed
    /// precondition` with [`OutOfStock`] when there is too little of one, `resource exhausted` when no
    /// further reservation can be kept.
    pub fn reserve(&mut self, key: String, items: &[Item]) -> Result<Reservation> {
        if let Some(reservation) = self.reservations.get(&key) {
            return Ok(reservation.clone());
        }
        if self.reservations.len() >= MOST_RESERVATIONS {
            return Err(Error::resource_exhausted(format!(
                "{MOST_RESERVATIONS} reservations are kept in memory, and no more"
            )));
        }
        let wanted = add_up(items)?;
        // Looked at before anything is taken.
        for (id, quantity) in &wanted {
            let product = self.get(id)?;
            if product.left < *quantity {
                return Err(out_of_stock(product, *quantity));
            }
        }
        let mut reservation = Reservation::default();
        for (id, quantity) in wanted {
            if let Some(product) = self.products.get_mut(id) {
                product.left -= quantity;
                let (product, cents) = (product.id.clone(), product.cents);
                reservation.items.push(ReservedItem { product, quantity, cents });
            }
        }
        self.reservations.insert(key, reservation.clone());
        Ok(reservation)
    }
}

/// Adds up what is wanted of each product, which may be named more than once.
fn add_up(items: &[Item]) -> Result<BTreeMap<&str, u32>> {
    if items.is_empty() || items.len() > MOST_ITEMS {
        return Err(Error::invalid_argument(format!("a reservation has 1 to {MOST_ITEMS} items")));
    }
    let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
    for item in items {
        if !(1..=MOST_PIECES).contains(&item.quantity) {
            return Err(Error::invalid_argument(format!("an item is 1 to {MOST_PIECES} pieces")));
        }
        // Cannot overflow: the number of items has a limit, and so have their pieces.
        *wanted.entry(item.product.as_str()).or_insert(0) += item.quantity;
    }
    Ok(wanted)
}

fn out_of_stock(product: &Product, wanted: u32) -> Error {
    let Product { id, left, .. } = product;
    let error = Error::failed_precondition(format!("{wanted} of {id:?} are wanted, {left} left"));
    details::add(error, &OutOfStock { product: id.clone(), wanted, left: *left })
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    fn item(product: &str, quantity: u32) -> Item {
        Item { product: product.to_owned(), quantity }
    }

    fn left(stock: &Stock, product: &str) -> u32 {
        stock.get(product).unwrap().left
    }

    #[test]
    fn the_same_key_takes_once() {
        let mut stock = Stock::default();
        let before = left(&stock, "lamp");
        let first = stock.reserve("a".into(), &[item("lamp", 2), item("book", 1), item("lamp", 1)]).unwrap();
        let quantities: Vec<_> =
            first.items.iter().map(|item| (item.product.as_str(), item.quantity)).collect();
        assert_eq!(quantities, [("book", 1), ("lamp", 3)]);
        assert_eq!(stock.reserve("a".into(), &[item("book", 9)]).unwrap(), first);
        assert_eq!(left(&stock, "lamp"), before - 3);
        stock.reserve("b".into(), &[item("lamp", 1)]).unwrap();
        assert_eq!(left(&stock, "lamp"), before - 4);
    }

    #[test]
    fn all_is_taken_or_nothing() {
        let mut stock = Stock::default();
        let before = left(&stock, "book");
        for (items, code) in [
            (vec![item("book", 1), item("globe", 2)], Code::FailedPrecondition),
            (vec![item("globe", 1), item("globe", 1)], Code::FailedPrecondition),
            (vec![item("book", 1), item("unicorn", 1)], Code::NotFound),
            (vec![item("book", 0)], Code::InvalidArgument),
            (vec![item("book", MOST_PIECES + 1)], Code::InvalidArgument),
            (vec![item("book", 1); MOST_ITEMS + 1], Code::InvalidArgument),
            (Vec::new(), Code::InvalidArgument),
        ] {
            assert_eq!(stock.reserve("a".into(), &items).unwrap_err().code(), code, "{items:?}");
        }
        assert_eq!((left(&stock, "book"), left(&stock, "globe")), (before, 1));
        // What failed has not used the key up.
        assert!(stock.reserve("a".into(), &[item("globe", 1)]).is_ok());
    }

    #[test]
    fn reservations_are_bounded() {
        let mut stock = Stock::default();
        for number in 0..MOST_RESERVATIONS {
            stock.reservations.insert(number.to_string(), Reservation::default());
        }
        let error = stock.reserve("one more".into(), &[item("book", 1)]).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert!(stock.reserve("0".into(), &[]).is_ok(), "what is known is still answered");
    }
}
