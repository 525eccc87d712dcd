/// Prints what was said.
pub async fn print(event: Said) -> Result<()> {
    show(event.name).await
}
#[allow(dead_code, deprecated, non_camel_case_types, non_snake_case)]
const _: () = {
    #[derive(::core::default::Default)]
    struct Subscriber_print;
    impl Subscriber_print {
        #[doc(hidden)]
        fn ROW_of_print<'call>(
            call: &'call ::micro::__private::Incoming<Self>,
            message: &mut ::micro::__private::Arrived,
        ) -> ::micro::__private::Reply<'call> {
            ::micro::__private::assert_subscriber_result::<Result<()>>();
            match call.event(message) {
                ::core::result::Result::Ok(message) => call.answer(print(message)),
                ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
            }
        }
        const ROWS: &'static [::micro::__private::Row<Self>] = &[
            ::micro::__private::Row::new(
                const {
                    &::micro::__private::event_spec::<
                        Said,
                    >("/golden_package.print/Print", "golden_package.print")
                        .topic(::micro::__private::Topic::new("greeter.said"))
                        .docs("Prints what was said.")
                },
                Self::ROW_of_print,
            ),
        ];
    }
    #[allow(unused_imports)]
    use ::micro::__private::Fallback as _;
    ::micro::__private::register! {
        ::micro::__private::Registration::new:: < Subscriber_print >
        (::core::env!("CARGO_PKG_NAME"), "", < Subscriber_print > ::ROWS, <
        ::micro::__private::Probe < Subscriber_print >> ::CONSTRUCT, ::core::file!(),
        ::core::line!(),)
    }
};
async fn r#loop(ctx: &m::Context, event: Delivery<Said>) -> m::Result<()> {
    event.reject(ctx.service()).await
}
#[allow(dead_code, deprecated, non_camel_case_types, non_snake_case)]
const _: () = {
    #[derive(::core::default::Default)]
    struct Subscriber_loop;
    impl Subscriber_loop {
        #[doc(hidden)]
        fn ROW_of_loop<'call>(
            call: &'call m::__private::Incoming<Self>,
            message: &mut m::__private::Arrived,
        ) -> m::__private::Reply<'call> {
            m::__private::assert_subscriber_result::<m::Result<()>>();
            match call.event(message) {
                ::core::result::Result::Ok(message) => {
                    call.answer(r#loop(&call.ctx, message))
                }
                ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
            }
        }
        const ROWS: &'static [m::__private::Row<Self>] = &[
            m::__private::Row::new(
                const {
                    &m::__private::event_spec::<
                        Delivery<Said>,
                    >("/golden_package.loop/Loop", "golden_package.loop")
                        .topic(m::__private::Topic::new(SAID).queue(QUEUE).attempts(1))
                },
                Self::ROW_of_loop,
            ),
        ];
    }
    #[allow(unused_imports)]
    use m::__private::Fallback as _;
    m::__private::register! {
        m::__private::Registration::new:: < Subscriber_loop >
        (::core::env!("CARGO_PKG_NAME"), "", < Subscriber_loop > ::ROWS, <
        m::__private::Probe < Subscriber_loop >> ::CONSTRUCT, ::core::file!(),
        ::core::line!(),)
    }
};
async fn mistaken(event: Said) -> Result<()> {
    Ok(())
}
::core::compile_error! {
    "`dedupe` is not enforced yet; leave it out: an option that does nothing would only look safe"
}
::core::compile_error! {
    "a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots, such as `greeter.said`"
}
