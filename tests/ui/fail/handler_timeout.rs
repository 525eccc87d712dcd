use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::handler(timeout = "2")] //~ ERROR@`"2"`: the value of `timeout` is not a duration, which is a whole number and one of ns, us, ms, s, m, h: `timeout = "2s"`
    async fn unitless(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(timeout = "0ms")] //~ ERROR@`"0ms"`: the value of `timeout` is no time at all
    async fn never(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(readonly, timeout = "9000h")] //~ ERROR@`"9000h"`: the value of `timeout` is longer than a year
    async fn always(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(timeout = 2)] //~ ERROR@`2`: the value of `timeout` is a text: `timeout = "…"`
    async fn number(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(timeout)] //~ ERROR@`timeout`: `timeout` needs a value: `timeout = "…"`
    async fn flag(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
