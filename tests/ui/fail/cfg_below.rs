use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
#[cfg(not(any()))] //~ ERROR: put `#[cfg]` above `#[micro::service]`
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
