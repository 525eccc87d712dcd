//! What the library knows, as the messages of the contract; and the way back for what a node tells of itself.

use std::time::Duration;

use tracing::Level;

use crate::generated::debug as contract;
use crate::logs::Record;
use crate::registry::{Endpoint, Node, State};
use crate::service::checks::Checked;
use crate::spec::{Idempotency, Kind, Spec, Topic};
use crate::stats::{Latency, Snapshot};

/// Converts a duration; one that is longer than protobuf can say becomes the longest it can.
pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    // 10,000 years, as `google/protobuf/duration.proto` has it.
    const LONGEST: u64 = 315_576_000_000;
    let seconds = i64::try_from(duration.as_secs().min(LONGEST)).unwrap_or(i64::MAX);
    prost_types::Duration { seconds, nanos: duration.subsec_nanos().cast_signed() }
}

pub(super) fn check(check: &Checked) -> contract::Check {
    let status = match check.ok {
        true => contract::Status::Serving,
        false => contract::Status::NotServing,
    };
    contract::Check {
        name: check.name.to_string(),
        status: status.into(),
        message: check.message.clone(),
        took: Some(duration(check.took)),
        checked: Some(check.at.into()),
    }
}

pub(super) fn traffic(counted: &Snapshot) -> contract::Traffic {
    contract::Traffic {
        requests: counted.requests(),
        errors: counted.errors(),
        errors_by_code: counted.by_code().map(|(code, count)| (code.name().to_owned(), count)).collect(),
        in_flight: counted.in_flight(),
        latency: Some(latency(counted.latency())),
    }
}

fn latency(latency: &Latency) -> contract::Latency {
    let quantile = |share| Some(duration(latency.quantile(share)));
    contract::Latency {
        count: latency.count(),
        mean: Some(duration(latency.mean())),
        p50: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
        p999: quantile(0.999),
        max: Some(duration(latency.max())),
    }
}

pub(super) fn subscription(topic: &Topic) -> contract::Subscription {
    contract::Subscription {
        topic: topic.topic.to_owned(),
        queue: topic.queue.to_owned(),
        attempts: topic.attempts,
        concurrency: u32::try_from(topic.concurrency).unwrap_or(u32::MAX),
    }
}

pub(super) fn endpoint(spec: &Spec) -> contract::Endpoint {
    contract::Endpoint {
        path: spec.path.to_owned(),
        contract: spec.contract.to_owned(),
        method: spec.method.to_owned(),
        kind: kind(spec.kind).into(),
        idempotency: idempotency(spec.idempotency).into(),
        docs: spec.docs.to_owned(),
        request: (spec.request)().full_name().to_owned(),
        reply: (spec.reply)().full_name().to_owned(),
        subscription: spec.topic.as_ref().map(subscription),
        timeout: spec.timeout.map(duration),
        deprecated: spec.deprecated,
    }
}

/// Converts what a node told of a method. What we do not know of is taken for the least it can be.
pub(super) fn described(told: contract::Endpoint) -> Endpoint {
    let (kind, idempotency) = (told.kind(), told.idempotency());
    let mut endpoint = Endpoint::new(&told.contract, &told.method, told.request, told.reply);
    endpoint.path = told.path;
    endpoint.docs = told.docs;
    endpoint.kind = match kind {
        contract::Kind::Unspecified | contract::Kind::Unary => Kind::Unary,
        contract::Kind::ClientStreaming => Kind::ClientStreaming,
        contract::Kind::ServerStreaming => Kind::ServerStreaming,
        contract::Kind::Bidirectional => Kind::Bidirectional,
    };
    endpoint.idempotency = match idempotency {
        contract::Idempotency::Unspecified => Idempotency::Unknown,
        contract::Idempotency::Readonly => Idempotency::Readonly,
        contract::Idempotency::Idempotent => Idempotency::Idempotent,
    };
    endpoint
}

fn kind(kind: Kind) -> contract::Kind {
    match kind {
        Kind::Unary => contract::Kind::Unary,
        Kind::ClientStreaming => contract::Kind::ClientStreaming,
        Kind::ServerStreaming => contract::Kind::ServerStreaming,
        Kind::Bidirectional => contract::Kind::Bidirectional,
    }
}

fn idempotency(idempotency: Idempotency) -> contract::Idempotency {
    match idempotency {
        Idempotency::Unknown => contract::Idempotency::Unspecified,
        Idempotency::Readonly => contract::Idempotency::Readonly,
        Idempotency::Idempotent => contract::Idempotency::Idempotent,
    }
}

