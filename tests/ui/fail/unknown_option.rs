use micro::Result;

#[micro::message]
pub struct Total {
    pub cents: i64,
}

#[derive(Default)]
pub struct Ledger;

#[micro::service(pakage = "ledger.v1")] //~ ERROR: unknown option `pakage`; `#[micro::service]` knows `package = "ledger.v1"`
impl Ledger {
    #[micro::handler(nam = "Sum")] //~ ERROR: unknown option `nam`; `#[micro::handler]` knows `name = "Total"`, `readonly`, `idempotent`
    async fn total(&self, request: Total) -> Result<Total> {
        Ok(request)
    }

    #[micro::handler(name = "not a name")] //~ ERROR: a name on the wire is letters, digits and `_`
    async fn sum(&self, request: Total) -> Result<Total> {
        Ok(request)
    }
}

fn main() {}
