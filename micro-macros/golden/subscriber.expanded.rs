impl Ledger {
    #[micro::handler(read_by_the_service_block)]
    async fn total(&self, request: TotalRequest) -> Result<Total> {
        self.sum(request).await
    }
    /// Keeps what was said.
    #[micro::subscriber(read_by_the_service_block)]
    async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> {
        self.keep(ctx, event).await
    }
    #[micro::subscriber(read_by_the_service_block)]
    #[cfg(feature = "ears")]
    async fn on_heard(
        self: Arc<Self>,
        event: Delivery<Heard>,
    ) -> std::result::Result<(), LedgerError> {
        event.ack().await
    }
}
/// Calls `ledger.v1.Ledger`, wherever it is served.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct LedgerClient {
    target: ::micro::__private::Target,
}
#[allow(deprecated)]
impl ::micro::client::TypedClient for LedgerClient {
    const CONTRACT: &'static str = "ledger.v1.Ledger";
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
    >("/ledger.v1.Ledger/Total", "ledger.v1.Ledger");
    /// Calls `Total`.
    pub fn total(
        &self,
        request: TotalRequest,
    ) -> ::micro::Call<<Result<Total> as ::micro::__private::HandlerResult>::Output> {
        self.target.call(Self::TOTAL, request)
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
                call.answer(Self::total(&call.this, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    fn ROW_of_on_said<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        ::micro::__private::assert_subscriber_result::<Result<()>>();
        match call.event(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(Self::on_said(&call.this, &call.ctx, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[cfg(feature = "ears")]
    #[doc(hidden)]
    fn ROW_of_on_heard<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        ::micro::__private::assert_subscriber_result::<
            std::result::Result<(), LedgerError>,
        >();
        match call.event(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(
                    Self::on_heard(::core::clone::Clone::clone(&call.this), message),
                )
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    const ROWS_of_ledger_v1_Ledger_so_the_other_block_needs_micro_service_name: &'static [::micro::__private::Row<
        Self,
    >] = &[
        ::micro::__private::Row::new(LedgerClient::TOTAL, Self::ROW_of_total),
        ::micro::__private::Row::new(
            const {
                &::micro::__private::event_spec::<
                    Said,
                >("/ledger.v1.Ledger/OnSaid", "ledger.v1.Ledger")
                    .topic(
                        ::micro::__private::Topic::new("greeter.said")
                            .queue("ledger")
                            .attempts(3)
                            .concurrency(1000),
                    )
                    .docs("Keeps what was said.")
            },
            Self::ROW_of_on_said,
        ),
        #[cfg(feature = "ears")]
        ::micro::__private::Row::new(
            const {
                &::micro::__private::event_spec::<
                    Delivery<Heard>,
                >("/ledger.v1.Ledger/Heard", "ledger.v1.Ledger")
                    .topic(::micro::__private::Topic::new(topics::HEARD))
            },
            Self::ROW_of_on_heard,
        ),
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
        ::core::line!(),).code_first("")
    }
};
impl Shelf {
    #[micro::subscriber(read_by_the_service_block)]
    async fn on_said(&self, Said { name, .. }: Said) -> Result<()> {
        self.keep(name).await
    }
}
#[allow(dead_code, deprecated, non_snake_case, non_upper_case_globals)]
impl Shelf {
    #[doc(hidden)]
    fn ROW_of_on_said<'call>(
        call: &'call ::micro::__private::Incoming<Self>,
        message: &mut ::micro::__private::Arrived,
    ) -> ::micro::__private::Reply<'call> {
        ::micro::__private::assert_subscriber_result::<Result<()>>();
        match call.event(message) {
            ::core::result::Result::Ok(message) => {
                call.answer(Self::on_said(&call.this, message))
            }
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
    #[doc(hidden)]
    const ROWS_of_golden_package_Shelf_subscribers_so_the_other_block_needs_micro_service_name: &'static [::micro::__private::Row<
        Self,
    >] = &[
        ::micro::__private::Row::new(
            const {
                &::micro::__private::event_spec::<
                    Said,
                >("/golden_package.Shelf/OnSaid", "golden_package.Shelf")
                    .topic(::micro::__private::Topic::new("greeter.said"))
            },
            Self::ROW_of_on_said,
        ),
    ];
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::Fallback as _;
    ::micro::__private::register! {
        ::micro::__private::Registration::new:: < Shelf >
        (::core::env!("CARGO_PKG_NAME"), "", < Shelf >
        ::ROWS_of_golden_package_Shelf_subscribers_so_the_other_block_needs_micro_service_name,
        < ::micro::__private::Probe < Shelf >> ::CONSTRUCT, ::core::file!(),
        ::core::line!(),)
    }
};
