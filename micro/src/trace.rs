//! W3C trace context: the ids that tie the spans of one call chain together.
//!
//! Format and rules: <https://www.w3.org/TR/trace-context/>.

use std::fmt;

/// The trace a call belongs to and the span that made it.
#[derive(Clone, Debug)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
    state: Option<String>,
    /// The span above, where it is known. It does not travel.
    parent: Option<u64>,
}

impl PartialEq for TraceContext {
    /// Compares what travels.
    fn eq(&self, other: &Self) -> bool {
        let of = |trace: &Self| (trace.trace_id, trace.span_id, trace.flags);
        of(self) == of(other) && self.state == other.state
    }
}

impl Eq for TraceContext {}

impl TraceContext {
    /// Begins a new, sampled trace with random ids.
    pub fn root() -> Self {
        TraceContext {
            trace_id: nonzero(|| fastrand::u128(..)),
            span_id: nonzero(|| fastrand::u64(..)),
            flags: 1,
            state: None,
            parent: None,
        }
    }

    /// Begins a span below this one: same trace, new span id.
    pub fn child(&self) -> Self {
        TraceContext { span_id: nonzero(|| fastrand::u64(..)), parent: Some(self.span_id), ..self.clone() }
    }

    /// Reads a `traceparent` header and, beside it, `tracestate`. Anything malformed is `None`: the rules ask
    /// to begin a new trace then.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = hex(parts.next()?, 16)? as u64;
        let flags = hex(parts.next()?, 2)? as u8;
        // Version 00 has exactly four parts, later ones may add more, ff is forbidden.
        if version == 0xff || (version == 0 && parts.next().is_some()) || trace_id == 0 || span_id == 0 {
            return None;
        }
        // 512 is the length every implementation has to carry; longer ones may be dropped.
        let state = tracestate.filter(|state| !state.is_empty() && state.len() <= 512).map(str::to_owned);
        Some(TraceContext { trace_id, span_id, flags, state, parent: None })
    }

    /// Writes the `traceparent` header.
    pub fn traceparent(&self) -> String {
        self.to_string()
    }

    /// Returns the `tracestate` header, passed on as it came.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Returns the id of the whole trace.
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// Returns the id of this span.
    pub fn span_id(&self) -> u64 {
        self.span_id
    }

    /// Returns the id of the span above, where it is known.
    pub(crate) fn parent_id(&self) -> Option<u64> {
        self.parent
    }

    /// Tells whether the caller records the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

fn nonzero<T: Default + PartialEq>(mut random: impl FnMut() -> T) -> T {
    loop {
        let value = random();
        if value != T::default() {
            return value;
        }
    }
}

fn hex(text: &str, len: usize) -> Option<u128> {
    let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() == len && lower { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn comes_back_as_it_went() {
        let trace = TraceContext::parse(PARENT, Some("a=b")).unwrap();
        assert_eq!(trace.traceparent(), PARENT);
        assert_eq!(trace.tracestate(), Some("a=b"));
        let child = trace.child();
        assert_eq!(child.trace_id(), trace.trace_id());
        assert_ne!(child.span_id(), trace.span_id());
    }

    #[test]
    fn malformed_headers_begin_a_new_trace() {
        for bad in [
            "",
            "00-0-0-0",
            &PARENT.to_uppercase(),
            &PARENT.replace("00-", "ff-"),
            &format!("{PARENT}-x"),
            &PARENT.replace("b7ad6b7169203331", "0000000000000000"),
        ] {
            assert_eq!(TraceContext::parse(bad, None), None, "{bad}");
        }
        assert!(TraceContext::parse(&format!("{}-x", PARENT.replace("00-0a", "01-0a")), None).is_some());
    }
}
