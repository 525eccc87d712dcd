#[micro::main]
fn main() {} //~ ERROR@`fn`: `main` is not async; `#[micro::main]` expects `async fn main(service: micro::Service) -> micro::Result<()>`
