//! What is mounted: exactly what was handed over or asked for, one value a type, and mistakes are told at the start.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use micro::registry::Memory;
use micro::testing::client;
use micro::{Client, Code, Error, Result, Service, Streaming};
use micro_tests_renamed::{Adder, AdderClient};

/// Carries one number.
#[micro::message(package = "mounting")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Number {
    value: i64,
}

fn number(value: i64) -> Number {
    Number { value }
}

/// Counts, in two contracts over one value.
#[derive(Default)]
pub struct Counter {
    count: AtomicI64,
}

#[micro::service(package = "mounting")]
impl Counter {
    #[micro::handler]
    async fn add(&self, request: Number) -> Result<Number> {
        Ok(number(self.count.fetch_add(request.value, Ordering::Relaxed) + request.value))
    }

    #[cfg(any())]
    #[micro::handler]
    async fn never(&self, request: Number) -> Result<Nothing> {
        Ok(request)
    }
}

#[micro::service(package = "mounting", name = "Meter")]
impl Counter {
    #[micro::handler(readonly)]
    async fn read(self: Arc<Self>, _: ()) -> std::result::Result<Number, Negative> {
        match self.count.load(Ordering::Relaxed) {
            value if value < 0 => Err(Negative),
            value => Ok(number(value)),
        }
    }
}

/// What a meter cannot show.
pub struct Negative;

impl From<Negative> for Error {
    fn from(_: Negative) -> Self {
        Error::failed_precondition("the count is negative")
    }
}

/// Where a shelf keeps its things.
pub trait Store: Send + Sync + 'static {
    /// Counts the things.
    fn count(&self) -> i64;
}

struct Three;

impl Store for Three {
    fn count(&self) -> i64 {
        3
    }
}

/// Has a parameter.
pub struct Shelf<S>(S);

#[micro::service(package = "mounting")]
impl<S: Store> Shelf<S> {
    #[micro::handler]
    async fn count(&self, _: ()) -> Result<Number> {
        Ok(number(self.0.count()))
    }

    #[micro::handler]
    async fn follow(&self, mut numbers: Streaming<Number>) -> Result<Streaming<Number>> {
        let mut all = Vec::new();
        while let Some(number) = numbers.next().await {
            all.push(number?);
        }
        Ok(Streaming::from_iter(all))
    }
}

mod one {
    use super::{Number, Result};

    /// Answers the path that [`super::two::Same`] answers too.
    pub(super) struct Same;

    #[micro::service(package = "mounting.clash")]
    impl Same {
        #[micro::handler]
        async fn total(&self, request: Number) -> Result<Number> {
            Ok(request)
        }
    }
}

mod two {
    use super::{Number, Result};

    /// Answers the path that [`super::one::Same`] answers too.
    pub(super) struct Same;

    #[micro::service(package = "mounting.clash")]
    impl Same {
        #[micro::handler]
        async fn total(&self, request: Number) -> Result<Number> {
            Ok(request)
        }
    }
}

/// Calls something nobody serves, and says with what it failed.
async fn is_not_served<T: micro::Output>(call: micro::Call<T>) -> bool {
    match call.await {
        Ok(_) => false,
        Err(error) => matches!(error.code(), Code::Unavailable | Code::Unimplemented),
    }
}

#[tokio::test]
async fn a_value_handed_over_is_served_in_all_its_contracts() -> Result<()> {
    let counter = Counter { count: AtomicI64::new(40) };
    let client = client(Service::new("counter").handle(counter)).await?;
    assert_eq!(CounterClient::new(&client).add(number(2)).await?, number(42));
    assert_eq!(MeterClient::new(&client).read(()).await?, number(42));
    CounterClient::new(&client).add(number(-50)).await?;
    let error = MeterClient::new(&client).read(()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "the count is negative"));
    Ok(())
}

#[tokio::test]
async fn two_services_in_one_process_serve_different_things() -> Result<()> {
    let counting = client(Service::new("counting").handle(Counter::default())).await?;
    let adding = client(Service::new("adding").handle(Adder)).await?;
    assert_eq!(CounterClient::new(&counting).add(number(1)).await?, number(1));
    let three = || micro_tests_renamed::Number { value: 3 };
    assert_eq!(AdderClient::new(&adding).double(three()).await?.value, 6);
    assert!(is_not_served(CounterClient::new(&adding).add(number(1))).await);
    assert!(is_not_served(AdderClient::new(&counting).double(three())).await);
    Ok(())
}

#[tokio::test]
async fn two_values_of_one_type_share_nothing() -> Result<()> {
    let one = client(Service::new("one").handle(Counter::default())).await?;
    let two = client(Service::new("two").handle(Counter::default())).await?;
    CounterClient::new(&one).add(number(5)).await?;
    assert_eq!(CounterClient::new(&two).add(number(1)).await?, number(1));
    Ok(())
}

#[tokio::test]
async fn a_package_that_is_asked_for_is_served_whole() -> Result<()> {
    let client = client(Service::new("linked").linked("micro-tests-renamed")).await?;
    assert_eq!(AdderClient::new(&client).double(micro_tests_renamed::Number { value: 3 }).await?.value, 6);
    assert!(is_not_served(CounterClient::new(&client).add(number(1))).await);
    Ok(())
}

#[tokio::test]
async fn a_type_with_parameters_is_mounted_by_value() -> Result<()> {
    let client = client(Service::new("shelf").mount(Shelf(Three))).await?;
    let shelf = ShelfClient::new(&client);
    assert_eq!(shelf.count(()).await?, number(3));
    let numbers = [number(1), number(2)];
    assert_eq!(shelf.follow(Streaming::from_iter(numbers.clone())).await?.collect().await?, numbers);
    Ok(())
}

#[tokio::test]
async fn one_path_of_two_types_is_an_error_that_names_it() {
    let service = Service::new("clash").registry(Memory::new()).handle(one::Same).handle(two::Same);
    let error = service.start().await.expect_err("the path is there twice");
    assert!(error.message().contains("/mounting.clash.Same/Total"), "{error}");
}

#[tokio::test]
async fn a_call_made_of_a_client_without_the_service_fails() -> Result<()> {
    let client = Client::builder().registry(Memory::new()).open().await?;
    assert!(is_not_served(CounterClient::new(&client).add(number(1))).await);
    Ok(())
}
