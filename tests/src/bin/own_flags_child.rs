//! A process with a command line of its own: `main` takes no argument, and the service is made by hand.

use micro_tests::kinds::Kinds;

#[micro::main]
async fn main() -> micro::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let service = micro::Service::new("own-flags")
        .environment()
        .handle(Kinds)
        .metadata("arguments", arguments.join(" "));
    service.run().await
}
