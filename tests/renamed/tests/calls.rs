//! Calls the services of a crate without prelude.

use m::client::TypedClient;
use m::{Code, Service, Streaming};
use micro_tests_renamed::proto::renamed::v1::{HelloRequest, SayClient};
use micro_tests_renamed::{Adder, AdderClient, Number, Speaker};

#[tokio::test]
async fn code_first_works_without_a_prelude() -> m::Result<()> {
    let client = m::testing::client(Service::new("adder").handle(Adder)).await?;
    let adder = AdderClient::new(&client);
    assert_eq!(adder.double(Number { value: 21 }).await?.value, 42);
    let error = adder.double(Number { value: i64::MAX }).await.err().expect("the number is too large");
    assert_eq!(error.code(), Code::OutOfRange);

    let mut counted = Vec::new();
    let mut numbers = adder.count(Number { value: 2 }).await?;
    while let Some(number) = numbers.next().await {
        counted.push(number?.value);
    }
    assert_eq!(counted, [0, 1, 2]);
    Ok(())
}

#[tokio::test]
async fn contract_first_works_without_a_prelude() -> m::Result<()> {
    let client = m::testing::client(Service::new("speaker").handle(Speaker)).await?;
    let say = SayClient::new(&client);
    let request = |name: &str| HelloRequest { name: name.to_owned(), ..HelloRequest::default() };
    assert_eq!(say.hello(request("Ann")).await?.message, "Ann");
    assert_eq!(say.new_(request("Bob")).await?.message, "Bob");
    let joined = say.r#type(Streaming::from_iter([request("An"), request("na")])).await?;
    assert_eq!(joined.message, "Anna");
    Ok(())
}

#[test]
fn names_come_from_the_package_and_the_proto() {
    assert_eq!(AdderClient::CONTRACT, "micro_tests_renamed.Adder");
    assert_eq!(AdderClient::COUNT.path, "/micro_tests_renamed.Adder/Count");
    assert_eq!(AdderClient::DOUBLE.docs, "Doubles a number.");
    assert_eq!(SayClient::TYPE.path, "/renamed.v1.Say/Type");
    assert_eq!(SayClient::HELLO.idempotency, m::Idempotency::Readonly);
    assert_eq!(AdderClient::COUNT.kind, m::Kind::ServerStreaming);
    assert_eq!(SayClient::TYPE.kind, m::Kind::ClientStreaming);
}
