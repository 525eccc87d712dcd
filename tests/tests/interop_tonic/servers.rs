//! The same contract served by either.

use std::pin::Pin;

use micro::message::wrappers::StringValue;
use micro::prelude::*;
use micro::{Error, Streaming};
use tonic::codegen::BoxStream;
use tonic::codegen::tokio_stream::StreamExt;
use tonic::{Request, Response, Status};

use crate::proto::shop::common::Money;
use crate::proto::shop::v1::order::Item;
use crate::proto::shop::v1::{self, GetOrder, Order};
use crate::rules::{check, found, placed, talked, watched};

/// A service of ours.
#[derive(Default)]
pub(crate) struct Ours;

#[micro::service]
impl v1::Shop for Ours {
    async fn get(&self, ctx: &Context, request: GetOrder) -> Result<Order> {
        let order = found(request, ctx.metadata().get("tenant"))?;
        ctx.set_metadata("shop", "open")?;
        Ok(order)
    }

    async fn place(&self, _ctx: &Context, request: Order) -> Result<StringValue> {
        check(&request.id)?;
        Ok(request.id.into())
    }

    async fn forget(&self, _ctx: &Context, request: StringValue) -> Result<()> {
        check(&request.value)
    }

    async fn watch(&self, _ctx: &Context, request: prost_types::Duration) -> Result<Streaming<Order>> {
        Ok(watched(request))
    }

    async fn place_all(&self, _ctx: &Context, orders: Streaming<Order>) -> Result<Money> {
        placed(orders).await
    }

    async fn talk(&self, _ctx: &Context, requests: Streaming<GetOrder>) -> Result<Streaming<Item>> {
        Ok(talked(requests))
    }
}

/// A service of tonic's. Where the rules fail, `?` makes their errors tonic's.
pub(crate) struct Theirs;

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

// The methods are written as the macro of the trait would write them.
impl v1::shop_server::Shop for Theirs {
    type WatchStream = BoxStream<Order>;
    type TalkStream = BoxStream<Item>;

    fn get<'a, 'b>(&'a self, request: Request<GetOrder>) -> Answer<'b, Order>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let tenant = request.metadata().get("tenant").and_then(|value| value.to_str().ok());
            let tenant = tenant.map(str::to_owned);
            let order = found(request.into_inner(), tenant.as_deref())?;
            let mut response = Response::new(order);
            response.metadata_mut().insert("shop", "open".parse().expect("text is a value"));
            Ok(response)
        })
    }

    fn place<'a, 'b>(&'a self, request: Request<Order>) -> Answer<'b, StringValue>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let order = request.into_inner();
            check(&order.id)?;
            Ok(Response::new(StringValue { value: order.id }))
        })
    }

    fn forget<'a, 'b>(&'a self, request: Request<StringValue>) -> Answer<'b, ()>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(Response::new(check(&request.into_inner().value)?)) })
    }

    fn watch<'a, 'b>(&'a self, request: Request<prost_types::Duration>) -> Answer<'b, Self::WatchStream>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(Response::new(theirs(watched(request.into_inner())))) })
    }

    fn place_all<'a, 'b>(&'a self, request: Request<tonic::Streaming<Order>>) -> Answer<'b, Money>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(Response::new(placed(ours(request.into_inner())).await?)) })
    }

    fn talk<'a, 'b>(&'a self, request: Request<tonic::Streaming<GetOrder>>) -> Answer<'b, Self::TalkStream>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(Response::new(theirs(talked(ours(request.into_inner()))))) })
    }
}

fn ours<T: Send + 'static>(stream: tonic::Streaming<T>) -> Streaming<T> {
    Streaming::new(stream.map(|item| item.map_err(Error::from)))
}

fn theirs<T: Send + 'static>(stream: Streaming<T>) -> BoxStream<T> {
    Box::pin(stream.map(|item| item.map_err(Status::from)))
}
