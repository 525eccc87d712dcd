use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

use std::rc::Rc;

#[micro::service]
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> { //~ ERROR@`total`: future cannot be sent between threads safely
        let kept = Rc::new(request.cents);
        std::future::ready(()).await;
        Ok(Total { cents: *kept })
    }
}

fn main() {}
