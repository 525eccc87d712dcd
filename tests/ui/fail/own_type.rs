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
    async fn total(&self, request: Self) -> Result<Total> { //~ ERROR@`Self`: `Self` cannot be named outside of the block
        Ok(Total { cents: 3 })
    }
}

fn main() {}
