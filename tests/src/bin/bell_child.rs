//! A process that publishes and ends: its last event is on its way when `main` returns.

use std::time::{Duration, Instant};

use micro::Code;
use micro_tests::bell::{Rang, TOPIC};

/// How long it tries.
const LIMIT: Duration = Duration::from_secs(60);

#[micro::main]
async fn main(client: micro::Client) -> micro::Result<()> {
    let begun = Instant::now();
    loop {
        match client.publish(TOPIC, &Rang { door: "front".to_owned() }).await {
            // A busy machine may need more than the second an event waits for the registry; it is not published then.
            Err(error) if error.code() == Code::Unavailable && begun.elapsed() < LIMIT => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            published => return published.map(drop),
        }
    }
}
