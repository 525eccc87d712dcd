fn main() -> ::std::process::ExitCode {
    /// Serves.
    async fn main(service: micro::Service) -> micro::Result<()> {
        service.run().await
    }
    ::micro::__private::main(
        ::micro::__private::Package {
            name: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
        },
        main,
    )
}
mod bare {}
fn other() -> ::std::process::ExitCode {
    async fn other() {
        work().await
    }
    m::__private::main(
        m::__private::Package {
            name: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
        },
        |()| other(),
    )
}
