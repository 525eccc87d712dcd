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

    #[micro::handler(name = "Total")] //~ ERROR@`"Total"`: `Total` is the name of `total` already; choose another: `#[micro::handler(name = "…")]`
    async fn sum(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
