//! The `tracing` layer that hands closed spans to the exporter. It never waits: what finds the queue full is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::open::{Noted, Open, Place};
use super::worker::Item;

/// What HTTP connections say is nobody's span, and would be said of the exporter's own.
const CONNECTIONS: [&str; 4] = ["h2", "hyper", "hyper_util", "tower"];

pub(super) struct Export {
    pub(super) queue: mpsc::Sender<Item>,
    /// How many spans found no room.
    pub(super) lost: Arc<AtomicU64>,
}

/// Tells whether a span, or an event in one, is exported.
pub(super) fn is_wanted(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO && !CONNECTIONS.contains(&root)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Export {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let parent: Option<Place> =
            span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.place));
        let open = Open::new(attributes, parent);
        // Another exporter beside this one may have been here.
        span.extensions_mut().replace(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.record(values);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        // Made before the span is locked: what shows a value may log in its turn.
        let noted = Noted::of(event);
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.note(noted);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        if open.place.sampled && self.queue.try_send(Item::Span(Box::new(open.close()))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use crate::error::{Code, Error};
    use crate::otlp::message::{Span, kind};
    use crate::otlp::open::now;
    use crate::span::CallSpan;
    use crate::spec::{Kind, Spec};
    use crate::trace::TraceContext;

    static BUY: Spec = Spec::new::<(), ()>("/a.v1.Shop/Buy", "a.v1.Shop", Kind::Unary);

    /// Runs `work` and returns the spans that it closed, in that order, and how many found no room.
    fn exported(room: usize, work: impl FnOnce()) -> (Vec<Span>, u64) {
        // Other tests make spans of calls too. A span that is first made by a thread without a subscriber, while there
        // is one elsewhere, is switched off for all; one that was made before is asked for by each new subscriber.
        drop(CallSpan::new("server", "shop", &BUY, None));
        let (queue, mut items) = mpsc::channel(room);
        let lost = Arc::new(AtomicU64::new(0));
        let export = Export { queue, lost: lost.clone() };
        let filter = tracing_subscriber::filter::filter_fn(is_wanted);
        let subscriber = tracing_subscriber::registry().with(export.with_filter(filter));
        tracing::subscriber::with_default(subscriber, work);
        let mut spans = Vec::new();
        while let Ok(item) = items.try_recv() {
            if let Item::Span(span) = item {
                spans.push(*span);
            }
        }
        (spans, lost.load(Ordering::Relaxed))
    }

    fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
        let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
        found.value.as_ref()?.text.as_deref()
    }

    #[test]
    fn the_spans_of_calls_have_the_ids_that_travel() {
        let caller = TraceContext::root();
        let (server, client) = (caller.child(), caller.child().child());
        let (spans, _) = exported(8, || {
            let mut call = CallSpan::new("server", "shop", &BUY, Some(&server));
            call.span().in_scope(|| {
                let query = tracing::info_span!("query", rows = 3);
                let _inside = query.enter();
                tracing::warn!(who = "ann", "slow");
                let mut call = CallSpan::new("client", "bank", &BUY, Some(&client));
                call.end(Err(&Error::not_found("no such account")));
            });
            call.end(Err(&Error::new(Code::NotFound, "")));
        });
        let [bank, query, shop] = spans.as_slice() else { panic!("{spans:?}") };
        for span in &spans {
            assert_eq!(span.trace_id, caller.trace_id().to_be_bytes(), "{span:?}");
            assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{span:?}");
        }
        assert_eq!(shop.span_id, server.span_id().to_be_bytes());
        assert_eq!(shop.parent_span_id, caller.span_id().to_be_bytes());
        assert_eq!((shop.name.as_str(), shop.kind), ("a.v1.Shop/Buy", kind::SERVER));
        assert_eq!(attribute(shop, "rpc.method"), Some("Buy"));
        assert_eq!(attribute(shop, "rpc.response.status_code"), Some("NOT_FOUND"));
        assert!(shop.status.is_none(), "the caller's mistake");
        assert_eq!((&query.name, &query.parent_span_id), (&"query".to_owned(), &shop.span_id));
        assert_eq!((query.events[0].name.as_str(), query.events.len()), ("slow", 1));
        assert_eq!(bank.span_id, client.span_id().to_be_bytes());
        assert_eq!((bank.kind, attribute(bank, "error.type")), (kind::CLIENT, Some("NOT_FOUND")));
    }

    #[test]
    fn a_trace_that_is_not_wanted_is_not_exported() {
        let caller = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", None);
        let server = caller.unwrap().child();
        let (spans, _) = exported(8, || {
            let call = CallSpan::new("server", "shop", &BUY, Some(&server));
            call.span().in_scope(|| drop(tracing::info_span!("query")));
        });
        assert!(spans.is_empty(), "{spans:?}");
    }

    #[test]
    fn a_trace_begun_inside_one_that_is_not_wanted_is_exported() {
        let caller = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", None);
        let (server, own) = (caller.unwrap().child(), TraceContext::root());
        let (spans, _) = exported(8, || {
            let call = CallSpan::new("server", "shop", &BUY, Some(&server));
            call.span().in_scope(|| {
                let call = CallSpan::new("client", "bank", &BUY, Some(&own));
                call.span().in_scope(|| drop(tracing::info_span!("query")));
            });
        });
        let [query, bank] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(bank.trace_id, own.trace_id().to_be_bytes());
        assert_eq!(bank.span_id, own.span_id().to_be_bytes());
        assert!(bank.parent_span_id.is_empty(), "{bank:?}");
        assert_eq!((&query.trace_id, &query.parent_span_id), (&bank.trace_id, &bank.span_id));
    }

    #[test]
    fn a_call_ends_when_it_is_answered_whoever_holds_its_span() {
        let (spans, _) = exported(8, || {
            let mut call = CallSpan::new("server", "shop", &BUY, Some(&TraceContext::root()));
            let held = call.span().clone();
            call.end(Ok(()));
            let answered = now();
            while now() <= answered {
                std::hint::spin_loop();
            }
            held.record("service", answered.to_string());
        });
        let answered: u64 = attribute(&spans[0], "micro.service").unwrap().parse().unwrap();
        assert!(spans[0].start_time_unix_nano <= spans[0].end_time_unix_nano, "{spans:?}");
        assert!(spans[0].end_time_unix_nano <= answered, "{spans:?}");
    }

    #[test]
    fn what_finds_no_room_is_counted_and_details_are_left_out() {
        let (spans, lost) = exported(1, || {
            drop(tracing::debug_span!("detail"));
            drop(tracing::info_span!(target: "h2::client", "connection"));
            (0..3).for_each(|_| drop(tracing::info_span!("own")));
        });
        assert_eq!((spans.len(), lost), (1, 2));
        assert!(spans[0].parent_span_id.is_empty() && spans[0].name == "own", "{spans:?}");
    }

    #[test]
    fn a_span_cannot_grow_without_end() {
        let (spans, _) = exported(1, || {
            let span = tracing::info_span!("long", text = "ä".repeat(5_000));
            span.in_scope(|| (0..100).for_each(|number| tracing::info!("{number}")));
        });
        assert_eq!((spans[0].events.len(), spans[0].dropped_events_count), (64, 36));
        assert_eq!(attribute(&spans[0], "text").map(str::len), Some(2_048));
    }

    #[test]
    fn what_is_logged_in_a_call_leaves_room_for_how_it_ended() {
        let long = "a".repeat(2_000);
        let (spans, _) = exported(1, || {
            let mut call = CallSpan::new("client", "shop", &BUY, None);
            call.span().in_scope(|| {
                for text in [long.as_str(); 20].into_iter().chain(["short"; 40]) {
                    tracing::info!("{text}");
                }
            });
            call.end(Err(&Error::unavailable("")));
        });
        let bytes = prost::Message::encoded_len(&spans[0]);
        assert!((16 << 10..32 << 10).contains(&bytes), "{bytes} bytes: {spans:?}");
        assert_eq!(spans[0].events.len() + spans[0].dropped_events_count as usize, 60);
        assert_eq!(attribute(&spans[0], "error.type"), Some("UNAVAILABLE"), "{spans:?}");
    }

    #[test]
    fn an_event_has_room_for_a_part_of_a_span() {
        let long = "a".repeat(2_000);
        let long = long.as_str();
        let (spans, _) = exported(1, || {
            let span = tracing::info_span!("own");
            span.in_scope(|| tracing::info!(a = long, b = long, c = long, d = long, e = long, "many"));
        });
        let [event] = spans[0].events.as_slice() else { panic!("{spans:?}") };
        // Besides its level and where it is from.
        assert_eq!((event.attributes.len(), event.dropped_attributes_count), (2 + 3, 2));
    }
}
