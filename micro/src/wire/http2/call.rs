//! One call on one stream.

use super::body::{Incoming, Live};
use super::classify;
use super::pool::{Open, Pool};
use super::send::{self, Pump};
use crate::address::Address;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::layer::{Request, Response};
use crate::metadata::{Metadata, SharedMetadata};
use crate::wire::grpc::client::{check_response, head};

impl Pool {
    /// Makes a call to the node at `addresses`, over the first that can be reached. Dropping the future, or the
    /// body of the response, cancels the call at the peer.
    ///
    /// The body of a method that answers with one message is here, checked and whole, when this returns.
    ///
    /// # Errors
    ///
    /// The peer's own; otherwise mostly `unavailable`. The outcome says whether the handler may have run.
    pub(crate) async fn call(&self, addresses: &[Address], request: Request) -> Result<Response> {
        let Open { slot, lease, mut sender } = self.connect(addresses).await?;
        let head = head(&request, slot.authority());
        let Request { spec, body, .. } = request;
        let opened = sender.send_request(head, false);
        let (response, mut stream) = opened.map_err(|error| classify::unsent(slot.authority(), error))?;
        // Holding it longer would hold a reference to the connection for nothing.
        drop(sender);
        let pump = match body.try_one() {
            Ok(message) => {
                send::whole(&mut stream, message);
                drop(stream);
                None
            }
            Err(body) => Some(Pump::start(body, stream)),
        };
        let (parts, stream) = match response.await {
            Ok(response) => response.into_parts(),
            Err(error) => {
                let own = pump.as_ref().and_then(Pump::failure);
                return Err(own.unwrap_or_else(|| classify::before_head(error, slot.authority())));
            }
        };
        lease.prove();
        let metadata = Metadata::from_headers(&parts.headers);
        if let Some(end) = check_response(&parts)? {
            end?;
            let response = Response::new(Body::empty());
            response.trailers.update(|trailers| trailers.merge(metadata));
            return Ok(response);
        }
        let trailers = SharedMetadata::new();
        let live = Live { stream, pump, slot, _lease: lease };
        let incoming = Incoming::new(live, self.options.message_limit, trailers.clone());
        let body = if spec.kind.server_streams() { Body::stream(incoming) } else { one(incoming).await? };
        Ok(Response { metadata, trailers, body })
    }
}

/// Reads the only message, to the end, where an error may still follow.
async fn one(mut incoming: Incoming) -> Result<Body> {
    let Some(message) = incoming.next().await.transpose()? else {
        return Ok(Body::empty());
    };
    match incoming.next().await {
        None => Ok(Body::one(message)),
        Some(Ok(_)) => Err(Error::unimplemented("expected one message, got several")),
        Some(Err(error)) => Err(error),
    }
}
