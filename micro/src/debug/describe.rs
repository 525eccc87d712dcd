//! What a node answers, asked of the node itself where the registry does not say.

use crate::client::Client;
use crate::error::{Error, Result};
use crate::generated::debug::{DebugClient, InfoRequest, InfoResponse};
use crate::registry::{Endpoint, Node};

use super::convert;

impl Client {
    /// Returns the methods that a node answers. Registries with little room, such as mDNS, announce none; then the
    /// node itself is asked, at one of its addresses.
    ///
    /// # Errors
    ///
    /// `failed precondition` when neither the registry says nor the node has an address to ask; `unavailable` when
    /// somebody else has its address by now; else what the call fails with, such as `unimplemented` by a node that
    /// answers no `micro.debug.v1.Debug`.
    pub async fn describe(&self, node: &Node) -> Result<Vec<Endpoint>> {
        if !node.endpoints.is_empty() {
            return Ok(node.endpoints.clone());
        }
        let told = self.ask(node).await.map_err(|error| error.context(whom(node)))?;
        Ok(told.endpoints.into_iter().map(convert::described).collect())
    }

    async fn ask(&self, node: &Node) -> Result<InfoResponse> {
        let debug = DebugClient::new(self).named(node.service.as_str());
        let mut failure = Error::failed_precondition("the node has no address");
        for address in &node.addresses {
            match debug.info(InfoRequest {}).to(address).await {
                Ok(told) if told.node.as_ref().is_some_and(|other| other.id == node.id) => return Ok(told),
                Ok(_) => failure = Error::unavailable(format!("{address} belongs to another node by now")),
                Err(error) if error.outcome().is_safe_to_retry() => failure = error,
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }
}

fn whom(node: &Node) -> String {
    format!("cannot ask {} ({}) what it answers", node.service, node.id)
}
