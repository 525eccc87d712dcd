use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::subscriber] //~ ERROR: a subscriber names its topic: `#[micro::subscriber(topic = "greeter.said")]`
    async fn none(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter said")] //~ ERROR@`"greeter said"`: a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots
    async fn spaced(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", queue = ".ledger")] //~ ERROR@`".ledger"`: a queue is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots
    async fn queued(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topik = "greeter.said", topic = "greeter.said")] //~ ERROR@`topik`: unknown option `topik`; `#[micro::subscriber]` knows `topic = "greeter.said"`, `queue = "ledger"`, `attempts = 5`, `concurrency = 16`, `name = "OnSaid"`, `crate = path`
    async fn misspelt(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", dedupe = "id")] //~ ERROR@`dedupe`: `dedupe` is not enforced yet
    async fn later(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", attempts = 0)] //~ ERROR@`0`: the value of `attempts` is a number from 1 to 1000
    async fn never(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", concurrency = "all")] //~ ERROR@`"all"`: the value of `concurrency` is a number from 1 to 10000
    async fn all(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = 3)] //~ ERROR@`3`: the value of `topic` is a text or the path of one: `topic = "…"`, `topic = TOPIC`
    async fn number(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", name = "on said")] //~ ERROR@`"on said"`: a name on the wire is letters, digits and `_`
    async fn named(&self, event: Said) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said", crate = ::micro)] //~ ERROR@`crate`: where micro is found is said once: `#[micro::service(crate = path)]`
    async fn found(&self, event: Said) -> Result<()> {
        Ok(())
    }
}

#[micro::subscriber] //~ ERROR: a subscriber names its topic
async fn none(event: Said) -> Result<()> {
    Ok(())
}

#[micro::subscriber(topic = "greeter..said", timeout = "5s")] //~ ERROR@`"greeter..said"`: a topic is 1 to 255 of
//~^ ERROR@`timeout`: `timeout` is not enforced yet
async fn mistaken(event: Said) -> Result<()> {
    Ok(())
}

fn main() {}
