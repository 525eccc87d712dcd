//! Generated code compiles, is served and called, and carries what its `.proto` says. The files are those whose
//! text is compared in `micro-codegen/tests/golden.rs`.

mod proto {
    ::micro::include_proto!();
}

use micro::message::wrappers::StringValue;
use micro::prelude::*;
use micro::{Idempotency, Kind, Message, Service, Spec, Streaming};
use proto::shop::common::Money;
use proto::shop::{v1, v2};
use proto::r#type::r#async::v1 as keywords;
use proto::words::v1 as words;

#[derive(Default)]
struct Till;

fn order(id: &str) -> v1::Order {
    v1::Order { id: id.to_owned(), ..v1::Order::default() }
}

#[micro::service]
impl v1::Shop for Till {
    async fn get(&self, _ctx: &Context, request: v1::GetOrder) -> Result<v1::Order> {
        let previous = Some(Box::new(order("before")));
        Ok(v1::Order { state: v1::order::State::Paid.into(), previous, ..order(&request.id) })
    }

    async fn place(&self, _ctx: &Context, request: v1::Order) -> Result<StringValue> {
        Ok(StringValue { value: request.id })
    }

    async fn forget(&self, _ctx: &Context, request: StringValue) -> Result<()> {
        assert_eq!(request.value, "old");
        Ok(())
    }

    async fn watch(&self, _ctx: &Context, request: prost_types::Duration) -> Result<Streaming<v1::Order>> {
        Ok(Streaming::from_iter((0..request.seconds).map(|second| order(&second.to_string()))))
    }

    async fn place_all(&self, _ctx: &Context, orders: Streaming<v1::Order>) -> Result<Money> {
        let cents = i64::try_from(orders.collect().await?.len()).unwrap_or(i64::MAX);
        Ok(Money { currency: "EUR".to_owned(), cents })
    }

    async fn talk(
        &self,
        _ctx: &Context,
        requests: Streaming<v1::GetOrder>,
    ) -> Result<Streaming<v1::order::Item>> {
        let requests = requests.collect().await?;
        let item = |request: v1::GetOrder| v1::order::Item { name: request.id, ..v1::order::Item::default() };
        Ok(Streaming::from_iter(requests.into_iter().map(item)))
    }
}

#[micro::service]
impl v2::Shop for Till {
    async fn upgrade(&self, _ctx: &Context, request: v1::Order) -> Result<v2::Order> {
        Ok(v2::Order { id: request.id, total: Some(Money { currency: "EUR".to_owned(), cents: 1 }) })
    }
}

