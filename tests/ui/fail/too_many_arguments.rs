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
        ctx: &Context,
        request: Total,
        more: Total, //~ ERROR@`Total`: too many arguments: a handler takes one message
    ) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
