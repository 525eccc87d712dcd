use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service]
pub struct Books; //~ ERROR: `#[micro::service]` goes on an `impl` block

fn main() {}
