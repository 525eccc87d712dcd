use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

impl Ledger {
    #[micro::subscriber(topic = "greeter.said")] //~ ERROR: `#[micro::subscriber]` only works inside an impl block marked `#[micro::service]`
    async fn on_said(&self, event: Said) -> Result<()> {
        Ok(())
    }
}

fn main() {}
