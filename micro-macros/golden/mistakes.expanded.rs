impl Ledger {
    #[micro::handler(read_by_the_service_block)]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        todo()
    }
    #[micro::handler(read_by_the_service_block)]
    fn count(request: TotalRequest) -> Result<Total> {
        todo()
    }
}
/// Calls `golden_package.Ledger`, wherever it is served.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct LedgerClient {
    target: ::micro::__private::Target,
}
#[allow(deprecated)]
impl ::micro::client::TypedClient for LedgerClient {
    const CONTRACT: &'static str = "golden_package.Ledger";
    const METHODS: &'static [&'static ::micro::Spec] = &[Self::TOTAL];
    fn from_target(target: ::micro::__private::Target) -> Self {
        Self { target }
    }
}
#[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
impl LedgerClient {
    /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
    pub fn new(caller: &impl ::micro::client::Caller) -> Self {
        Self {
            target: ::micro::client::Caller::target(caller, "golden_package.Ledger"),
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
    pub const TOTAL: &'static ::micro::Spec = &::micro::__private::spec::<
        TotalRequest,
        <Result<Total> as ::micro::__private::HandlerResult>::Output,
    >("/golden_package.Ledger/Total", "golden_package.Ledger")
        .timeout(::core::time::Duration::from_secs(5));
    /// Calls `Total`.
    pub fn total(
        &self,
        request: TotalRequest,
    ) -> ::micro::Call<<Result<Total> as ::micro::__private::HandlerResult>::Output> {
        self.target.call(Self::TOTAL, request)
    }
}
::core::compile_error! {
    "unknown option `pakage`; `#[micro::service]` knows `package = \"ledger.v1\"`, `name = \"Ledger\"`, `crate = path`"
}
::core::compile_error! {
    "`count` is not async; expected `async fn count(&self, ctx: &Context, request: Request) -> Result<Reply>`, where `ctx` may be left out"
}
::core::compile_error! {
    "`count` does not take `&self`; expected `async fn count(&self, ctx: &Context, request: Request) -> Result<Reply>`, where `ctx` may be left out"
}