#[tokio::test]
#[allow(deprecated, reason = "one method is, on purpose")]
async fn both_versions_are_served_and_called_with_every_kind_of_type() -> Result<()> {
    let client = micro::testing::client(Service::new("till").handle(Till)).await?;
    let shop = v1::ShopClient::new(&client);
    let found = shop.get(v1::GetOrder { id: "a".to_owned() }).await?;
    assert_eq!((found.id.as_str(), found.state()), ("a", v1::order::State::Paid));
    assert_eq!(found.previous.map(|previous| previous.id).as_deref(), Some("before"));
    assert_eq!(shop.place(order("b")).await?.value, "b");
    shop.forget(StringValue { value: "old".to_owned() }).await?;
    let watched = shop.watch(prost_types::Duration { seconds: 3, nanos: 0 }).await?.collect().await?;
    assert_eq!(watched.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!(shop.place_all(Streaming::from_iter([order("c"), order("d")])).await?.cents, 2);
    let talk = shop.talk(Streaming::from_iter([v1::GetOrder { id: "e".to_owned() }])).await?;
    assert_eq!(talk.collect().await?[0].name, "e");

    let upgraded = v2::ShopClient::new(&client).upgrade(order("f")).await?;
    assert_eq!((upgraded.id.as_str(), upgraded.total.map(|total| total.cents)), ("f", Some(1)));
    Ok(())
}

#[test]
fn specs_carry_what_the_proto_says() {
    let get: &Spec = v1::ShopClient::GET;
    assert_eq!((get.path, get.contract, get.method), ("/shop.v1.Shop/Get", "shop.v1.Shop", "Get"));
    assert_eq!(get.docs, "Looks an order up.");
    assert_eq!(v1::ShopClient::FORGET.docs, "Deletes an order.");
    assert_eq!((get.request)().full_name(), "shop.v1.GetOrder");
    assert_eq!((v1::ShopClient::FORGET.reply)().full_name(), "google.protobuf.Empty");
    for (spec, idempotency, kind) in [
        (get, Idempotency::Readonly, Kind::Unary),
        (v1::ShopClient::PLACE, Idempotency::Idempotent, Kind::Unary),
        (v1::ShopClient::FORGET, Idempotency::Unknown, Kind::Unary),
        (v1::ShopClient::WATCH, Idempotency::Unknown, Kind::ServerStreaming),
        (v1::ShopClient::PLACE_ALL, Idempotency::Unknown, Kind::ClientStreaming),
        (v1::ShopClient::TALK, Idempotency::Unknown, Kind::Bidirectional),
    ] {
        assert_eq!((spec.idempotency, spec.kind), (idempotency, kind), "{}", spec.path);
    }
    assert_eq!(v2::ShopClient::UPGRADE.path, "/shop.v2.Shop/Upgrade");
}

#[test]
fn every_message_describes_itself_nested_ones_and_rootless_ones_too() {
    fn described<T: Message>(name: &str) {
        assert_eq!((T::NAME, T::descriptor().full_name()), (name, name));
    }
    described::<v1::Order>("shop.v1.Order");
    described::<v1::order::Item>("shop.v1.Order.Item");
    described::<v2::Order>("shop.v2.Order");
    described::<words::r#type::Match>("words.v1.Type.Match");
    described::<proto::Rootless>("Rootless");
    assert_eq!(proto::RootClient::SAME.path, "/Root/Same");
}

#[test]
fn words_of_rust_are_names_all_the_same() {
    let _ = |client: words::MoveClient| {
        let message = words::Type { r#type: String::new(), self_: true, r#match: None };
        drop(client.r#type(message.clone()));
        drop(client.self_(message.clone()));
        drop(client.new_(message));
        drop(client.r#async(words::r#type::Match { r#async: 1 }));
    };
    assert_eq!(words::MoveClient::ASYNC.path, "/words.v1.Move/Async");
}

#[derive(Default)]
struct Keywords;

#[micro::service]
impl keywords::Trait for Keywords {
    async fn r#await(&self, _ctx: &Context, request: keywords::Self_) -> Result<keywords::Self_> {
        Ok(request)
    }

    async fn crate_(
        &self,
        _ctx: &Context,
        requests: Streaming<keywords::self_::Dyn>,
    ) -> Result<Streaming<keywords::Try>> {
        let requests = requests.collect().await?;
        Ok(Streaming::from_iter(requests.into_iter().map(|_| keywords::Try {})))
    }

    async fn self_(&self, _ctx: &Context, request: keywords::Self_) -> Result<keywords::Self_> {
        Ok(keywords::Self_ { r#where: keywords::self_::Where::Self_.into(), ..request })
    }

    async fn super_(&self, _ctx: &Context, request: keywords::Self_) -> Result<Streaming<keywords::Self_>> {
        Ok(Streaming::from_iter([request]))
    }
}

#[tokio::test]
async fn everything_may_be_called_by_a_word_of_rust() -> Result<()> {
    let client = micro::testing::client(Service::new("keywords").handle(Keywords)).await?;
    let keywords = keywords::TraitClient::new(&client);
    let request = || keywords::Self_ {
        r#fn: "fn".to_owned(),
        r#match: Some(keywords::self_::Match::Crate(1)),
        r#yield: Some(Box::new(keywords::self_::Dyn::default())),
        ..keywords::Self_::default()
    };
    assert_eq!(keywords.r#await(request()).await?, request());
    assert_eq!(keywords.self_(request()).await?.r#where(), keywords::self_::Where::Self_);
    assert_eq!(keywords.super_(request()).await?.collect().await?, [request()]);
    let dyns = Streaming::from_iter([keywords::self_::Dyn::default(), keywords::self_::Dyn::default()]);
    assert_eq!(keywords.crate_(dyns).await?.collect().await?.len(), 2);
    assert_eq!(keywords::TraitClient::SUPER.path, "/type.async.v1.Trait/super");
    assert_eq!(keywords::Enum::Self_.as_str_name(), "ENUM_SELF");
    Ok(())
}
