//! The process of the services, started without any prelude.

#![no_implicit_prelude]
#![forbid(unsafe_code)]

use ::micro_tests_renamed as _;

#[::m::main(crate = ::m)]
async fn main(service: ::m::Service) -> ::m::Result<()> {
    service.run().await
}
