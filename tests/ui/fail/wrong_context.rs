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
    async fn by_value(
        &self,
        ctx: Context, //~ ERROR@`Context`: the context is `&micro::Context`, found `Context` by value
        request: Total,
    ) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler]
    async fn other(
        &self,
        ctx: &str, //~ ERROR@`&str`: the context is `&micro::Context`, found `&str`
        request: Total,
    ) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
