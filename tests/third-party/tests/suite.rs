//! The parts of this crate pass micro's suite and work together in a service and a client.

use std::sync::Arc;

use micro::registry::conformance::{self, Fixture};
use micro::registry::{Defaults, Handle, Query, Schemes};
use micro::{Client, Result, Service};
use third_party::{Hex, SameZone, Store, Tree};

/// Carries a text.
#[micro::message(package = "third_party")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    text: String,
}

/// Says which zone it is in.
pub struct Zone(&'static str);

#[micro::service(package = "third_party")]
impl Zone {
    #[micro::handler(readonly)]
    async fn tell(&self, request: Text) -> Result<Text> {
        Ok(Text { text: format!("{} from {}", request.text, self.0) })
    }
}

#[tokio::test]
async fn the_registry_passes_the_suite() {
    let report = conformance::run(|| async {
        let store = Arc::new(Store::new());
        Ok(Fixture::new(Tree::new(store.clone()), Tree::new(store)))
    })
    .await;
    report.check().unwrap();
    // Only what needs expiry is not claimed.
    assert_eq!((report.passed().len() >= 25, report.skipped().len()), (true, 4), "{report}");
}

#[tokio::test]
async fn a_scheme_of_ones_own_opens_by_uri() {
    let store = Arc::new(Store::new());
    let mut schemes = Schemes::new();
    let opened = store.clone();
    schemes.add("tree", move |_uri| {
        let store = opened.clone();
        async move { Ok(Tree::new(store).into()) }
    });
    let registry = schemes.open("tree://anywhere", &Defaults::new("unused")).await.unwrap();
    assert_eq!(registry.name(), "tree:");
}

#[tokio::test]
async fn registry_codec_and_selector_carry_a_call_together() {
    let registry = Handle::from(Tree::new(Arc::new(Store::new())));
    let mut services = Vec::new();
    for zone in ["east", "west"] {
        let service =
            Service::new("zone").zone(zone).registry(registry.clone()).codec(Hex).handle(Zone(zone));
        service.start().await.unwrap();
        services.push(service);
    }
    let nodes = registry.lookup(&Query::contract("third_party.Zone")).await.unwrap();
    assert_eq!(nodes.len(), 2);
    assert!(nodes.iter().all(|node| node.codecs.iter().any(|codec| codec == "hex")), "{nodes:?}");

    let builder = Client::builder().registry(registry.clone()).codec(Hex).encoding("hex");
    let client = builder.selector(SameZone::new("west")).open().await.unwrap();
    for _ in 0..10 {
        let reply = ZoneClient::new(&client).tell(Text { text: "hello".into() }).await.unwrap();
        assert_eq!(reply.text, "hello from west");
    }

    for service in services {
        service.stop().await.unwrap();
    }
    assert!(registry.lookup(&Query::all()).await.unwrap().is_empty());
}
