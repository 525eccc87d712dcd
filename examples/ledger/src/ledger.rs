//! The service and its messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use micro::prelude::*;
use micro::{Error, Streaming};

/// One movement on one account.
#[micro::message]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The account it belongs to.
    pub account: String,
    /// The amount; negative is a withdrawal.
    pub cents: i64,
    /// What it was for.
    pub memo: Option<String>,
    /// When it happened; set by the ledger when absent.
    pub at: Option<SystemTime>,
}

/// Names an account.
#[micro::message]
#[derive(Clone, Debug, Default)]
pub struct AccountRequest {
    /// The account.
    pub account: String,
}

/// What an account holds.
#[micro::message]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Balance {
    /// The account.
    pub account: String,
    /// The sum of its entries.
    pub cents: i64,
    /// How many entries there are.
    pub entries: u32,
}

/// What an import did.
#[micro::message]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// How many entries were posted.
    pub entries: u32,
    /// The new balance of every account that was touched.
    pub cents: HashMap<String, i64>,
}

/// Keeps accounts in memory.
#[derive(Default)]
pub struct Ledger {
    accounts: Mutex<HashMap<String, Vec<Entry>>>,
}

/// Keeps accounts: what is posted on them and what they hold.
#[micro::service]
impl Ledger {
    /// Posts one entry and returns the new balance.
    #[micro::handler]
    async fn post(&self, request: Entry) -> Result<Balance> {
        self.add(request)
    }

    /// Returns what an account holds.
    #[micro::handler(readonly)]
    async fn total(&self, request: AccountRequest) -> Result<Balance> {
        let accounts = self.lock();
        let entries =
            accounts.get(&request.account).or_not_found(format!("no account {:?}", request.account))?;
        Ok(balance(&request.account, entries))
    }

    /// Lists the entries of an account, oldest first.
    #[micro::handler(readonly)]
    async fn statement(&self, ctx: &Context, request: AccountRequest) -> Result<Streaming<Entry>> {
        let entries = self.lock().get(&request.account).cloned();
        let entries = entries.or_not_found(format!("no account {:?}", request.account))?;
        ctx.set_metadata("entries", entries.len().to_string())?;
        Ok(Streaming::from_iter(entries))
    }

    /// Posts many entries.
    #[micro::handler]
    async fn import(&self, mut entries: Streaming<Entry>) -> Result<Imported> {
        let mut imported = Imported::default();
        while let Some(entry) = entries.next().await {
            let balance = self.add(entry?)?;
            imported.entries += 1;
            imported.cents.insert(balance.account, balance.cents);
        }
        Ok(imported)
    }

    /// Posts entries as they come and answers each with the new balance.
    #[micro::handler]
    async fn follow(self: Arc<Self>, mut entries: Streaming<Entry>) -> Result<Streaming<Balance>> {
        let (sender, balances) = Streaming::channel(1);
        // Ends with the caller's entries, at the first that is refused, or when nobody reads any more.
        tokio::spawn(async move {
            while let Some(entry) = entries.next().await {
                match entry.and_then(|entry| self.add(entry)) {
                    Ok(balance) => sender.send(balance).await?,
                    Err(error) => return sender.fail(error).await,
                }
            }
            Ok(())
        });
        Ok(balances)
    }
}

impl Ledger {
    fn add(&self, mut entry: Entry) -> Result<Balance> {
        if entry.account.is_empty() {
            return Err(Error::invalid_argument("account must not be empty"));
        }
        let mut accounts = self.lock();
        let held: i64 = accounts.get(&entry.account).map_or(0, |entries| sum(entries));
        let left =
            held.checked_add(entry.cents).ok_or_else(|| Error::out_of_range("the balance is too large"))?;
        if left < 0 {
            return Err(Error::failed_precondition(format!("{:?} holds {held} cents", entry.account)));
        }
        entry.at.get_or_insert_with(SystemTime::now);
        let entries = accounts.entry(entry.account.clone()).or_default();
        let account = entry.account.clone();
        entries.push(entry);
        Ok(balance(&account, entries))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Entry>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(entries: &[Entry]) -> i64 {
    entries.iter().map(|entry| entry.cents).sum()
}

fn balance(account: &str, entries: &[Entry]) -> Balance {
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    Balance { account: account.to_owned(), cents: sum(entries), entries: count }
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    fn entry(account: &str, cents: i64) -> Entry {
        Entry { account: account.to_owned(), cents, ..Entry::default() }
    }

    #[tokio::test]
    async fn a_handler_is_a_plain_function() {
        let ledger = Ledger::default();
        assert_eq!(ledger.post(entry("ann", 500)).await.unwrap().cents, 500);
        let error = ledger.post(entry("ann", -501)).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        let request = AccountRequest { account: "ann".into() };
        let statement = ledger.statement(&Context::test(), request).await.unwrap();
        assert_eq!(statement.collect().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn every_kind_of_call_works_in_process() {
        let client =
            micro::testing::client(micro::Service::new("bank").handle(Ledger::default())).await.unwrap();
        let ledger = LedgerClient::new(&client);

        let imported =
            ledger.import(Streaming::from_iter([entry("ann", 300), entry("bob", 50)])).await.unwrap();
        assert_eq!((imported.entries, imported.cents["ann"]), (2, 300));

        let followed =
            ledger.follow(Streaming::from_iter([entry("ann", -100), entry("ann", -900)])).await.unwrap();
        let error = followed.collect().await.unwrap_err();
        assert_eq!((error.code(), error.id()), (Code::FailedPrecondition, "bank"));

        let total = ledger.total(AccountRequest { account: "ann".into() }).await.unwrap();
        assert_eq!((total.cents, total.entries), (200, 2));

        let reply = ledger.statement(AccountRequest { account: "ann".into() }).response().await.unwrap();
        assert_eq!(reply.metadata.get("entries"), Some("2"));
        let entries = reply.message.collect().await.unwrap();
        assert!(entries.iter().all(|entry| entry.at.is_some()));
    }
}
