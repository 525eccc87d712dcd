//! Events between processes, without a broker to install.
//!
//! `cargo run -p events` shows all of it; `cargo run -p events -- help` says what else there is.

mod demo;
mod order;
mod packer;
mod publisher;
mod screen;

use micro::Result;

const USAGE: &str = "\
usage: cargo run -p events [-- COMMAND]

  (nothing)           starts two packers, a screen and a publisher, shows what they say, stops them
  packer [NAME]       packs orders until Ctrl-C; packers share the work
  screen              shows every order until Ctrl-C
  publish [COUNT]     places COUNT orders, 6 by default
";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => demo::run().await,
        ["packer"] => packer::service("packer").run().await,
        ["packer", name] => packer::service(name).run().await,
        ["screen"] => screen::service().run().await,
        ["publish"] => publisher::run(6).await,
        ["publish", count] => match count.parse() {
            Ok(count) => publisher::run(count).await,
            Err(_) => Err(micro::Error::invalid_argument(format!("{count:?} is no number of orders"))),
        },
        _ => {
            print!("{USAGE}");
            Ok(())
        }
    }
}
