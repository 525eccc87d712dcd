//! A call of tonic's client ends at our service when its time is up, and when its caller goes away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use micro::message::wrappers::StringValue;
use micro::prelude::*;
use micro::{Code, Error, Service, Streaming};
use micro_tests::kinds::start;
use tokio::sync::Notify;
use tonic::Request;
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::transport::Channel;

use crate::proto::shop::common::Money;
use crate::proto::shop::v1::order::Item;
use crate::proto::shop::v1::{self, GetOrder, Order};
use crate::rules::named;
use crate::{connect, port, within};

/// Tells when its handlers begin, and when their futures or streams are dropped. By itself none of them ends.
struct Endless {
    begun: Arc<Notify>,
    ended: Arc<Notify>,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

struct Forever(#[expect(dead_code, reason = "held to be dropped")] OnDrop);

impl futures_core::Stream for Forever {
    type Item = Result<Order>;

    fn poll_next(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

#[micro::service]
impl v1::Shop for Endless {
    async fn get(&self, _ctx: &Context, _request: GetOrder) -> Result<Order> {
        let _guard = OnDrop(self.ended.clone());
        self.begun.notify_one();
        std::future::pending().await
    }

    async fn watch(&self, ctx: &Context, _request: prost_types::Duration) -> Result<Streaming<Order>> {
        let left = ctx.remaining().map(|left| left.as_millis().to_string());
        let first = Order { note: left, ..Order::default() };
        Ok(Streaming::new(tokio_stream::iter([Ok(first)]).chain(Forever(OnDrop(self.ended.clone())))))
    }

    async fn place_all(&self, _ctx: &Context, mut orders: Streaming<Order>) -> Result<Money> {
        let _guard = OnDrop(self.ended.clone());
        self.begun.notify_one();
        while orders.next().await.is_some() {}
        std::future::pending().await
    }

    async fn talk(&self, _ctx: &Context, _requests: Streaming<GetOrder>) -> Result<Streaming<Item>> {
        Err(Error::unimplemented("nothing is said here"))
    }

    async fn place(&self, _ctx: &Context, _request: Order) -> Result<StringValue> {
        Err(Error::unimplemented("nothing is sold here"))
    }

    async fn forget(&self, _ctx: &Context, _request: StringValue) -> Result<()> {
        Err(Error::unimplemented("nothing is forgotten here"))
    }
}

/// A service that runs, tonic's client of it, and what it tells.
struct Stage {
    service: Service,
    shop: v1::shop_client::ShopClient<Channel>,
    begun: Arc<Notify>,
    ended: Arc<Notify>,
}

async fn stage() -> Result<Stage> {
    let (begun, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let endless = Endless { begun: begun.clone(), ended: ended.clone() };
    let (service, _) = start(Service::new("endless").handle(endless)).await?;
    let shop = v1::shop_client::ShopClient::new(connect(port(&service)).await);
    Ok(Stage { service, shop, begun, ended })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_of_a_caller_ends_streams_too() -> Result<()> {
    let mut stage = stage().await?;
    let mut request = Request::new(prost_types::Duration::default());
    request.set_timeout(Duration::from_secs(4));
    let mut orders = stage.shop.watch(request).await?.into_inner();
    let first = orders.message().await?.expect("one comes at once");
    let left: u64 = first.note.expect("a call with a deadline").parse().expect("milliseconds");
    assert!((1..=4000).contains(&left), "{left} ms were left");

    // The head has come, so it is the service that minds the time.
    let late = within("the end of the stream", orders.message()).await.unwrap_err();
    assert_eq!(Error::from(late).code(), Code::DeadlineExceeded);
    within("the end of the handler", stage.ended.notified()).await;
    stage.service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_ends_the_handler() -> Result<()> {
    let mut stage = stage().await?;
    tokio::select! {
        said = stage.shop.get(named("a")) => panic!("{said:?}"),
        () = within("the unary handler", stage.begun.notified()) => {}
    }
    within("the end of the unary handler", stage.ended.notified()).await;

    let orders = tokio_stream::pending::<Order>();
    tokio::select! {
        said = stage.shop.place_all(orders) => panic!("{said:?}"),
        () = within("the client-streaming handler", stage.begun.notified()) => {}
    }
    within("the end of the client-streaming handler", stage.ended.notified()).await;

    let mut orders = stage.shop.watch(prost_types::Duration::default()).await?.into_inner();
    assert!(orders.message().await?.is_some());
    drop(orders);
    within("the end of the server stream", stage.ended.notified()).await;
    stage.service.stop().await
}
