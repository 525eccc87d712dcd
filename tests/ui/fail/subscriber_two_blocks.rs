use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger { //~ ERROR@`Ledger`: subscribers_so_the_other_block_needs_micro_service_name
    #[micro::subscriber(topic = "greeter.said")]
    async fn on_said(&self, event: Said) -> Result<()> {
        Ok(())
    }
}

#[micro::service]
impl Ledger { //~ ERROR@`Ledger`: subscribers_so_the_other_block_needs_micro_service_name
    #[micro::subscriber(topic = "greeter.heard")]
    async fn on_heard(&self, event: Said) -> Result<()> {
        Ok(())
    }
}

fn main() {}
