use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

use micro::handler as endpoint;

#[micro::service]
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[endpoint] //~ ERROR: the block does not see a renamed import
    async fn sum(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
