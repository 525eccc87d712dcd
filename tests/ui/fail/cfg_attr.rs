use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[cfg_attr(not(any()), micro::handler)] //~ ERROR: nor what `cfg_attr` holds
    async fn sum(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
