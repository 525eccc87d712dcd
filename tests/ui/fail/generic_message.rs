use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

pub struct Shelf<S>(S);

#[micro::service]
impl<S: Send + Sync + 'static> Shelf<S> {
    #[micro::handler]
    async fn total(&self, request: S) -> Result<Total> { //~ ERROR@`S`: the message depends on the parameter `S`
        Ok(Total { cents: 3 })
    }
}

fn main() {}
