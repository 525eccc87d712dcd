use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::init]
    async fn open() -> Result<Self> { //~ ERROR@`open`: `open` takes the service, and nothing else; expected `async fn open(service: &Service) -> Result<Self>`
        Ok(Ledger)
    }
}

fn main() {}
