#[micro::service(crate = m, name = "Shelf")]
impl<S: Store, const N: usize> Ledger<S, N>
where
    S: Clone,
{
    #[handler]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        self.store.total(request).await
    }
}

#[micro::service(crate = m)]
impl<S: Store> Say for Greeter<S> {
    async fn hello(&self, ctx: &m::Context, request: HelloRequest) -> m::Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }
}
