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
    fn total(&self, request: Total) -> Result<Total> { //~ ERROR@`fn`: `total` is not async; expected `async fn total(&self, ctx: &Context, request: Request) -> Result<Reply>`
        Ok(request)
    }
}

fn main() {}
