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
    async fn total(request: Total) -> Result<Total> { //~ ERROR@`total`: `total` does not take `&self`
        Ok(request)
    }
}

fn main() {}
