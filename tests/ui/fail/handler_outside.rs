use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

impl Ledger {
    #[micro::handler] //~ ERROR: `#[micro::handler]` only works inside an impl block marked `#[micro::service]`
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::init] //~ ERROR: `#[micro::init]` only works inside an impl block marked `#[micro::service]`
    async fn open(service: &micro::Service) -> Result<Self> {
        Ok(Ledger)
    }
}

fn main() {}
