#[micro::main(threads = 4)] //~ ERROR: unknown option `threads`; `#[micro::main]` knows `crate = path`
async fn main(service: micro::Service, client: micro::Client) -> micro::Result<()> { //~ ERROR: too many arguments; `#[micro::main]` expects
    Ok(())
}
