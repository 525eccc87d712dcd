/// Prints what was said.
#[micro::subscriber(topic = "greeter.said")]
pub async fn print(event: Said) -> Result<()> {
    show(event.name).await
}

#[micro::subscriber(topic = SAID, queue = QUEUE, attempts = 1, crate = m)]
async fn r#loop(ctx: &m::Context, event: Delivery<Said>) -> m::Result<()> {
    event.reject(ctx.service()).await
}

#[micro::subscriber(topic = "greeter said", dedupe = "id")]
async fn mistaken(event: Said) -> Result<()> {
    Ok(())
}
