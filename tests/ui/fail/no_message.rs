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
    async fn total(&self) -> Result<Total> { //~ ERROR@`total`: `total` takes no message; for an empty one write `_: ()`
        Ok(Total { cents: 3 })
    }
}

fn main() {}
