//! A listener that is in no queue: it gets every event.

use micro::Service;
use micro::prelude::*;

use crate::order::Placed;

/// Shows orders.
#[derive(Default)]
pub struct Screen;

#[micro::service]
impl Screen {
    /// Shows an order.
    #[micro::subscriber(topic = "orders.placed")]
    async fn show(&self, order: Placed) -> Result<()> {
        println!("screen   shows order {}: {}", order.number, order.item);
        Ok(())
    }
}

/// Makes the screen, with its settings from `MICRO_*` where they are set.
pub fn service() -> Service {
    Service::new("screen").environment().handle(Screen).after_start(|_| async {
        println!("screen   is ready");
        Ok(())
    })
}
