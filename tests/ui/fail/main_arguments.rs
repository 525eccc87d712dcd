#[micro::main(threads = 4)] //~ ERROR@`threads`: unknown option `threads`; `#[micro::main]` knows `crate = path`
async fn main(service: micro::Service, client: micro::Client) -> micro::Result<()> { //~ ERROR@`client: micro::Client`: too many arguments; `#[micro::main]` expects
    Ok(())
}
