/// Keeps accounts.
impl Ledger {
    /// Adds up what an account holds.
    ///
    /// ```
    /// let total = 3;
    /// ```
    #[micro::handler(read_by_the_service_block)]
    async fn total(&self, ctx: &Context, request: TotalRequest) -> Result<Total> {
        self.sum(ctx, request).await
    }
    #[micro::handler(read_by_the_service_block)]
    #[cfg(feature = "write")]
    pub async fn write(
        self: Arc<Self>,
        Entry { cents, .. }: Entry,
    ) -> std::result::Result<Posted, LedgerError> {
        self.post(cents).await
    }
    #[micro::handler(read_by_the_service_block)]
    async fn r#type(
        &self,
        entries: micro::Streaming<Entry>,
    ) -> Result<micro::Streaming<Posted>> {
        self.follow(entries).await
    }
    const LIMIT: u32 = 3;
    fn sum(&self) -> i64 {
        3
    }
}
/// Calls `ledger.v1.Ledger`, wherever it is served.
///
/// Keeps accounts.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct LedgerClient {
    target: ::micro::__private::Target,
}
#[allow(deprecated)]
impl ::micro::client::TypedClient for LedgerClient {
    const CONTRACT: &'static str = "ledger.v1.Ledger";
    const METHODS: &'static [&'static ::micro::Spec] = &[
        Self::TOTAL,
        #[cfg(feature = "write")]
        Self::WRITE,
        Self::TYPE,
    ];
    fn from_target(target: ::micro::__private::Target) -> Self {
        Self { target }
    }
}
#[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
impl LedgerClient {
    /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
    pub fn new(caller: &impl ::micro::client::Caller) -> Self {
        Self {
            target: ::micro::client::Caller::target(caller, "ledger.v1.Ledger"),
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
    >("/ledger.v1.Ledger/Total", "ledger.v1.Ledger")
        .readonly()
        .docs("Adds up what an account holds.\n\n```\nlet total = 3;\n```");
    /// Adds up what an account holds.
    ///
    /// ```text
    /// let total = 3;
    /// ```
    pub fn total(
        &self,
        request: TotalRequest,
    ) -> ::micro::Call<<Result<Total> as ::micro::__private::HandlerResult>::Output> {
        self.target.call(Self::TOTAL, request)
    }
    /// Describes `Post`.
    #[cfg(feature = "write")]
    pub const WRITE: &'static ::micro::Spec = &::micro::__private::spec::<
        Entry,
        <std::result::Result<
            Posted,
            LedgerError,
        > as ::micro::__private::HandlerResult>::Output,
    >("/ledger.v1.Ledger/Post", "ledger.v1.Ledger")
        .idempotent();
    /// Calls `Post`.
    #[cfg(feature = "write")]
    pub fn write(
        &self,
        request: Entry,
    ) -> ::micro::Call<
        <std::result::Result<
            Posted,
            LedgerError,
        > as ::micro::__private::HandlerResult>::Output,
    > {
        self.target.call(Self::WRITE, request)
    }
    /// Describes `Type`.
    pub const TYPE: &'static ::micro::Spec = &::micro::__private::spec::<
        micro::Streaming<Entry>,
        <Result<micro::Streaming<Posted>> as ::micro::__private::HandlerResult>::Output,
    >("/ledger.v1.Ledger/Type", "ledger.v1.Ledger");
    /// Calls `Type`.
    pub fn r#type(
        &self,
        request: micro::Streaming<Entry>,
    ) -> ::micro::Call<
        <Result<micro::Streaming<Posted>> as ::micro::__private::HandlerResult>::Output,
    > {
        self.target.call(Self::TYPE, request)
    }
}
#[allow(dead_code, deprecated, non_snake_case, non_upper_case_globals)]
impl Ledger {
    #[doc(hidden)]
    fn ROW_of_total<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        match call.receive(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(Self::total(&call.this, &call.ctx, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[cfg(feature = "write")]
    #[doc(hidden)]
    fn ROW_of_write<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        match call.receive(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(
                    Self::write(::core::clone::Clone::clone(&call.this), message),
                )
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    fn ROW_of_type<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        match call.receive(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(Self::r#type(&call.this, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    const ROWS_of_ledger_v1_Ledger_so_the_other_block_needs_micro_service_name: &'static [::micro::__private::Row<
        Self,
    >] = &[
        ::micro::__private::Row::new(LedgerClient::TOTAL, Self::ROW_of_total),
        #[cfg(feature = "write")]
        ::micro::__private::Row::new(LedgerClient::WRITE, Self::ROW_of_write),
        ::micro::__private::Row::new(LedgerClient::TYPE, Self::ROW_of_type),
    ];
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::Fallback as _;
    ::micro::__private::register! {
        ::micro::__private::Registration::new:: < Ledger >
        (::core::env!("CARGO_PKG_NAME"), "ledger.v1.Ledger", < Ledger >
        ::ROWS_of_ledger_v1_Ledger_so_the_other_block_needs_micro_service_name, <
        ::micro::__private::Probe < Ledger >> ::CONSTRUCT, ::core::file!(),
        ::core::line!(),).code_first("Keeps accounts.")
    }
};
