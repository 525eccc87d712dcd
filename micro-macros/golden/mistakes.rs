#[micro::service(pakage = "ledger")]
impl Ledger {
    #[micro::handler(timeout = "5s")]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        todo()
    }

    #[micro::handler]
    fn count(request: TotalRequest) -> Result<Total> {
        todo()
    }
}
