use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger { //~ ERROR@`impl`: no method of this block is marked `#[micro::handler]` or `#[micro::subscriber]`
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
