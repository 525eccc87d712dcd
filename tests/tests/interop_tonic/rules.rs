//! What either server does, so that they can be compared.

use micro::prelude::*;
use micro::{Error, Metadata, Streaming};
use tonic::codegen::tokio_stream;

use crate::proto::shop::common::Money;
use crate::proto::shop::v1::order::Item;
use crate::proto::shop::v1::{GetOrder, Order};

pub(crate) fn order(id: &str) -> Order {
    Order { id: id.to_owned(), ..Order::default() }
}

pub(crate) fn named(id: &str) -> GetOrder {
    GetOrder { id: id.to_owned() }
}

/// What is answered to whoever says `fail`. It has something in every place that an error has.
pub(crate) fn refused() -> Error {
    let mut metadata = Metadata::new();
    metadata.insert("till", "shut").expect("a key for text");
    metadata.insert_bin("seal-bin", [0, 255]).expect("a key for bytes");
    Error::failed_precondition("Kasse zu: 100 % „weg“")
        .with_id("vault")
        .with_detail("type.googleapis.com/shop.v1.GetOrder", prost::Message::encode_to_vec(&named("why")))
        .with_metadata(metadata)
}

pub(crate) fn check(word: &str) -> Result<()> {
    if word == "fail" { Err(refused()) } else { Ok(()) }
}

/// Answers with what was asked for, and with the tenant that the request's metadata named.
pub(crate) fn found(request: GetOrder, tenant: Option<&str>) -> Result<Order> {
    check(&request.id)?;
    Ok(Order { id: request.id, note: tenant.map(str::to_owned), ..Order::default() })
}

/// Counts seconds, and fails after them when there are nanoseconds, too.
pub(crate) fn watched(request: prost_types::Duration) -> Streaming<Order> {
    let orders = (0..request.seconds).map(|second| Ok(order(&second.to_string())));
    let end = (request.nanos > 0).then(|| Err(refused()));
    Streaming::new(tokio_stream::iter(orders.chain(end)))
}

/// Counts orders, up to one that is refused.
pub(crate) async fn placed(mut orders: Streaming<Order>) -> Result<Money> {
    let mut cents = 0;
    while let Some(order) = orders.next().await {
        check(&order?.id)?;
        cents += 1;
    }
    Ok(Money { currency: "EUR".to_owned(), cents })
}

/// Answers each request as it comes, up to one that is refused.
pub(crate) fn talked(mut requests: Streaming<GetOrder>) -> Streaming<Item> {
    let (sender, replies) = Streaming::channel(1);
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let sent = match request.and_then(|request| check(&request.id).map(|()| request.id)) {
                Ok(name) => sender.send(Item { name, ..Item::default() }).await,
                Err(error) => {
                    let _ = sender.fail(error).await;
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    });
    replies
}
