use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

pub struct View<'a>(&'a str);

#[micro::service]
impl<'a> View<'a> { //~ ERROR@`'a`: a service outlives every call, so it cannot borrow
    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
