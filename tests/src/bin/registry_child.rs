//! A process that registers a node in a directory: `registry_child DIRECTORY ID MODE`.
//!
//! It prints `registered`, then waits for the end of its input, then does what the mode says: `stay` ends without
//! a word to the registry, `leave` deregisters and prints `left`, `change` registers version 2, prints `changed`
//! and stays for ever. `churn` registers version after version until it is killed.

// Printing is what tells the test how far it is.
#![allow(clippy::print_stdout)]

use std::io::Read as _;

use micro::Result;
use micro::registry::{Handle, Local, Node, Register};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, id, mode] = arguments.as_slice() else {
        return Err(micro::Error::invalid_argument("usage: registry_child DIRECTORY ID MODE"));
    };
    let registry = Handle::from(Local::open(directory).await?);
    let node = Node::new(id, "child").contract("child.v1.Child").version("1");
    registry.register(&node, &Register::default()).await?;
    println!("registered");

    if mode == "churn" {
        for version in 2_u64.. {
            registry.register(&node.clone().version(version.to_string()), &Register::default()).await?;
        }
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    match mode.as_str() {
        "leave" => {
            registry.deregister(id).await?;
            println!("left");
        }
        "change" => {
            registry.register(&node.version("2"), &Register::default()).await?;
            println!("changed");
            std::future::pending::<()>().await;
        }
        _ => {}
    }
    Ok(())
}
