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
    async fn total(&self, request: impl Into<Total>) -> Result<Total> { //~ ERROR: the message is `impl Trait`
        Ok(request.into())
    }

    #[micro::handler]
    async fn follow(&self, request: Total) -> Result<impl Iterator<Item = Total>> { //~ ERROR: the result is `impl Trait`
        Ok([request].into_iter())
    }
}

fn main() {}
