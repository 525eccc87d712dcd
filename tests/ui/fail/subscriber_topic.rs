use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

const SPACED: &str = "greeter said";

const EMPTY: &str = "";

#[micro::service]
impl Ledger {
    #[micro::subscriber(topic = SPACED)] //~ ERROR@`SPACED`: a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots
    async fn on_said(&self, event: Said) -> Result<()> {
        Ok(())
    }
}

#[micro::subscriber(topic = EMPTY)] //~ ERROR@`EMPTY`: a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots
async fn on_said(event: Said) -> Result<()> {
    Ok(())
}

fn main() {}
