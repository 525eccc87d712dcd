impl proto::greeter::v1::Say for Greeter {
    async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply {
            message: request.name,
        })
    }
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::Fallback as _;
    ::micro::__private::register! {
        ::micro::__private::Registration::new:: < Greeter >
        (::core::env!("CARGO_PKG_NAME"), < Greeter as proto::greeter::v1::Say >
        ::CONTRACT_of_a_trait_generated_by_micro_codegen, < Greeter as
        proto::greeter::v1::Say > ::ROWS_of_a_trait_generated_by_micro_codegen, <
        ::micro::__private::Probe < Greeter >> ::CONSTRUCT, ::core::file!(),
        ::core::line!(),)
    }
};
impl Greeter {
    #[micro::init(read_by_the_service_block)]
    async fn open(service: &Service) -> Result<Self> {
        Ok(Greeter {
            name: service.name().to_owned(),
        })
    }
}
#[allow(dead_code, deprecated, non_snake_case, non_upper_case_globals)]
impl Greeter {
    #[doc(hidden)]
    const ROWS_of_golden_package_Greeter_init: &'static [::micro::__private::Row<
        Self,
    >] = &[];
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::Fallback as _;
    ::micro::__private::register! {
        ::micro::__private::Registration::new:: < Greeter >
        (::core::env!("CARGO_PKG_NAME"), "", < Greeter >
        ::ROWS_of_golden_package_Greeter_init, < ::micro::__private::Probe < Greeter >>
        ::CONSTRUCT, ::core::file!(), ::core::line!(),).init(| service |
        ::std::boxed::Box::pin(async move { ::core::result::Result::map_err(< Greeter >
        ::open(service). await, ::core::convert::Into::into) }))
    }
};
