//! The service: the trait that was generated from the contract, implemented as plain Rust.

use micro::prelude::*;
use micro::{Error, Service, Streaming};

use crate::proto::greeter::v1::*;

/// Greets, counts, adds and talks.
#[derive(Default)]
pub struct Greeter;

#[micro::service]
impl Say for Greeter {
    async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        if request.name.is_empty() {
            return Err(Error::invalid_argument("name must not be empty"));
        }
        // A caller that numbers its requests finds the number in the answer.
        if let Some(id) = ctx.metadata().get("request-id") {
            ctx.set_metadata("request-id", id)?;
        }
        ctx.publish("greeter.said", &Said { name: request.name.clone() }).await?;
        Ok(HelloReply { message: format!("Hello {}", request.name), process: std::process::id() })
    }

    async fn count(&self, _ctx: &Context, request: CountRequest) -> Result<Streaming<Number>> {
        if request.to > 1000 {
            return Err(Error::out_of_range("nobody counts beyond 1000"));
        }
        Ok(Streaming::from_iter((1..=i64::from(request.to)).map(|value| Number { value })))
    }

    async fn sum(&self, _ctx: &Context, mut numbers: Streaming<Number>) -> Result<Number> {
        let mut sum = 0i64;
        while let Some(number) = numbers.next().await {
            sum =
                sum.checked_add(number?.value).ok_or_else(|| Error::out_of_range("the sum is too large"))?;
        }
        Ok(Number { value: sum })
    }

    async fn chat(&self, _ctx: &Context, mut lines: Streaming<Line>) -> Result<Streaming<Line>> {
        let (sender, replies) = Streaming::channel(1);
        // Ends with the caller's lines, or when nobody reads the replies any more.
        tokio::spawn(async move {
            while let Some(line) = lines.next().await {
                let sent = match line {
                    Ok(line) => sender.send(Line { text: format!("{}, you say?", line.text) }).await,
                    Err(error) => return sender.fail(error).await,
                };
                if sent.is_err() {
                    break;
                }
            }
            Ok(())
        });
        Ok(replies)
    }
}

/// Makes the service `name`, with its settings from `MICRO_*` where they are set.
pub fn service(name: &str) -> Service {
    Service::new(name).environment().handle(Greeter)
}

/// Serves on `address` until Ctrl-C and prints what to type.
pub async fn serve(address: &str) -> Result<()> {
    let service = service("greeter").address(address).after_start(|service| async move {
        for address in service.addresses() {
            println!(
                "serving greeter.v1.Say on {address}; stop with Ctrl-C. Try:

  curl http://{address}/greeter.v1.Say/Hello -H 'content-type: application/json' -d '{{\"name\":\"Ann\"}}'

  grpcurl -plaintext -import-path examples/hello/proto -proto greeter/v1/greeter.proto \\
      -d '{{\"name\":\"Ann\"}}' {address} greeter.v1.Say/Hello
"
            );
        }
        Ok(())
    });
    service.run().await
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    #[tokio::test]
    async fn a_handler_is_a_plain_function() {
        let ctx = Context::test().with_metadata("request-id", "7");
        let reply = Greeter.hello(&ctx, HelloRequest { name: "Ann".into() }).await.unwrap();
        assert_eq!(reply.message, "Hello Ann");
        assert_eq!(ctx.sent_metadata().get("request-id"), Some("7"));
        let error = Greeter.hello(&Context::test(), HelloRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }

    #[tokio::test]
    async fn every_kind_of_call_works_in_process() {
        let client = micro::testing::client(Service::new("greeter").handle(Greeter)).await.unwrap();
        let say = SayClient::new(&client);

        assert_eq!(say.hello(HelloRequest { name: "Ann".into() }).await.unwrap().message, "Hello Ann");

        let numbers = say.count(CountRequest { to: 3 }).await.unwrap().collect().await.unwrap();
        assert_eq!(numbers.iter().map(|number| number.value).collect::<Vec<_>>(), [1, 2, 3]);

        let sum = say.sum(Streaming::from_iter(numbers)).await.unwrap();
        assert_eq!(sum.value, 6);

        let lines = Streaming::from_iter([Line { text: "rain".into() }]);
        let replies = say.chat(lines).await.unwrap().collect().await.unwrap();
        assert_eq!(replies[0].text, "rain, you say?");

        let error = say.count(CountRequest { to: 1001 }).await.unwrap_err();
        assert_eq!((error.code(), error.id()), (Code::OutOfRange, "greeter"));
    }
}
