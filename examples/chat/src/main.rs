//! A chat room: every client holds one bidirectional stream.
//!
//! `cargo run -p chat -- room` in one terminal, `cargo run -p chat -- join Ann` in others.

mod client;
mod room;

/// What the build script generated from `proto/`.
mod proto {
    micro::include_proto!();
}

use micro::Result;

const USAGE: &str = "\
usage: cargo run -p chat -- COMMAND

  room         opens the room until Ctrl-C
  join NAME    joins it: lines you type are said to everybody; ends with the input (Ctrl-D)
";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["room"] => room::service().run().await,
        ["join", name] => client::join(name).await,
        _ => {
            print!("{USAGE}");
            Ok(())
        }
    }
}
