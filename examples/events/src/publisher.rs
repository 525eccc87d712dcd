//! The publisher: a client that serves nothing.

use micro::Result;

use crate::order::{PLACED, Placed};

const ITEMS: [&str; 3] = ["book", "glass", "lamp"];

/// Places orders.
pub async fn run(count: u32) -> Result<()> {
    let client = micro::Client::builder().source("shop").open().await?;
    for (number, item) in (1..=count).zip(ITEMS.into_iter().cycle()) {
        client.publish(PLACED, &Placed { number, item: item.to_owned() }).await?;
    }
    // What is published is on its way; a program that ends waits until it has arrived.
    client.broker().close().await?;
    println!("shop     placed {count} orders");
    Ok(())
}
