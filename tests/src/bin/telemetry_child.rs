//! A shop that passes orders on: a process with metrics and traces to look at from outside.

use micro::prelude::*;

/// An order.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    /// What is ordered; `nothing` is not found.
    item: String,
    /// The addresses it is passed on to, one after the other.
    next: Vec<String>,
}

/// What came of an order.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, Default, PartialEq)]
struct Bill {
    /// How many shops had a hand in it.
    shops: u32,
}

#[derive(Default)]
struct Shop;

#[micro::service(package = "tests")]
impl Shop {
    /// Passes an order on, or takes it.
    #[micro::handler]
    async fn buy(&self, ctx: &Context, order: Order) -> Result<Bill> {
        metrics::counter!("shop_orders_total", "kind" => "retail").increment(1);
        if order.item == "nothing" {
            return Err(micro::Error::not_found("there is no such thing"));
        }
        let Some((next, rest)) = order.next.split_first() else {
            ctx.publish("shop.bought", &order).await?;
            return Ok(Bill { shops: 1 });
        };
        let passed = Order { item: order.item.clone(), next: rest.to_vec() };
        let bill = ctx.client::<ShopClient>().buy(passed).to(next).await?;
        Ok(Bill { shops: bill.shops + 1 })
    }

    /// Packs what was bought.
    #[micro::subscriber(topic = "shop.bought", queue = "packing")]
    async fn pack(&self, order: Order) -> Result<()> {
        metrics::histogram!("shop_item_length").record(order.item.len() as f64);
        Ok(())
    }
}

#[micro::main]
async fn main(service: micro::Service) -> micro::Result<()> {
    service.run().await
}
