impl<S: Store, const N: usize> Ledger<S, N>
where
    S: Clone,
{
    #[handler(read_by_the_service_block)]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        self.store.total(request).await
    }
}
/// Calls `golden_package.Shelf`, wherever it is served.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct ShelfClient {
    target: m::__private::Target,
}
#[allow(deprecated)]
impl m::client::TypedClient for ShelfClient {
    const CONTRACT: &'static str = "golden_package.Shelf";
    const METHODS: &'static [&'static m::Spec] = &[Self::TOTAL];
    fn from_target(target: m::__private::Target) -> Self {
        Self { target }
    }
}
#[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
impl ShelfClient {
    /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
    pub fn new(caller: &impl m::client::Caller) -> Self {
        Self {
            target: m::client::Caller::target(caller, "golden_package.Shelf"),
        }
    }
    /// Calls only nodes of the service `service`.
    #[must_use]
    pub fn named(
        self,
        service: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        Self {
            target: self.target.named(service),
        }
    }
    /// Describes `Total`.
    pub const TOTAL: &'static m::Spec = &m::__private::spec::<
        TotalRequest,
        <Result<Total> as m::__private::HandlerResult>::Output,
    >("/golden_package.Shelf/Total", "golden_package.Shelf");
    /// Calls `Total`.
    pub fn total(
        &self,
        request: TotalRequest,
    ) -> m::Call<<Result<Total> as m::__private::HandlerResult>::Output> {
        self.target.call(Self::TOTAL, request)
    }
}
#[allow(dead_code, deprecated, non_snake_case, non_upper_case_globals)]
impl<S: Store, const N: usize> Ledger<S, N>
where
    S: Clone,
{
    #[doc(hidden)]
    fn ROW_of_total<'call>(
        call: &'call m::__private::Incoming<Self>,
        message: &mut m::__private::Arrived,
    ) -> m::__private::Reply<'call> {
        match call.receive(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(Self::total(&call.this, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    const ROWS_of_golden_package_Shelf_so_the_other_block_needs_micro_service_name: &'static [m::__private::Row<
        Self,
    >] = &[m::__private::Row::new(ShelfClient::TOTAL, Self::ROW_of_total)];
}
impl<S: Store, const N: usize> m::service::Mount for Ledger<S, N>
where
    S: Clone,
{
    const CONTRACT: &'static str = "golden_package.Shelf";
    const ROWS: &'static [m::__private::Row<Self>] = <Ledger<
        S,
        N,
    >>::ROWS_of_golden_package_Shelf_so_the_other_block_needs_micro_service_name;
}
impl<S: Store> Say for Greeter<S> {
    async fn hello(
        &self,
        ctx: &m::Context,
        request: HelloRequest,
    ) -> m::Result<HelloReply> {
        Ok(HelloReply {
            message: request.name,
        })
    }
}
impl<S: Store> m::service::Mount for Greeter<S> {
    const CONTRACT: &'static str = <Greeter<
        S,
    > as Say>::CONTRACT_of_a_trait_generated_by_micro_codegen;
    const ROWS: &'static [m::__private::Row<Self>] = <Greeter<
        S,
    > as Say>::ROWS_of_a_trait_generated_by_micro_codegen;
}
