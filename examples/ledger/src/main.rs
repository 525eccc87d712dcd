//! A ledger, code first: the contract is what this code says. `cargo run -p ledger -- --help` lists the flags.

#[cfg(test)]
mod contract;
mod ledger;

use micro::Result;

#[micro::main]
async fn main(service: micro::Service) -> Result<()> {
    service.run().await
}
