use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service(pakage = "ledger.v1")] //~ ERROR@`pakage`: unknown option `pakage`; `#[micro::service]` knows `package = "ledger.v1"`, `name = "Ledger"`, `crate = path`
impl Ledger {
    #[micro::handler(nam = "Sum")] //~ ERROR@`nam`: unknown option `nam`; `#[micro::handler]` knows `name = "Total"`, `readonly`, `idempotent`, `timeout = "2s"`
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(name = "not a name")] //~ ERROR@`"not a name"`: a name on the wire is letters, digits and `_`
    async fn sum(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
