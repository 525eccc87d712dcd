use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
impl Ledger { //~ ERROR@`Ledger`: the_other_block_needs_micro_service_name
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

mod more {
    use super::{Ledger, Total};

    #[micro::service]
    impl Ledger { //~ ERROR@`Ledger`: the_other_block_needs_micro_service_name
        #[micro::handler]
        async fn sum(&self, request: Total) -> micro::Result<Total> {
            Ok(request)
        }
    }
}

fn main() {}
