//! Subscribers that are functions: linked with their package, and called like those of a block.

use std::collections::BTreeSet;
use std::time::Duration;

use micro::broker::{Delivery, Subscribe, Subscription};
use micro::codec::Encoding;
use micro::prelude::*;

const ANSWERED: &str = "functions.answered";

/// What is asked and answered.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    text: String,
}

fn asked(text: impl Into<String>) -> Asked {
    Asked { text: text.into() }
}

/// Answers at the second attempt.
#[micro::subscriber(topic = "functions.asked", queue = "answerers", attempts = 2)]
async fn answer(ctx: &Context, question: Asked) -> Result<()> {
    let attempt = ctx.event().map_or(0, |event| event.attempt());
    if attempt == 1 {
        return Err(Error::aborted("asked too early"));
    }
    let text = format!("{} answers {} at attempt {attempt}", ctx.service(), question.text);
    ctx.publish(ANSWERED, &asked(text)).await?;
    Ok(())
}

/// Answers only what is handed on by hand.
#[micro::subscriber(topic = "functions.asked")]
async fn by_hand(ctx: &Context, question: Delivery<Asked>) -> Result<()> {
    let text = format!("by hand {}", question.message().text);
    ctx.publish(ANSWERED, &asked(text)).await?;
    question.ack().await
}

/// Hears of something else.
#[micro::subscriber(topic = "functions.other")]
async fn elsewhere(_: Asked) -> Result<()> {
    Err(Error::internal("nobody publishes there"))
}

fn linked() -> Service {
    Service::new("linked").linked(env!("CARGO_PKG_NAME"))
}

async fn next(answers: &mut Subscription) -> Result<String> {
    let next = tokio::time::timeout(Duration::from_secs(20), answers.next());
    let delivery = next.await.expect("nobody answers")?;
    let answer: Asked = Encoding::proto().decode(delivery.data().clone())?;
    delivery.ack().await?;
    Ok(answer.text)
}

#[tokio::test]
async fn functions_of_a_linked_package_get_events() -> Result<()> {
    let client = micro::testing::client(linked()).await?;
    let mut answers = client.broker().subscribe(&Subscribe::new(ANSWERED)).await?;
    client.publish("functions.asked", &asked("why")).await?;
    let said = BTreeSet::from([next(&mut answers).await?, next(&mut answers).await?]);
    let expected = ["by hand why", "linked answers why at attempt 2"];
    assert!(said.iter().map(String::as_str).eq(expected), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn functions_of_two_services_are_members_of_one_queue() -> Result<()> {
    let client = micro::testing::network([linked(), linked()]).await?;
    let mut answers = client.broker().subscribe(&Subscribe::new(ANSWERED)).await?;
    client.publish("functions.asked", &asked("why")).await?;
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(next(&mut answers).await?);
    }
    said.sort();
    assert_eq!(said, ["by hand why", "by hand why", "linked answers why at attempt 2"]);
    client.publish(ANSWERED, &asked("the last")).await?;
    assert_eq!(next(&mut answers).await?, "the last");
    Ok(())
}

#[tokio::test]
async fn functions_that_are_not_linked_get_nothing() -> Result<()> {
    let client = micro::testing::client(Service::new("bare")).await?;
    let mut answers = client.broker().subscribe(&Subscribe::new(ANSWERED)).await?;
    client.publish("functions.asked", &asked("why")).await?;
    client.publish(ANSWERED, &asked("the last")).await?;
    assert_eq!(next(&mut answers).await?, "the last");
    Ok(())
}

#[tokio::test]
async fn a_function_is_tested_by_calling_it() -> Result<()> {
    let client = micro::testing::client(Service::new("bare")).await?;
    let mut answers = client.broker().subscribe(&Subscribe::new(ANSWERED)).await?;
    answer(&Context::test().with_client(&client), asked("why")).await?;
    assert_eq!(next(&mut answers).await?, "test answers why at attempt 0");
    assert!(elsewhere(asked("why")).await.is_err());
    Ok(())
}
