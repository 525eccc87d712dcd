#[micro::service(package = "ledger.v1")]
impl Ledger {
    #[micro::handler]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        self.sum(request).await
    }

    /// Keeps what was said.
    #[micro::subscriber(topic = "greeter.said", queue = "ledger", attempts = 3, concurrency = 1_000)]
    async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> {
        self.keep(ctx, event).await
    }

    #[micro::subscriber(topic = topics::HEARD, name = "Heard")]
    #[cfg(feature = "ears")]
    async fn on_heard(self: Arc<Self>, event: Delivery<Heard>) -> std::result::Result<(), LedgerError> {
        event.ack().await
    }
}

#[micro::service]
impl Shelf {
    #[micro::subscriber(topic = "greeter.said")]
    async fn on_said(&self, Said { name, .. }: Said) -> Result<()> {
        self.keep(name).await
    }
}
