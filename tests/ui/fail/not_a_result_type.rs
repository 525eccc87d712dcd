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
    async fn total(&self, request: Total) -> Total { //~ ERROR@`Total`: a handler returns a `Result`, not `Total`
        request
    }
}

fn unused() -> Result<()> {
    Ok(())
}

fn main() {}
