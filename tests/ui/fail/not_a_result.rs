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
    async fn nothing(&self, request: Total) { //~ ERROR@`nothing`: `nothing` does not return a `Result`
    }
}

fn main() {}
