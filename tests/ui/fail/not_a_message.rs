use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

pub struct Plain;

#[micro::service]
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: Plain) -> Result<Total> { //~ ERROR@`Plain`: not a message
        Ok(Total { cents: 3 })
    }

    #[micro::handler]
    async fn plain(&self, request: Total) -> Result<Plain> { //~ ERROR: not a message
        Ok(Plain)
    }
}

fn main() {}
