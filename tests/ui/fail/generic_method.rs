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
    async fn total<T>(&self, request: T) -> Result<Total> { //~ ERROR@`T`: `total` is generic, but an endpoint has one request and one reply
        Ok(Total { cents: 3 })
    }
}

fn main() {}
