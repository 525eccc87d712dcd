use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::handler]
    #[micro::subscriber(topic = "greeter.said")] //~ ERROR: one mark a function, once: `#[micro::handler]`, `#[micro::subscriber]` or `#[micro::init]`
    async fn say(&self, request: Said) -> Result<()> {
        Ok(())
    }

    #[micro::handler]
    async fn on_said(&self, request: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", name = "OnSaid")] //~ ERROR@`"OnSaid"`: `OnSaid` is the name of `on_said` already; choose another: `#[micro::subscriber(name = "…")]`
    async fn keep(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.heard")]
    async fn on_heard(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.heard", name = "OnHeard")] //~ ERROR@`"OnHeard"`: `OnHeard` is the name of `on_heard` already
    async fn hear(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::handler(name = "OnHeard")] //~ ERROR@`"OnHeard"`: choose another: `#[micro::handler(name = "…")]`
    async fn heard(&self, request: Said) -> Result<()> {
        Ok(())
    }
}

fn main() {}
