//! The caller: a client that serves nothing and knows a name.

use std::time::Duration;

use micro::Result;

use crate::proto::greeter::v1::{CountRequest, HelloRequest, SayClient};

/// Finds the service `name`, greets `who` and has it count to three.
pub async fn run(name: &str, who: &str) -> Result<()> {
    let client = micro::Client::open().await?;
    let say = SayClient::new(&client).named(name);

    // A greeter that was started at the same moment may still be on its way into the registry.
    let call =
        say.hello(HelloRequest { name: who.to_owned() }).wait_for_ready().timeout(Duration::from_secs(10));
    let reply = call.await?;
    println!(
        "caller   process {} got \"{}\" from process {}",
        std::process::id(),
        reply.message,
        reply.process
    );

    let mut numbers = say.count(CountRequest { to: 3 }).await?;
    let mut counted = Vec::new();
    while let Some(number) = numbers.next().await {
        counted.push(number?.value.to_string());
    }
    println!("caller   process {} got the stream {}", std::process::id(), counted.join(", "));
    Ok(())
}
