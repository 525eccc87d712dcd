//! The answers, put together from what the service knows of itself.

use crate::config::resident_memory;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::generated::debug as contract;
use crate::generated::debug::{
    EndpointStats, HealthRequest, HealthResponse, InfoRequest, InfoResponse, LogRequest, LogResponse,
    StatsRequest, StatsResponse, Status, SubscriberStats,
};
use crate::logs::Ring;
use crate::spec::{Spec, Topic};
use crate::stats::Snapshot;
use crate::streaming::Streaming;

use super::log::Tail;
use super::{CONTRACT, State, convert};

/// How many nodes are listed at most, so that the answer stays within the limit of a message.
const NODES: usize = 1_000;

impl contract::Debug for State {
    async fn health(&self, _: &Context, _: HealthRequest) -> Result<HealthResponse> {
        let report = self.readiness.report().await;
        let status = match (report.draining, report.ready) {
            (true, _) => Status::Draining,
            (false, true) => Status::Serving,
            (false, false) => Status::NotServing,
        };
        let checks = report.checks.iter().map(convert::check).collect();
        Ok(HealthResponse { status: status.into(), checks })
    }

    async fn stats(&self, _: &Context, _: StatsRequest) -> Result<StatsResponse> {
        let mut total = Snapshot::default();
        let (mut endpoints, mut subscribers) = (Vec::new(), Vec::new());
        for endpoint in self.stats.endpoints() {
            let spec = endpoint.spec();
            // Whoever looks must not change what is seen.
            if spec.contract == CONTRACT {
                continue;
            }
            let counted = endpoint.snapshot();
            total.add(&counted);
            let (path, traffic) = (spec.path.to_owned(), Some(convert::traffic(&counted)));
            match &spec.topic {
                None => endpoints.push(EndpointStats { path, traffic }),
                Some(topic) => {
                    let subscription = Some(convert::subscription(topic));
                    subscribers.push(SubscriberStats { path, subscription, traffic });
                }
            }
        }
        let runtime = tokio::runtime::Handle::try_current();
        Ok(StatsResponse {
            started: Some(self.stats.since().into()),
            uptime: Some(convert::duration(self.stats.uptime())),
            resident_bytes: resident_memory(),
            tasks: runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks() as u64),
            total: Some(convert::traffic(&total)),
            endpoints,
            subscribers,
            log_dropped: self.ring.as_ref().map_or(0, Ring::dropped),
        })
    }

    async fn info(&self, _: &Context, _: InfoRequest) -> Result<InfoResponse> {
        let (subscribers, endpoints): (Vec<&Spec>, Vec<&Spec>) =
            self.specs.iter().copied().partition(|spec| spec.topic.is_some());
        let topics: Vec<&Topic> = subscribers.iter().filter_map(|spec| spec.topic.as_ref()).collect();
        let node = self.node.get().map(|node| {
            let mut node = convert::node(node);
            // What is announced does not say how events are treated.
            node.subscriptions = topics.into_iter().map(convert::subscription).collect();
            if self.stopping.is_cancelled() {
                node.state = contract::NodeState::Draining.into();
            }
            node
        });
        let known = self.client.seen();
        Ok(InfoResponse {
            node,
            micro_version: env!("CARGO_PKG_VERSION").to_owned(),
            started: Some(self.stats.since().into()),
            endpoints: endpoints.into_iter().map(convert::endpoint).collect(),
            subscribers: subscribers.into_iter().map(convert::endpoint).collect(),
            known: known.iter().take(NODES).map(|node| convert::node(node)).collect(),
        })
    }

    async fn log(&self, _: &Context, request: LogRequest) -> Result<Streaming<LogResponse>> {
        let Some(ring) = &self.ring else {
            return Err(Error::failed_precondition(
                "this service keeps no log: #[micro::main] sets one up; elsewhere, add the layer of a \
                 micro::logs::Ring to the tracing subscriber and give the ring to the service",
            ));
        };
        Ok(Streaming::new(Tail::new(ring, &request, self.stopping.clone())?))
    }
}
