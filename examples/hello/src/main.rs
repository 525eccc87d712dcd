//! Processes that know only each other's names.
//!
//! `cargo run -p hello` shows both; `cargo run -p hello -- help` says what else there is.

mod caller;
#[cfg(test)]
mod contract;
mod demo;
mod greeter;
mod listener;

/// What the build script generated from `proto/`.
mod proto {
    micro::include_proto!();
}

use micro::Result;

const USAGE: &str = "\
usage: cargo run -p hello [-- COMMAND]

  (nothing)           starts greeter, listener and caller as processes of their own, shows what they say, stops them
  serve [ADDRESS]     serves on 127.0.0.1:4000 (or ADDRESS) until Ctrl-C, and prints what to type for curl
  greeter             serves on a free port until Ctrl-C
  caller [WHO]        finds a greeter by name and calls it
  listener            hears of everybody who is greeted until Ctrl-C
";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => demo::run().await,
        ["serve"] => greeter::serve("127.0.0.1:4000").await,
        ["serve", address] => greeter::serve(address).await,
        ["greeter"] => greeter::service("greeter").run().await,
        ["listener"] => listener::service().run().await,
        ["caller"] => caller::run("greeter", "Ann").await,
        ["caller", who] => caller::run("greeter", who).await,
        // The parts of the demonstration.
        ["demo-greeter", name] => demo::greeter(name).await,
        ["demo-listener"] => demo::listener().await,
        ["demo-caller", name] => caller::run(name, "Ann").await,
        _ => {
            print!("{USAGE}");
            Ok(())
        }
    }
}
