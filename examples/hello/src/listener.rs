//! The listener: a subscriber that knows neither greeter nor caller, only a topic.

use micro::Service;
use micro::prelude::*;

use crate::proto::greeter::v1::Said;

/// Hears of everybody who is greeted.
#[derive(Default)]
pub struct Listener;

#[micro::service]
impl Listener {
    #[micro::subscriber(topic = "greeter.said")]
    async fn heard(&self, said: Said) -> Result<()> {
        println!("listener process {} heard that {} was greeted", std::process::id(), said.name);
        Ok(())
    }
}

/// Makes the listener, with its settings from `MICRO_*` where they are set.
pub fn service() -> Service {
    Service::new("listener").environment().handle(Listener)
}
