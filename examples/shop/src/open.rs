//! The open shop: all parts at once, for a shopper or until Ctrl-C.

use std::path::PathBuf;

use micro::{Error, Result};

use crate::parts::NAMES;
use crate::processes::Processes;

/// Opens a shop, sends a shopper through it, and closes it.
///
/// # Errors
///
/// What a part or the shopper fails with.
pub async fn show() -> Result<()> {
    let registry = Registry::apart();
    let mut processes = Processes::default();
    processes.set("MICRO_REGISTRY", registry.uri());
    let shown = until_ctrl_c(send_a_shopper(&mut processes)).await;
    let stopped = processes.stop().await;
    shown.and(stopped)
}

/// Keeps a shop open until Ctrl-C: the catalog on `port`, carts and orders on the next two; on any free ports
/// when it is 0. The shop is announced where other terminals look for it.
///
/// # Errors
///
/// What a part fails with, `unavailable` when one ends by itself.
pub async fn serve(port: u16) -> Result<()> {
    let mut processes = Processes::default();
    let served = until_ctrl_c(stay_open(&mut processes, port)).await;
    let stopped = processes.stop().await;
    served.and(stopped)
}

/// Works until it is done or Ctrl-C is pressed.
async fn until_ctrl_c(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        // In this order, so that Ctrl-C is listened for before anything is started.
        biased;
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
        done = work => done,
    }
}

async fn send_a_shopper(processes: &mut Processes) -> Result<()> {
    for name in NAMES {
        processes.start(name, "127.0.0.1:0").await?;
    }
    match processes.command(&["shopper", "ann"])?.status().await?.success() {
        true => Ok(()),
        false => Err(Error::internal("the shopper has ended badly")),
    }
}

async fn stay_open(processes: &mut Processes, port: u16) -> Result<()> {
    let address = |offset: u16| match port {
        0 => "127.0.0.1:0".to_owned(),
        _ => format!("127.0.0.1:{}", port.saturating_add(offset)),
    };
    // Nobody calls the mailer, so it may listen anywhere.
    processes.start("mailer", "127.0.0.1:0").await?;
    let catalog = processes.start("catalog", &address(0)).await?;
    let cart = processes.start("cart", &address(1)).await?;
    let orders = processes.start("orders", &address(2)).await?;
    println!(
        "
the shop is open; close it with Ctrl-C. Try:

  curl http://{catalog}/shop.catalog.v1.Catalog/Get -H 'content-type: application/json' -d '{{\"id\":\"lamp\"}}'

  curl http://{cart}/shop.cart.v1.Cart/Add -H 'content-type: application/json' \
      -d '{{\"customer\":\"bob\",\"product\":\"lamp\",\"quantity\":1}}'

  curl http://{orders}/shop.orders.v1.Orders/Place -H 'content-type: application/json' \
      -d '{{\"key\":\"bob-1\",\"customer\":\"bob\"}}'

  curl http://{orders}/readyz

  grpcurl -plaintext {catalog} shop.catalog.v1.Catalog/List

  cargo run -p shop -- shopper bob
"
    );
    processes.ended().await
}

/// A registry in a directory of this process, so that a shop in the next terminal is not mixed up with this
/// one.
struct Registry(PathBuf);

impl Registry {
    fn apart() -> Registry {
        Registry(std::env::temp_dir().join(format!("shop-{}", std::process::id())))
    }

    fn uri(&self) -> String {
        format!("local:{}", self.0.display())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // Fails when no part got as far as to make it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
