//! The carts: who wants how much of what. Plain data, without calls and locks.

use std::collections::{BTreeMap, HashMap};

use micro::{Error, Result};

use super::messages::Line;

/// How many carts are kept.
const MOST_CARTS: usize = 10_000;

/// How many products a cart holds; the catalog reserves no more at once.
const MOST_PRODUCTS: usize = 100;

/// How many pieces of a product a cart holds; the catalog reserves no more at once.
const MOST_PIECES: u32 = 1000;

/// By customer: how many pieces of which product. One without products is not kept.
#[derive(Default)]
pub struct Carts(HashMap<String, BTreeMap<String, u32>>);

impl Carts {
    /// Puts pieces of a product into the cart of a customer.
    ///
    /// # Errors
    ///
    /// `invalid argument` for a quantity that makes no sense, `resource exhausted` when the cart is full, or
    /// when there are too many.
    pub fn add(&mut self, customer: &str, product: String, quantity: u32) -> Result<()> {
        if !(1..=MOST_PIECES).contains(&quantity) {
            return Err(Error::invalid_argument(format!("quantity must be 1 to {MOST_PIECES}")));
        }
        if !self.0.contains_key(customer) && self.0.len() >= MOST_CARTS {
            return Err(Error::resource_exhausted(format!(
                "{MOST_CARTS} carts are kept in memory, and no more"
            )));
        }
        let cart = self.0.entry(customer.to_owned()).or_default();
        if !cart.contains_key(&product) && cart.len() >= MOST_PRODUCTS {
            return Err(Error::resource_exhausted(format!("a cart holds {MOST_PRODUCTS} products at most")));
        }
        let pieces = cart.get(&product).copied().unwrap_or(0) + quantity;
        if pieces > MOST_PIECES {
            let message = format!("a cart holds {MOST_PIECES} pieces of {product:?} at most");
            return Err(Error::resource_exhausted(message));
        }
        cart.insert(product, pieces);
        Ok(())
    }

    /// Takes pieces out of the cart of a customer, as far as they are in it.
    pub fn remove(&mut self, customer: &str, lines: &[Line]) {
        let Some(cart) = self.0.get_mut(customer) else { return };
        for line in lines {
            if let Some(pieces) = cart.get_mut(&line.product) {
                *pieces = pieces.saturating_sub(line.quantity);
            }
        }
        cart.retain(|_, pieces| *pieces > 0);
        if cart.is_empty() {
            self.0.remove(customer);
        }
    }

    /// Lists what is in the cart of a customer, by product.
    pub fn lines(&self, customer: &str) -> Vec<Line> {
        let cart = self.0.get(customer).into_iter().flatten();
        cart.map(|(product, quantity)| Line { product: product.clone(), quantity: *quantity }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    fn line(product: &str, quantity: u32) -> Line {
        Line { product: product.to_owned(), quantity }
    }

    #[test]
    fn pieces_add_up_and_come_out_again() {
        let mut carts = Carts::default();
        carts.add("ann", "lamp".into(), 2).unwrap();
        carts.add("ann", "book".into(), 1).unwrap();
        carts.add("ann", "lamp".into(), 3).unwrap();
        carts.add("bob", "lamp".into(), 1).unwrap();
        assert_eq!(carts.lines("ann"), [line("book", 1), line("lamp", 5)]);
        carts.remove("ann", &[line("lamp", 4), line("book", 9), line("globe", 1)]);
        assert_eq!(carts.lines("ann"), [line("lamp", 1)]);
        carts.remove("ann", &[line("lamp", 1)]);
        assert!(carts.lines("ann").is_empty());
        assert_eq!(carts.lines("bob"), [line("lamp", 1)]);
        assert_eq!(carts.0.len(), 1, "an empty cart is not kept");
    }

    #[test]
    fn a_cart_has_limits() {
        let mut carts = Carts::default();
        for quantity in [0, MOST_PIECES + 1] {
            let error = carts.add("ann", "lamp".into(), quantity).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{quantity}");
        }
        for number in 0..MOST_PRODUCTS {
            carts.add("ann", number.to_string(), MOST_PIECES).unwrap();
        }
        for product in ["0", "one more"] {
            let error = carts.add("ann", product.into(), 1).unwrap_err();
            assert_eq!(error.code(), Code::ResourceExhausted, "{product}");
        }
        for number in 1..MOST_CARTS {
            carts.add(&number.to_string(), "lamp".into(), 1).unwrap();
        }
        let error = carts.add("one more", "lamp".into(), 1).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
    }
}