/// Converts a node, without the values of its metadata.
pub(super) fn node(node: &Node) -> contract::Node {
    let state = match node.state {
        State::Ready => contract::NodeState::Ready,
        State::Draining => contract::NodeState::Draining,
    };
    let subscription = |subscribed: &crate::registry::Subscription| contract::Subscription {
        topic: subscribed.topic.clone(),
        queue: subscribed.queue.clone(),
        attempts: 0,
        concurrency: 0,
    };
    contract::Node {
        id: node.id.clone(),
        service: node.service.clone(),
        version: node.version.clone(),
        state: state.into(),
        addresses: node.addresses.iter().map(ToString::to_string).collect(),
        zone: node.zone.clone(),
        wires: node.wires.clone(),
        codecs: node.codecs.clone(),
        contracts: node.contracts.clone(),
        subscriptions: node.topics.iter().map(subscription).collect(),
        metadata_keys: node.metadata.keys().cloned().collect(),
    }
}

pub(super) fn record(record: &Record) -> contract::LogRecord {
    let level = match record.level {
        Level::ERROR => contract::Level::Error,
        Level::WARN => contract::Level::Warn,
        Level::INFO => contract::Level::Info,
        Level::DEBUG => contract::Level::Debug,
        Level::TRACE => contract::Level::Trace,
    };
    contract::LogRecord {
        time: Some(record.time.into()),
        level: level.into(),
        target: record.target.to_owned(),
        message: record.message.clone(),
        fields: record.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        trace_id: record.ids.trace().to_owned(),
        span_id: record.ids.span().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;
    use crate::message::Message as _;
    use crate::stats::Stats;

    static SAID: Spec = Spec::new::<prost_types::Timestamp, ()>("/a.v1.B/Said", "a.v1.B", Kind::Unary)
        .topic(Topic::new("a.said").queue("q").attempts(2).concurrency(3))
        .docs("Listens.");
    static TALK: Spec =
        Spec::new::<prost_types::Timestamp, ()>("/a.v1.B/Talk", "a.v1.B", Kind::Bidirectional)
            .idempotent()
            .deprecated()
            .timeout(Duration::from_millis(1500));

    #[test]
    fn a_method_comes_back_as_it_went() {
        for spec in [&SAID, &TALK] {
            assert_eq!(described(endpoint(spec)), Endpoint::of(spec));
        }
        let said = endpoint(&SAID);
        assert_eq!((said.request.as_str(), said.docs.as_str()), (prost_types::Timestamp::NAME, "Listens."));
        let subscription = said.subscription.unwrap();
        assert_eq!((&*subscription.topic, &*subscription.queue), ("a.said", "q"));
        assert_eq!((subscription.attempts, subscription.concurrency), (2, 3));
        assert!(said.timeout.is_none() && !said.deprecated);
        let talk = endpoint(&TALK);
        assert!(talk.subscription.is_none() && talk.deprecated);
        assert_eq!(talk.timeout, Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 }));
    }

    #[test]
    fn a_method_from_the_future_is_the_least_it_can_be() {
        let mut told = endpoint(&TALK);
        (told.kind, told.idempotency) = (99, 99);
        let described = described(told);
        assert_eq!((described.kind, described.idempotency), (Kind::Unary, Idempotency::Unknown));
    }

    #[test]
    fn values_of_metadata_stay_where_they_are() {
        let told = node(&Node::new("1", "s").metadata("token", "hunter2").state(State::Draining));
        assert_eq!(told.metadata_keys, ["token"]);
        assert!(!format!("{told:?}").contains("hunter2"));
        assert_eq!(told.state(), contract::NodeState::Draining);
    }

    #[test]
    fn what_was_counted_is_told_by_code() {
        let endpoint = Stats::new().endpoint(&TALK);
        endpoint.begin().end(None);
        endpoint.begin().end(Some(Code::NotFound));
        let running = endpoint.begin();
        let told = traffic(&endpoint.snapshot());
        assert_eq!((told.requests, told.errors, told.in_flight), (3, 1, 1));
        assert_eq!(told.errors_by_code, [("NOT_FOUND".to_owned(), 1)].into());
        assert_eq!(told.latency.map(|latency| latency.count), Some(2));
        drop(running);
    }

    #[test]
    fn the_longest_duration_is_one_that_protobuf_can_say() {
        assert_eq!(duration(Duration::MAX).seconds, 315_576_000_000);
        let short = duration(Duration::new(1, 2));
        assert_eq!((short.seconds, short.nanos), (1, 2));
    }
}
