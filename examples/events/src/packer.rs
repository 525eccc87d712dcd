//! A member of a queue: each order is packed by one packer.

use micro::Service;
use micro::prelude::*;

use crate::order::Placed;

/// Packs orders.
pub struct Packer {
    name: String,
}

#[micro::service]
impl Packer {
    /// Packs an order. The glass needs two attempts: an error brings the event again, here or at another packer.
    #[micro::subscriber(topic = "orders.placed", queue = "packing")]
    async fn pack(&self, ctx: &Context, order: Placed) -> Result<()> {
        let attempt = ctx.event().map_or(1, |event| event.attempt());
        if order.item == "glass" && attempt == 1 {
            println!("{:<8} breaks the {} of order {}", self.name, order.item, order.number);
            return Err(micro::Error::aborted("the glass broke"));
        }
        println!("{:<8} packs the {} of order {}, attempt {attempt}", self.name, order.item, order.number);
        Ok(())
    }
}

/// Makes a packer, with its settings from `MICRO_*` where they are set.
pub fn service(name: &str) -> Service {
    let packer = Packer { name: name.to_owned() };
    Service::new(name).environment().handle(packer).after_start(|service| async move {
        println!("{:<8} is ready", service.name());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscriber_is_a_plain_function() {
        let packer = Packer { name: "test".into() };
        let order = |item: &str| Placed { number: 1, item: item.into() };
        assert!(packer.pack(&Context::test(), order("book")).await.is_ok());
        assert!(packer.pack(&Context::test(), order("glass")).await.is_err());
    }
}
