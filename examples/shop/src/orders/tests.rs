//! Orders with the services they need, in one process and without a socket.

use super::*;

use micro::broker::Subscribe;
use micro::{Client, Code};

use crate::cart::AddRequest;
use crate::details;
use crate::proto::shop::catalog::v1::{GetRequest, OutOfStock};

/// The shop, and pieces of a product in Ann's cart.
async fn shop_with(product: &str, quantity: u32) -> Client {
    let services = [crate::catalog::service(), crate::cart::service(), service()];
    let client = micro::testing::network(services).await.unwrap();
    put(&client, product, quantity).await;
    client
}

async fn put(client: &Client, product: &str, quantity: u32) {
    let request = AddRequest { customer: "ann".into(), product: product.into(), quantity };
    CartClient::new(client).add(request).await.unwrap();
}

async fn pieces_in_cart(client: &Client) -> u32 {
    let request = ShowRequest { customer: "ann".into() };
    let contents = CartClient::new(client).show(request).await.unwrap();
    contents.lines.iter().map(|line| line.quantity).sum()
}

async fn left(client: &Client, product: &str) -> u32 {
    CatalogClient::new(client).get(GetRequest { id: product.into() }).await.unwrap().left
}

fn order(key: &str, customer: &str) -> PlaceRequest {
    PlaceRequest { key: key.into(), customer: customer.into() }
}

#[tokio::test]
async fn the_same_key_is_the_same_order() {
    let client = shop_with("lamp", 2).await;
    let before = left(&client, "lamp").await;
    let orders = OrdersClient::new(&client);
    let placed = orders.place(order("ann-1", "ann")).await.unwrap();
    assert_eq!(placed.pieces(), "2 x lamp");
    assert_eq!(placed.cents, 2 * placed.lines[0].cents);
    assert_eq!(pieces_in_cart(&client).await, 0);

    put(&client, "book", 1).await;
    assert_eq!(orders.place(order("ann-1", "ann")).await.unwrap(), placed);
    assert_eq!(orders.show(OrderRequest { key: "ann-1".into() }).await.unwrap(), placed);
    assert_eq!(left(&client, "lamp").await, before - 2);
    assert_eq!(pieces_in_cart(&client).await, 1, "what came later is for the next order");
    assert_eq!(orders.place(order("ann-2", "ann")).await.unwrap().pieces(), "1 x book");

    let error = orders.place(order("ann-1", "bob")).await.unwrap_err();
    assert_eq!((error.code(), error.id()), (Code::AlreadyExists, "orders"));
}

#[tokio::test]
async fn attempts_at_the_same_moment_are_one_order() {
    let client = shop_with("lamp", 2).await;
    let before = left(&client, "lamp").await;
    let orders = OrdersClient::new(&client);
    let place = || tokio::spawn(orders.place(order("ann-1", "ann")));
    let mut placed = Vec::new();
    for attempt in [place(), place(), place(), place()] {
        placed.push(attempt.await.unwrap().unwrap());
    }
    assert!(placed.iter().all(|order| *order == placed[0]), "{placed:?}");
    assert_eq!(left(&client, "lamp").await, before - 2);
}

#[tokio::test]
async fn an_order_is_published_under_its_key() {
    let client = shop_with("lamp", 2).await;
    let mut events = client.broker().subscribe(&Subscribe::new(PLACED)).await.unwrap();
    OrdersClient::new(&client).place(order("ann-1", "ann")).await.unwrap();
    let event = events.next().await.unwrap();
    let envelope = event.envelope();
    assert_eq!((envelope.id.as_str(), envelope.key.as_str()), ("ann-1", "ann"));
    assert_eq!((envelope.source.as_str(), envelope.kind.as_str()), ("orders", "shop.orders.v1.Order"));
}

#[tokio::test]
async fn what_the_catalog_refuses_stays_in_the_cart() {
    let client = shop_with("globe", 2).await;
    let error = OrdersClient::new(&client).place(order("ann-1", "ann")).await.unwrap_err();
    // Through two hops: code, name and details are the catalog's.
    assert_eq!((error.code(), error.id()), (Code::FailedPrecondition, "catalog"));
    let detail = details::find::<OutOfStock>(&error).unwrap();
    assert_eq!((detail.product.as_str(), detail.wanted, detail.left), ("globe", 2, 1));
    assert_eq!(pieces_in_cart(&client).await, 2);
}

#[tokio::test]
async fn nothing_cannot_be_ordered() {
    let client = shop_with("lamp", 2).await;
    let orders = OrdersClient::new(&client);
    let error = orders.place(order("bob-1", "bob")).await.unwrap_err();
    assert_eq!((error.code(), error.id()), (Code::FailedPrecondition, "orders"));
    let error = orders.place(order("", "ann")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let error = orders.show(OrderRequest { key: "none".into() }).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}
