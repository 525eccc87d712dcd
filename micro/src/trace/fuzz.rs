//! Whatever the headers say, they are a trace or none.

use proptest::prelude::*;

use super::TraceContext;

/// Headers that are right or nearly so, and any text.
fn traceparent() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        "0[01]-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[a-z]{0,3})?",
        "[0f]{2}-[0-9a-fA-F]{31,33}-[0-9a-fx]{15,17}-[0-9a-f]{1,3}",
        ".{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_is_read_is_passed_on_the_same(parent in traceparent(), state in proptest::option::of(".{0,600}")) {
        if let Some(trace) = TraceContext::parse(&parent, state.as_deref()) {
            prop_assert!(trace.trace_id() != 0 && trace.span_id() != 0);
            prop_assert!(trace.tracestate().is_none_or(|state| state.len() <= 512));
            prop_assert_eq!(TraceContext::parse(&trace.traceparent(), trace.tracestate()), Some(trace));
        }
    }
}
