//! A package whose annotated types are all made by themselves: by `Default`, or by `#[micro::init]`.

use micro::testing::client;
use micro::{Code, Result, Service};
use micro_tests_renamed::{AdderClient, Number};

/// Carries a name.
#[micro::message(package = "mounting_init")]
pub struct Name {
    name: String,
}

/// Is made when the process starts.
pub struct Named {
    name: String,
}

#[micro::service(package = "mounting_init")]
impl Named {
    #[micro::init]
    async fn open(service: &Service) -> Result<Self> {
        Ok(Named { name: service.name().to_owned() })
    }

    #[micro::handler]
    async fn name(&self, _: ()) -> Result<Name> {
        Ok(Name { name: self.name.clone() })
    }
}

/// Is made by `Default`.
#[derive(Default)]
pub struct Plain;

#[micro::service(package = "mounting_init")]
impl Plain {
    #[micro::handler]
    async fn name(&self, _: ()) -> Result<Name> {
        Ok(Name { name: "plain".to_owned() })
    }
}

#[tokio::test]
async fn the_own_package_is_made_and_served() -> Result<()> {
    let client = client(Service::new("made").linked(env!("CARGO_PKG_NAME"))).await?;
    assert_eq!(NamedClient::new(&client).name(()).await?.name, "made");
    assert_eq!(PlainClient::new(&client).name(()).await?.name, "plain");
    Ok(())
}

#[tokio::test]
async fn a_caller_that_links_a_service_crate_only_for_its_client_serves_nothing_of_it() -> Result<()> {
    // Naming the client is what links the crate, and its services with it, into the link-time table.
    let client = client(Service::new("caller").linked(env!("CARGO_PKG_NAME"))).await?;
    let error = AdderClient::new(&client).double(Number { value: 3 }).await.err().expect("nobody serves it");
    assert!(matches!(error.code(), Code::Unavailable | Code::Unimplemented), "{error}");
    Ok(())
}
