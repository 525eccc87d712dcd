/// Serves.
#[micro::main]
async fn main(service: micro::Service) -> micro::Result<()> {
    service.run().await
}

mod bare {}

#[micro::main(crate = m)]
async fn other() {
    work().await
}
