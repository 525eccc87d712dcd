use micro::broker::Delivery;
use micro::{Result, Streaming};

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

pub struct Plain;

#[micro::service]
impl Ledger {
    #[micro::subscriber(topic = "greeter.said")]
    async fn plain(&self, event: Plain) -> Result<()> { //~ ERROR@`Plain`: not a message
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn delivered(&self, event: Delivery<Plain>) -> Result<()> { //~ ERROR: not a message
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn streamed(&self, events: Streaming<Said>) -> Result<()> { //~ ERROR@`Streaming<Said>`: not a message
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn answers(&self, event: Said) -> Result<Said> { //~ ERROR@`Result<Said>`: a subscriber returns `Result<()>`
        Ok(event)
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn plainly(&self, event: Said) -> bool { //~ ERROR@`bool`: a subscriber returns `Result<()>`, not `bool`
        true
    }
}

#[micro::subscriber(topic = "greeter.said")]
async fn plain(event: Plain) -> Result<()> { //~ ERROR@`Plain`: not a message
    Ok(())
}

#[micro::subscriber(topic = "greeter.said")]
async fn answers(event: Said) -> Result<Said> { //~ ERROR@`Result<Said>`: a subscriber returns `Result<()>`
    Ok(event)
}

fn main() {}
