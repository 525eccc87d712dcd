//! From an HTTP request to a call and back: choose the wire, find the method, read, run, write.

use std::net::SocketAddr;
use std::time::Instant;

use http::StatusCode;
use http::request::Parts;

use super::deadline;
use super::edge::Peer;
use super::pipeline::Core;
use super::routes::Route;
use super::watched::signed;
use crate::error::{Error, Result};
use crate::layer::Request;
use crate::wire::{self, HttpBody, HttpStatus, Wire};

/// Answers one HTTP request. Dropping the future, or the body of the response, cancels the call.
pub(crate) async fn dispatch(
    core: &Core,
    peer: Option<SocketAddr>,
    mut request: http::Request<HttpBody>,
) -> http::Response<HttpBody> {
    if let Some(service) = core.mounts.get(request.uri().path()) {
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer));
        }
        // Not counted as an exchange: probes and watches are no work that a stop would wait for.
        return service.answer(request).await;
    }
    let exchange = core.exchanges.enter();
    let (head, body) = request.into_parts();
    let wire = wire::of(&head);
    let mut encoding = None;
    let read = read(core, wire, peer, &head, body);
    drop(head);
    let reply = match read {
        Ok((route, request)) => {
            encoding = Some(request.encoding.clone());
            core.call(route, request).await
        }
        Err(error) => Err(signed(error, &core.service)),
    };
    let answer = wire.response(reply, encoding.as_ref());
    let mut response = answer.ready().await;
    response.body_mut().hold(exchange);
    response
}

fn read<'a>(
    core: &'a Core,
    wire: &dyn Wire,
    peer: Option<SocketAddr>,
    head: &Parts,
    body: HttpBody,
) -> Result<(&'a Route, Request)> {
    let limit = core.limits.headers;
    if head.headers.len() > limit {
        return Err(Error::resource_exhausted(format!("more than {limit} headers"))
            .with_source(HttpStatus(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)));
    }
    let path = head.uri.path();
    let route = core.routes.get(path).ok_or_else(|| core.routes.unknown(path))?;
    let mut request = wire.request(route.spec, head, body, &core.settings)?;
    request.info.peer = peer;
    // Every wait has a bound, however far the caller puts its deadline: that of the message's arrival.
    if !route.spec.kind.client_streams()
        && let Some(latest) = Instant::now().checked_add(core.limits.body)
        && request.info.deadline.is_none_or(|deadline| deadline > latest)
    {
        request = request.map_body(|body| deadline::arrives_by(body, latest));
    }
    Ok((route, request))
}
