/// Keeps accounts.
#[micro::service(package = "ledger.v1")]
impl Ledger {
    /// Adds up what an account holds.
    ///
    /// ```
    /// let total = 3;
    /// ```
    #[micro::handler(readonly)]
    async fn total(&self, ctx: &Context, request: TotalRequest) -> Result<Total> {
        self.sum(ctx, request).await
    }

    #[micro::handler(name = "Post", idempotent)]
    #[cfg(feature = "write")]
    pub async fn write(self: Arc<Self>, Entry { cents, .. }: Entry) -> std::result::Result<Posted, LedgerError> {
        self.post(cents).await
    }

    #[micro::handler]
    async fn r#type(&self, entries: micro::Streaming<Entry>) -> Result<micro::Streaming<Posted>> {
        self.follow(entries).await
    }

    const LIMIT: u32 = 3;

    fn sum(&self) -> i64 {
        3
    }
}
