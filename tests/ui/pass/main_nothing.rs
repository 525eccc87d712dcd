#[micro::main]
async fn main() {}
