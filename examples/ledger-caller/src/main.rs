//! Calls the ledger of this machine. `cargo run -p ledger-caller`, beside `cargo run -p ledger`.

use std::time::Duration;

use ledger_caller::ledger::{AccountRequest, Entry, LedgerClient};
use micro::{Result, Streaming};

fn entry(cents: i64, memo: &str) -> Entry {
    Entry { account: "ann".to_owned(), cents, memo: Some(memo.to_owned()), at: None }
}

#[micro::main]
async fn main(client: micro::Client) -> Result<()> {
    let ledger = LedgerClient::new(&client);
    let request = || AccountRequest { account: "ann".to_owned() };

    // The ledger may have been started at the same moment.
    let entries = Streaming::from_iter([entry(1000, "salary"), entry(-300, "rent")]);
    ledger.import(entries).wait_for_ready().timeout(Duration::from_secs(10)).await?;

    let total = ledger.total(request()).await?;
    println!("{} holds {} cents in {} entries", total.account, total.cents, total.entries);
    let mut statement = ledger.statement(request()).await?;
    while let Some(entry) = statement.next().await {
        let entry = entry?;
        println!("  {:+} {}", entry.cents, entry.memo.unwrap_or_default());
    }

    // What goes wrong there arrives here with its code, and with the name of who said it.
    if let Err(error) = ledger.post(entry(-5000, "boat")).await {
        println!("refused: {error}");
    }
    Ok(())
}
