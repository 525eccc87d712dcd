#[micro::main]
async fn main(client: micro::Client) -> micro::Result<()> {
    let _ = client;
    Ok(())
}
