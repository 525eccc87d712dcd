//! The spans that are sent at once: few enough for a collector to take them.

use std::time::Duration;

use prost::Message as _;
use tokio::time::Instant;

use super::message::Span;

/// How many spans are sent at once.
pub(super) const SPANS: usize = 512;

/// How many bytes of spans are enough to send them. The last may exceed it; what is sent must stay below 4 MiB, which
/// is what gRPC servers receive unless they are told otherwise.
const BYTES: usize = 2 << 20;

/// How long a span waits for others.
const WAIT: Duration = Duration::from_secs(1);

/// Spans that wait to be sent.
#[derive(Default)]
pub(super) struct Batch {
    spans: Vec<Span>,
    bytes: usize,
    /// When the first has waited long enough.
    due: Option<Instant>,
}

impl Batch {
    /// Adds a span. Returns them all once they are enough.
    pub(super) fn add(&mut self, span: Span) -> Option<Vec<Span>> {
        self.due.get_or_insert_with(|| Instant::now() + WAIT);
        self.bytes += span.encoded_len();
        self.spans.push(span);
        (self.spans.len() >= SPANS || self.bytes >= BYTES).then(|| self.take())
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Vec<Span> {
        std::mem::take(self).spans
    }

    /// Returns when they are to be sent, however few; `None` when there are none.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(bytes: usize) -> Span {
        Span { name: "a".repeat(bytes), ..Span::default() }
    }

    #[test]
    fn a_batch_is_enough_by_number_and_by_bytes() {
        let mut batch = Batch::default();
        for (bytes, number) in [(10, SPANS), (32 << 10, 64), (BYTES, 1)] {
            let full = (1..).find_map(|count| Some((count, batch.add(span(bytes))?)));
            let (count, spans) = full.expect("one day it is full");
            assert_eq!((count, spans.len()), (number, number), "spans of {bytes} bytes");
            let sent: usize = spans.iter().map(Span::encoded_len).sum();
            assert!(sent < BYTES + (64 << 10), "{sent} bytes at once");
            assert!(batch.due().is_none(), "nothing is left");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_span_says_when_all_are_sent() {
        let mut batch = Batch::default();
        let begun = Instant::now();
        assert!(batch.due().is_none());
        assert!(batch.add(span(1)).is_none());
        tokio::time::advance(WAIT / 2).await;
        assert!(batch.add(span(1)).is_none());
        assert_eq!(batch.due(), Some(begun + WAIT));
        assert_eq!((batch.take().len(), batch.due()), (2, None));
    }
}
