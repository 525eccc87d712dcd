use std::sync::Arc;

use micro::{Context, Result, Streaming};

#[micro::message]
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub cents: i64,
}

/// An alias does not change the kind.
type Entries = Streaming<Entry>;

pub struct NoLuck;

impl From<NoLuck> for micro::Error {
    fn from(_: NoLuck) -> Self {
        micro::Error::aborted("no luck")
    }
}

#[derive(Default)]
pub struct Ledger;

#[micro::service(package = "ledger.v1")]
impl Ledger {
    #[micro::handler(readonly)]
    async fn total(&self, ctx: &Context, request: Entry) -> Result<Entry> {
        ctx.info().check()?;
        Ok(self.same(request))
    }

    #[micro::handler(name = "Post", idempotent)]
    async fn write(self: Arc<Self>, Entry { cents }: Entry) -> std::result::Result<Entry, NoLuck> {
        std::future::ready(()).await;
        if cents < 0 { Err(NoLuck) } else { Ok(Entry { cents }) }
    }

    #[micro::handler]
    async fn sum(&self, mut entries: Entries) -> Result<Entry> {
        let mut cents = 0;
        while let Some(entry) = entries.next().await {
            cents += entry?.cents;
        }
        Ok(Entry { cents })
    }

    #[micro::handler]
    pub async fn split(&self, request: Entry) -> Result<Entries> {
        Ok(Streaming::from_iter([request]))
    }

    #[micro::handler]
    async fn r#loop(&self, _: &Context, entries: Entries) -> Result<Entries> {
        Ok(entries)
    }

    #[micro::handler]
    async fn ping(&self, _: ()) -> Result<()> {
        Ok(())
    }

    #[cfg(any())]
    #[micro::handler]
    async fn never(&self, request: NoSuchType) -> Result<NoSuchType> {
        Ok(request)
    }

    fn same(&self, entry: Entry) -> Entry {
        entry
    }
}

#[micro::service(package = "ledger.v1", name = "Audit")]
impl Ledger {
    #[micro::handler]
    async fn check(&self, request: Entry) -> Result<Entry> {
        Ok(request)
    }
}

fn main() {
    const KINDS: [micro::Kind; 4] =
        [LedgerClient::TOTAL.kind, LedgerClient::SUM.kind, LedgerClient::SPLIT.kind, LedgerClient::LOOP.kind];
    assert_eq!(KINDS[0], micro::Kind::Unary);
    let _ = AuditClient::CHECK.path;
}
