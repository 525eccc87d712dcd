//! A package with an annotated type that nobody can make: that is told when the process starts, not by a call that
//! finds nothing.

use micro::registry::Memory;
use micro::{Result, Service};

/// Carries a name.
#[micro::message(package = "mounting_unmade")]
pub struct Name {
    name: String,
}

/// Has neither `Default` nor `#[micro::init]`.
pub struct Unmade {
    name: String,
}

#[micro::service(package = "mounting_unmade")]
impl Unmade {
    #[micro::handler]
    async fn name(&self, _: ()) -> Result<Name> {
        Ok(Name { name: self.name.clone() })
    }
}

fn linked() -> Service {
    Service::new("unmade").registry(Memory::new()).linked(env!("CARGO_PKG_NAME"))
}

#[tokio::test]
async fn the_error_says_where_the_block_is_and_what_helps() {
    let error = linked().start().await.expect_err("nobody can make the value");
    let text = error.message();
    for part in ["Unmade", "mounting_unmade.rs:", "Default", "#[micro::init]", ".handle("] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[tokio::test]
async fn handing_the_value_over_helps() -> Result<()> {
    let service = linked().handle(Unmade { name: "made".to_owned() });
    let client = micro::testing::client(service).await?;
    assert_eq!(UnmadeClient::new(&client).name(()).await?.name, "made");
    Ok(())
}
