//! One span a call on both ends, tied together by W3C trace context.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use micro::{Result, Service};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, call_all, start};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = BTreeMap<String, String>;

/// Collects the fields of every `rpc` span when it closes.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Fields>>>);

struct Collect<'a>(&'a mut Fields);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Collect(&mut fields));
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        values.record(&mut Collect(extensions.get_mut::<Fields>().unwrap()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if span.name() == "rpc" {
            let fields = span.extensions().get::<Fields>().cloned().unwrap();
            self.0.lock().unwrap().push(fields);
        }
    }
}

#[test]
fn every_call_has_a_span_on_both_ends_in_one_trace() -> Result<()> {
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
        call_all(&KindsClient::new(&client), &["a", "fail"]).await;
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let traceparent = format!("traceparent: 00-{trace}-b7ad6b7169203331-01");
        let address = service.addresses()[0].socket_addr().unwrap();
        exchange(
            address,
            "POST",
            "/tests.Kinds/Unary",
            &["content-type: application/json", &traceparent],
            b"{}",
        )
        .await;
        service.stop().await
    })?;
    drop(runtime);

    let spans = spans.0.lock().unwrap();
    let of = |kind: &str, endpoint: &str| -> Vec<Fields> {
        let is = |span: &&Fields| span["kind"] == kind && span["endpoint"].ends_with(endpoint);
        spans.iter().filter(is).cloned().collect()
    };
    for endpoint in ["Unary", "Collect", "Split", "Echo"] {
        let (client, server) = (of("client", endpoint), of("server", endpoint));
        assert_eq!(client.len(), 1, "{endpoint}: {spans:?}");
        let (client, server) = (&client[0], &server[0]);
        assert_eq!(client["trace_id"], server["trace_id"], "{endpoint}");
        for span in [client, server] {
            assert!(span.contains_key("duration_ms"), "{endpoint}: {span:?}");
            let code = if endpoint == "Unary" { "OK" } else { "FAILED_PRECONDITION" };
            assert_eq!(span["code"], code, "{endpoint}: {span:?}");
        }
        assert_eq!(server["service"], "kinds", "{endpoint}");
    }
    let foreign = &of("server", "Unary")[1];
    assert_eq!(foreign["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    Ok(())
}
