use std::rc::Rc;

use micro::Result;

#[micro::message]
pub struct Said {
    pub name: String,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger {
    #[micro::subscriber(topic = "greeter.said")]
    async fn on_said(&self, event: Said) -> Result<()> { //~ ERROR@`on_said`: future cannot be sent between threads safely
        let kept = Rc::new(event.name);
        std::future::ready(()).await;
        drop(kept);
        Ok(())
    }
}

#[micro::subscriber(topic = "greeter.said")]
async fn print(event: Said) -> Result<()> { //~ ERROR@`print`: future cannot be sent between threads safely
    let kept = Rc::new(event.name);
    std::future::ready(()).await;
    drop(kept);
    Ok(())
}

fn main() {}
