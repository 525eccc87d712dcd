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
    async fn total(&mut self, request: Total) -> Result<Total> { //~ ERROR@`&mut self`: takes `&mut self`, but calls run at the same time
        Ok(request)
    }
}

fn main() {}
