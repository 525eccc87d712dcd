//! A process that follows everything a registry tells: `discovery_child URI DIRECTORY`, with the directory that
//! `local:` stands for.
//!
//! It prints `watching`, then `put ID SERVICE STATE ADDRESS…` and `gone ID` for every change. A line of its input is
//! an order: `lookup SERVICE` prints `found ID…`, `call SERVICE` calls one of our test services and prints
//! `answered` or `refused WHY`, `count` prints `known NUMBER`. It ends with its input.

// Printing is what tells the test how far it is.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use micro::registry::{Defaults, Event, Handle, Node, Query};
use micro::{Client, Error, Result};
use micro_tests::kinds::{KindsClient, text};
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// How long one call may wait for its node and its answer.
const CALL: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [uri, directory] = arguments.as_slice() else {
        return Err(Error::invalid_argument("usage: discovery_child URI DIRECTORY"));
    };
    let registry = Handle::open(uri, &Defaults::new(directory)).await?;
    let client = Client::builder().registry(registry.clone()).open().await?;
    let mut watch = registry.watch(&Query::all()).await?;
    let mut view = View::default();
    let mut orders = orders();
    loop {
        tokio::select! {
            event = watch.next() => view.tell(event?),
            order = orders.recv() => match order {
                Some(order) => obey(&order, &registry, &client, &view).await?,
                None => return Ok(()),
            },
        }
    }
}

/// Reads the input line by line. The thread ends with the input, or with the process.
fn orders() -> UnboundedReceiver<String> {
    let (sender, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    orders
}

async fn obey(order: &str, registry: &Handle, client: &Client, view: &View) -> Result<()> {
    match order.split_once(' ').unwrap_or((order, "")) {
        ("lookup", service) => {
            let nodes = registry.lookup(&Query::service(service)).await?;
            let ids: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
            println!("found {}", ids.join(" "));
        }
        ("call", service) => {
            let kinds = KindsClient::new(client).named(service);
            match kinds.unary(text("hi")).wait_for_ready().timeout(CALL).await {
                Ok(_) => println!("answered"),
                Err(error) => println!("refused {error}"),
            }
        }
        ("count", _) => println!("known {}", view.nodes.len()),
        _ => return Err(Error::invalid_argument(format!("no such order: {order}"))),
    }
    Ok(())
}

/// What was told so far.
#[derive(Default)]
struct View {
    nodes: BTreeMap<String, Arc<Node>>,
    watching: bool,
}

impl View {
    fn tell(&mut self, event: Event) {
        match event {
            Event::All(nodes) => {
                if !std::mem::replace(&mut self.watching, true) {
                    println!("watching");
                }
                let gone: Vec<String> = self.nodes.keys().cloned().collect();
                let left = |id: &String| !nodes.iter().any(|node| node.id == *id);
                gone.into_iter().filter(left).for_each(|id| self.gone(&id));
                nodes.into_iter().for_each(|node| self.put(node));
            }
            Event::Put(node) => self.put(node),
            Event::Gone(id) => self.gone(&id),
            _ => {}
        }
    }

    fn put(&mut self, node: Arc<Node>) {
        let addresses: Vec<String> = node.addresses.iter().map(ToString::to_string).collect();
        println!("put {} {} {:?} {}", node.id, node.service, node.state, addresses.join(" "));
        self.nodes.insert(node.id.clone(), node);
    }

    fn gone(&mut self, id: &str) {
        self.nodes.remove(id);
        println!("gone {id}");
    }
}
