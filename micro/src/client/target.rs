//! What a typed client aims at: the nodes that serve a contract.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::balance::View;
use super::call::Call;
use super::plan::Plan;
use super::{Client, Inner};
use crate::body::Body;
use crate::call::CallInfo;
use crate::codec::Encoding;
use crate::error::Result;
use crate::registry::Query;
use crate::spec::Spec;
use crate::transfer::{Output, Payload};

/// The nodes that serve a contract, and how they are called. Typed clients hold one; cheap to clone.
#[derive(Clone)]
pub struct Target {
    aim: Arc<Aim>,
}

struct Aim {
    client: Client,
    contract: &'static str,
    query: Query,
    /// The call that calls are made for, whose deadline, metadata and trace they carry on.
    parent: Option<CallInfo>,
    /// The nodes as last seen.
    view: ArcSwapOption<View>,
}

impl Target {
    /// Aims at the nodes that serve `contract`, whatever their service. Calls carry on deadline, metadata and
    /// trace of `parent`, and end with it.
    pub fn new(client: Client, contract: &'static str, parent: Option<CallInfo>) -> Self {
        let query = Query::contract(contract);
        Target { aim: Arc::new(Aim { client, contract, query, parent, view: ArcSwapOption::empty() }) }
    }

    /// Aims at the nodes of `service` only.
    pub fn named(self, service: impl Into<String>) -> Self {
        let query = Query::contract(self.aim.contract).of_service(service);
        let (client, contract, parent) =
            (self.aim.client.clone(), self.aim.contract, self.aim.parent.clone());
        Target { aim: Arc::new(Aim { client, contract, query, parent, view: ArcSwapOption::empty() }) }
    }

    /// Makes a call of the method `spec` describes. Nothing happens until it is awaited.
    pub fn call<P: Payload, O: Output>(&self, spec: &'static Spec, request: P) -> Call<O> {
        let body = request.send(self.encoding());
        Call::new(self.plan(spec, body, O::STREAMING))
    }

    fn encoding(&self) -> &Encoding {
        &self.inner().encoding
    }

    fn plan(&self, spec: &'static Spec, body: Result<Body>, streams: bool) -> Box<Plan> {
        Plan::new(self.clone(), spec, body, streams)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.aim.client.inner
    }

    pub(super) fn contract(&self) -> &'static str {
        self.aim.contract
    }

    /// Returns the service aimed at, when only one is.
    pub(super) fn service(&self) -> Option<&str> {
        self.aim.query.service_name()
    }

    pub(super) fn query(&self) -> &Query {
        &self.aim.query
    }

    pub(super) fn parent(&self) -> Option<&CallInfo> {
        self.aim.parent.as_ref()
    }

    /// Returns the nodes, none when there are none.
    ///
    /// # Errors
    ///
    /// The registry's, as long as it has never answered.
    pub(super) async fn view(&self) -> Result<Arc<View>> {
        let inner = self.inner();
        let nodes = inner.cache.nodes(&self.aim.query).await?;
        if let Some(view) = self.aim.view.load_full().filter(|view| view.is_of(&nodes)) {
            return Ok(view);
        }
        let view = Arc::new(inner.balance.view(nodes));
        self.aim.view.store(Some(view.clone()));
        Ok(view)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.aim.query)
    }
}
