//! A process that publishes and ends: its last event is on its way when `main` returns.

use micro_tests::bell::{Rang, TOPIC};

#[micro::main]
async fn main(client: micro::Client) -> micro::Result<()> {
    client.publish(TOPIC, &Rang { door: "front".to_owned() }).await?;
    Ok(())
}
