//! A shop: four services that call each other by name and send each other events.
//!
//! `cargo run -p shop` shows it; `cargo run -p shop -- help` says what else there is.

mod cart;
mod catalog;
#[cfg(test)]
mod contract;
mod details;
mod mailer;
mod money;
mod names;
mod open;
mod orders;
mod parts;
mod processes;
mod shopper;

/// What the build script generated from `proto/`.
mod proto {
    micro::include_proto!();
}

use micro::{Error, Result};

const USAGE: &str = "\
usage: cargo run -p shop [-- COMMAND]

  (nothing)                          starts the four services as processes, sends a shopper through the shop,
                                     stops them
  serve [PORT]                       keeps the shop open until Ctrl-C, on three ports from 4010 (or PORT) on,
                                     and prints what to type for curl and grpcurl
  shopper [WHO]                      walks through an open shop
  catalog | cart | orders | mailer   serves one part until Ctrl-C
";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => open::show().await,
        ["serve"] => open::serve(4010).await,
        ["serve", port] => match port.parse() {
            Ok(port) => open::serve(port).await,
            Err(_) => Err(Error::invalid_argument(format!(
                "{port:?} is no port; give a number, or 0 for free ones"
            ))),
        },
        ["shopper"] => shopper::run("ann").await,
        ["shopper", who] => shopper::run(who).await,
        [name] if parts::NAMES.contains(name) => parts::service(name)?.run().await,
        // A part as `open` starts it.
        ["part", name] => parts::child(parts::service(name)?).await,
        _ => {
            print!("{USAGE}");
            Ok(())
        }
    }
}
