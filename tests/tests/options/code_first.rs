//! A service whose contract is code, with options in its attributes.

use std::time::{Duration, Instant};

use micro::broker::Memory;
use micro::prelude::*;
use micro_tests::kinds::{start, start_with};

use super::{FOR_EVER, LONG, Nap, assert_ended, assert_given_up, nap, once, second, sleep};

/// Waits as its attributes say.
#[derive(Default)]
pub(super) struct Guard;

/// Keeps watch.
#[micro::service(package = "guard.v1")]
impl Guard {
    #[micro::handler(readonly, timeout = "3000ms")]
    async fn wait(&self, request: Nap) -> Result<Nap> {
        sleep(&request).await;
        Ok(request)
    }

    #[micro::handler(timeout = "3s")]
    async fn tick(&self, ctx: &Context, request: Nap) -> Result<Streaming<Nap>> {
        Ok(once(ctx, request))
    }

    #[micro::handler]
    async fn rest(&self, request: Nap) -> Result<Nap> {
        Ok(request)
    }
}

pub(super) fn guard() -> Service {
    Service::new("guard").broker(Memory::new()).handle(Guard)
}

/// The same contract, served without any limit.
mod lenient {
    use micro::prelude::*;

    use super::super::sleep;
    use super::Nap;

    #[derive(Default)]
    pub(super) struct Lenient;

    #[micro::service(package = "guard.v1", name = "Guard")]
    impl Lenient {
        #[micro::handler]
        async fn wait(&self, request: Nap) -> Result<Nap> {
            sleep(&request).await;
            Ok(request)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_ends_what_takes_longer() -> Result<()> {
    let (service, client) = start(guard()).await?;
    let guard = GuardClient::new(&client);
    let unary = async { assert_ended(guard.wait(nap(FOR_EVER)).timeout(LONG).await, "guard") };
    let splitting = async {
        let replies = guard.tick(nap("first")).timeout(LONG).await;
        assert_ended(second(replies).await, "guard");
    };
    tokio::join!(unary, splitting);
    assert_eq!(guard.rest(nap("a while")).await?.text, "a while");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_waits_as_long_as_the_attribute_says() -> Result<()> {
    let lenient = Service::new("lenient").handle(lenient::Lenient);
    let (service, client) = start_with(lenient, |client| client.timeout(LONG)).await?;
    let begun = Instant::now();
    assert_given_up(GuardClient::new(&client).wait(nap(FOR_EVER)).await);
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    service.stop().await
}

#[test]
fn the_descriptions_say_what_the_attributes_say() {
    let limit = Some(Duration::from_secs(3));
    assert_eq!((GuardClient::WAIT.timeout, GuardClient::TICK.timeout), (limit, limit));
    assert_eq!(GuardClient::REST.timeout, None);
}
