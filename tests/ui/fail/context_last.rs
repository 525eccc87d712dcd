use micro::{Context, Result};

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::handler]
    async fn total(
        &self,
        request: Total,
        ctx: &Context, //~ ERROR@`&Context`: the context comes first, then the message
    ) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
