//! The mailer: a subscriber. Nobody calls it, and those who place orders do not know of it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use micro::prelude::*;

use crate::money;
use crate::orders::{Order, PLACED};

/// How many orders are remembered. An event that comes twice does so soon.
const REMEMBERED: usize = 1000;

/// Writes to customers.
///
/// Which orders were written about is in memory: another process does not know it, nor this one after a
/// restart. A real mailer would keep it where its mails are.
#[derive(Default)]
pub struct Mailer {
    written: Mutex<VecDeque<String>>,
}

#[micro::service]
impl Mailer {
    /// Thanks for an order. In a queue, so that of several mailers one writes; an error would bring the order
    /// again, three times in all.
    #[micro::subscriber(topic = PLACED, queue = "mailer", attempts = 3)]
    async fn thank(&self, order: Order) -> Result<()> {
        if self.is_new(&order.key) {
            println!("mailer   writes to {}: {}", order.customer, mail(&order));
        }
        Ok(())
    }
}

impl Mailer {
    /// Notes an order; tells whether it was not known. The same event may come twice, and whoever places an
    /// order twice publishes it twice.
    fn is_new(&self, key: &str) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.iter().any(|known| known == key) {
            return false;
        }
        if written.len() >= REMEMBERED {
            written.pop_front();
        }
        written.push_back(key.to_owned());
        true
    }
}

fn mail(order: &Order) -> String {
    format!("thank you for order {} of {}; {} to pay", order.key, order.pieces(), money::show(order.cents))
}

/// Makes the service.
pub fn service() -> Service {
    Service::new("mailer").handle(Mailer::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::orders::OrderLine;

    #[test]
    fn a_mail_says_what_was_ordered() {
        let lines = vec![
            OrderLine { product: "book".into(), quantity: 1, cents: 1000 },
            OrderLine { product: "lamp".into(), quantity: 2, cents: 250 },
        ];
        let order = Order { key: "ann-1".into(), customer: "ann".into(), lines, cents: 1500 };
        assert_eq!(mail(&order), "thank you for order ann-1 of 1 x book, 2 x lamp; 15.00 to pay");
    }

    #[tokio::test]
    async fn a_subscriber_is_a_plain_function() {
        let mailer = Mailer::default();
        let order = Order { key: "ann-1".into(), ..Order::default() };
        mailer.thank(order.clone()).await.unwrap();
        mailer.thank(order).await.unwrap();
        assert_eq!(*mailer.written.lock().unwrap(), ["ann-1"]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mailer = Mailer::default();
        for number in 0..=REMEMBERED {
            assert!(mailer.is_new(&number.to_string()));
        }
        assert!(!mailer.is_new("1"), "remembered");
        assert!(mailer.is_new("0"), "forgotten, as the oldest");
    }
}
