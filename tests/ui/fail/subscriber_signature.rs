use micro::{Context, Result};

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::subscriber(topic = "greeter.said")]
    fn plain(&self, event: Said) -> Result<()> { //~ ERROR@`fn`: `plain` is not async; expected `async fn plain(&self, ctx: &Context, event: Event) -> Result<()>`, where `ctx` may be left out
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn selfless(event: Said) -> Result<()> { //~ ERROR@`selfless`: `selfless` does not take `&self`
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn exclusive(&mut self, event: Said) -> Result<()> { //~ ERROR@`&mut self`: takes `&mut self`, but events come at the same time
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn many(
        &self,
        ctx: &Context,
        event: Said,
        more: Said, //~ ERROR@`Said`: too many arguments: a subscriber takes one event
    ) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn turned(
        &self,
        event: Said,
        ctx: &Context, //~ ERROR@`&Context`: the context comes first, then the event
    ) -> Result<()> {
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn empty(&self, ctx: &Context) -> Result<()> { //~ ERROR@`&Context`: `empty` takes no event
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn borrowed(&self, event: &Said) -> Result<()> { //~ ERROR@`&Said`: a subscriber takes its event by value
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn generic<T>(&self, event: T) -> Result<()> { //~ ERROR@`T`: `generic` is generic, but a subscriber has one event
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn hidden(&self, event: impl Into<Said>) -> Result<()> { //~ ERROR: the event is `impl Trait`; a message has a name
        Ok(())
    }

    #[micro::subscriber(topic = "greeter.said")]
    async fn nothing(&self, event: Said) { //~ ERROR@`nothing`: `nothing` does not return a `Result`
    }
}

#[micro::subscriber(topic = "greeter.said")]
fn plain(event: Said) -> Result<()> { //~ ERROR@`fn`: `plain` is not async; expected `async fn plain(ctx: &Context, event: Event) -> Result<()>`, where `ctx` may be left out
    Ok(())
}

#[micro::subscriber(topic = "greeter.said")]
async fn empty() -> Result<()> { //~ ERROR@`empty`: `empty` takes no event
    Ok(())
}

#[micro::subscriber(topic = "greeter.said")]
pub struct Listener; //~ ERROR@`pub struct Listener;`: `#[micro::subscriber]` goes on a method of a block marked `#[micro::service]`, or on a function

fn main() {}
