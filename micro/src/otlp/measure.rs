//! The counts of services as OTLP metrics. They are counted anyway; this reads them when they are to be sent.

use crate::spec::Spec;
use crate::stats::{Latency, Snapshot, Stats};

use super::message::{CUMULATIVE, Distribution, Histogram, KeyValue, Metric, Number, Sum};
use super::open::{nanos, now};

/// The bounds of the buckets of durations, in seconds.
const BOUNDS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The points of all methods and subscribers, by metric.
#[derive(Default)]
struct Points {
    call_durations: Vec<Distribution>,
    calls: Vec<Number>,
    call_in_flight: Vec<Number>,
    event_durations: Vec<Distribution>,
    events: Vec<Number>,
    event_in_flight: Vec<Number>,
}

/// Reads what services, each with its name, have counted until now. Metrics without a point are left out.
pub(super) fn metrics<'a>(services: impl IntoIterator<Item = (&'a str, &'a Stats)>) -> Vec<Metric> {
    let mut points = Points::default();
    for (service, stats) in services {
        let window = Window { start: nanos(stats.since()), now: now() };
        for endpoint in stats.endpoints() {
            window.add(service, endpoint.spec(), &endpoint.snapshot(), &mut points);
        }
    }
    let metrics = [
        durations("rpc.server.call.duration", "How long answered calls took.", points.call_durations),
        sum("rpc.server.calls", "Calls answered, by how they ended.", points.calls, true),
        sum("rpc.server.in_flight", "Calls that are being answered.", points.call_in_flight, false),
        durations("messaging.process.duration", "How long subscribers took.", points.event_durations),
        sum("messaging.process.events", "Events processed, by how that ended.", points.events, true),
        sum("messaging.process.in_flight", "Events being processed.", points.event_in_flight, false),
    ];
    metrics.into_iter().flatten().collect()
}

/// The time that counts are of.
struct Window {
    start: u64,
    now: u64,
}

impl Window {
    fn add(&self, service: &str, spec: &Spec, seen: &Snapshot, points: &mut Points) {
        // What nobody asks for is not worth a point.
        if seen.requests() == 0 {
            return;
        }
        let attributes = attributes(service, spec);
        let (durations, ended, in_flight) = match spec.topic {
            None => (&mut points.call_durations, &mut points.calls, &mut points.call_in_flight),
            Some(_) => (&mut points.event_durations, &mut points.events, &mut points.event_in_flight),
        };
        durations.push(self.distribution(attributes.clone(), seen.latency()));
        in_flight.push(self.number(attributes.clone(), seen.in_flight()));
        let well = seen.requests().saturating_sub(seen.in_flight() + seen.errors());
        let codes = seen.by_code().map(|(code, count)| (code.name(), count));
        for (code, count) in [("OK", well)].into_iter().filter(|(_, count)| *count > 0).chain(codes) {
            let mut attributes = attributes.clone();
            attributes.push(KeyValue::new("rpc.response.status_code", code));
            ended.push(self.number(attributes, count));
        }
    }

    fn number(&self, attributes: Vec<KeyValue>, value: u64) -> Number {
        Number {
            start_time_unix_nano: self.start,
            time_unix_nano: self.now,
            as_int: Some(i64::try_from(value).unwrap_or(i64::MAX)),
            attributes,
        }
    }

    fn distribution(&self, attributes: Vec<KeyValue>, latency: &Latency) -> Distribution {
        let count = latency.count();
        let below = BOUNDS.map(|bound| latency.at_most(std::time::Duration::from_secs_f64(bound)).min(count));
        let starts = std::iter::once(0).chain(below);
        let ends = below.into_iter().chain([count]);
        Distribution {
            start_time_unix_nano: self.start,
            time_unix_nano: self.now,
            count,
            sum: Some(latency.sum().as_secs_f64()),
            bucket_counts: starts.zip(ends).map(|(start, end)| end.saturating_sub(start)).collect(),
            explicit_bounds: BOUNDS.to_vec(),
            attributes,
            max: Some(latency.max().as_secs_f64()),
        }
    }
}

fn attributes(service: &str, spec: &Spec) -> Vec<KeyValue> {
    let service = KeyValue::new("micro.service", service);
    match spec.topic {
        None => {
            let (contract, method) = (spec.contract, spec.method);
            vec![service, KeyValue::new("rpc.service", contract), KeyValue::new("rpc.method", method)]
        }
        Some(topic) => vec![
            service,
            KeyValue::new("messaging.destination.name", topic.topic),
            KeyValue::new("messaging.consumer.group.name", topic.queue),
        ],
    }
}

fn durations(name: &str, description: &str, data_points: Vec<Distribution>) -> Option<Metric> {
    let histogram = Histogram { data_points, aggregation_temporality: CUMULATIVE };
    (!histogram.data_points.is_empty()).then(|| Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: "s".to_owned(),
        sum: None,
        histogram: Some(histogram),
    })
}

fn sum(name: &str, description: &str, data_points: Vec<Number>, is_monotonic: bool) -> Option<Metric> {
    let sum = Sum { data_points, aggregation_temporality: CUMULATIVE, is_monotonic };
    (!sum.data_points.is_empty()).then(|| Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: "1".to_owned(),
        sum: Some(sum),
        histogram: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;
    use crate::spec::{Kind, Topic};

    static BUY: Spec = Spec::new::<(), ()>("/a.v1.Shop/Buy", "a.v1.Shop", Kind::Unary);
    static PACK: Spec =
        Spec::new::<(), ()>("/a.v1.Shop/Pack", "a.v1.Shop", Kind::Unary).topic(Topic::new("bought"));
    static IDLE: Spec = Spec::new::<(), ()>("/a.v1.Shop/Idle", "a.v1.Shop", Kind::Unary);

    #[test]
    fn counts_are_told_by_code_and_by_bucket() {
        let stats = Stats::new();
        stats.endpoint(&IDLE);
        let buy = stats.endpoint(&BUY);
        for code in [None, None, Some(Code::NotFound)] {
            buy.begin().end(code);
        }
        let _running = buy.begin();
        stats.endpoint(&PACK).begin().end(None);
        let metrics = metrics([("shop", &stats)]);
        let metric = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap();

        let calls = metric("rpc.server.calls").sum.as_ref().unwrap();
        let counts: Vec<_> = calls.data_points.iter().map(|point| point.as_int).collect();
        assert_eq!((counts, calls.is_monotonic), (vec![Some(2), Some(1)], true));
        let in_flight = metric("rpc.server.in_flight").sum.as_ref().unwrap();
        assert_eq!(in_flight.data_points[0].as_int, Some(1));
        let durations = metric("rpc.server.call.duration").histogram.as_ref().unwrap();
        let [point] = durations.data_points.as_slice() else { panic!("{durations:?}") };
        assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (3, 3));
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        let events = metric("messaging.process.events").sum.as_ref().unwrap();
        assert_eq!(events.data_points[0].as_int, Some(1));
    }

    #[test]
    fn the_sum_of_durations_is_not_rounded() {
        let stats = Stats::new();
        let buy = stats.endpoint(&BUY);
        let latency = || buy.snapshot().latency().clone();
        // Until no mean of whole nanoseconds can say it.
        while latency().sum().as_nanos().is_multiple_of(u128::from(latency().count().max(1))) {
            buy.begin().end(None);
        }
        let metrics = metrics([("shop", &stats)]);
        let durations = metrics.iter().find_map(|metric| metric.histogram.as_ref()).unwrap();
        assert_eq!(durations.data_points[0].sum, Some(latency().sum().as_secs_f64()));
    }
}
