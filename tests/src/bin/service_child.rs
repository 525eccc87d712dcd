//! A process that `#[micro::main]` makes: it serves what is annotated in this package until it is told to stop.

// Without a name in the source the linker would leave the crate, and what is annotated in it, out.
use micro_tests as _;

#[micro::main]
async fn main(service: micro::Service) -> micro::Result<()> {
    service.run().await
}
