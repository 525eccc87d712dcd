//! Every method called by either client, in the same way.

use std::net::SocketAddr;

use micro::message::wrappers::StringValue;
use micro::prelude::*;
use micro::{Error, Streaming};
use tonic::codegen::tokio_stream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::proto::shop::v1;
use crate::rules::{named, order};

/// What came of a call, flattened to text; named by method.
pub(crate) type Said = (&'static str, Result<Vec<String>>);

/// Asks for two orders, and for a failure behind them when the word says so.
fn watch(word: &str) -> prost_types::Duration {
    prost_types::Duration { seconds: 2, nanos: i32::from(word == "fail") }
}

fn wrapped(word: &str) -> StringValue {
    StringValue { value: word.to_owned() }
}

/// Calls by ours.
#[allow(deprecated, reason = "one method is, on purpose")]
pub(crate) async fn by_ours(shop: &v1::ShopClient, at: SocketAddr, word: &str) -> Vec<Said> {
    let get = shop.get(named(word)).to(at).metadata("tenant", "acme").response().await.map(|reply| {
        let shop = reply.metadata.get("shop").unwrap_or_default().to_owned();
        vec![reply.message.id, reply.message.note.unwrap_or_default(), shop]
    });
    let place = shop.place(order(word)).to(at).await.map(|reply| vec![reply.value]);
    let forget = shop.forget(wrapped(word)).to(at).await.map(|()| Vec::new());
    let watch = match shop.watch(watch(word)).to(at).await {
        Ok(orders) => orders.collect().await.map(|orders| orders.into_iter().map(|order| order.id).collect()),
        Err(error) => Err(error),
    };
    let orders = Streaming::from_iter([order("a"), order(word)]);
    let place_all = shop.place_all(orders).to(at).await.map(|money| vec![money.cents.to_string()]);
    let requests = Streaming::from_iter([named("a"), named(word)]);
    let talk = match shop.talk(requests).to(at).await {
        Ok(items) => items.collect().await.map(|items| items.into_iter().map(|item| item.name).collect()),
        Err(error) => Err(error),
    };
    vec![
        ("get", get),
        ("place", place),
        ("forget", forget),
        ("watch", watch),
        ("place_all", place_all),
        ("talk", talk),
    ]
}

/// Calls by tonic's. What it fails with is made ours.
#[allow(deprecated, reason = "one method is, on purpose")]
pub(crate) async fn by_tonic(shop: &mut v1::shop_client::ShopClient<Channel>, word: &str) -> Vec<Said> {
    let mut request = Request::new(named(word));
    request.metadata_mut().insert("tenant", "acme".parse().expect("text is a value"));
    let get = shop.get(request).await.map_err(Error::from).map(|response| {
        let shop = response.metadata().get("shop").and_then(|value| value.to_str().ok());
        let shop = shop.unwrap_or_default().to_owned();
        let order = response.into_inner();
        vec![order.id, order.note.unwrap_or_default(), shop]
    });
    let place = shop.place(order(word)).await.map_err(Error::from);
    let place = place.map(|response| vec![response.into_inner().value]);
    let forget = shop.forget(wrapped(word)).await.map_err(Error::from).map(|_| Vec::new());
    let watch = drain(shop.watch(watch(word)).await, |order| order.id).await;
    let orders = tokio_stream::iter([order("a"), order(word)]);
    let place_all = shop.place_all(orders).await.map_err(Error::from);
    let place_all = place_all.map(|response| vec![response.into_inner().cents.to_string()]);
    let requests = tokio_stream::iter([named("a"), named(word)]);
    let talk = drain(shop.talk(requests).await, |item| item.name).await;
    vec![
        ("get", get),
        ("place", place),
        ("forget", forget),
        ("watch", watch),
        ("place_all", place_all),
        ("talk", talk),
    ]
}

async fn drain<T>(
    response: Result<Response<tonic::Streaming<T>>, Status>,
    show: impl Fn(T) -> String,
) -> Result<Vec<String>> {
    let mut replies = response?.into_inner();
    let mut all = Vec::new();
    while let Some(reply) = replies.message().await? {
        all.push(show(reply));
    }
    Ok(all)
}
