use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service(auth = "admin")] //~ ERROR@`auth`: `auth` is not enforced yet
impl Ledger {
    #[micro::handler(scopes = "admin")] //~ ERROR@`scopes`: `scopes` is not enforced yet
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
