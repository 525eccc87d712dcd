//! The latest records, in bounded memory: the oldest make room for new ones.
//!
//! Records are numbered. Whoever follows remembers the number of the next one; what the ring has dropped by then is
//! known by the gap. So a slow reader costs nobody anything, and there is no queue a reader.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing_subscriber::registry::LookupSpan;

use super::capture::Capture;
use super::record::Record;

/// How much memory the records of a ring may take, in bytes.
const BYTES: usize = 1 << 20;

/// Keeps the latest log records of a process, for `micro.debug.v1.Debug/Log`. Cheap to clone; clones are the same ring.
///
/// Holds at most as many records as it was made for, and at most 1 MiB of them; the oldest make room and are counted.
/// Messages are cut at 8 KiB, values of fields at 2 KiB.
#[derive(Clone)]
pub struct Ring(Arc<Inner>);

struct Inner {
    records: usize,
    kept: Mutex<Kept>,
    /// Says that there is something new.
    news: watch::Sender<()>,
}

/// What is kept, and how it is numbered.
struct Kept {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    /// The number of the oldest record, which is how many were dropped.
    first: u64,
}

impl Kept {
    /// Returns the number of the next record.
    fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

/// Some records in a row.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Arc<Record>>,
    /// How many were dropped between the ones asked for and these.
    pub(crate) lost: u64,
    /// The number of the record that follows.
    pub(crate) next: u64,
}

impl Ring {
    /// Makes an empty ring for at most `records` records, at least one.
    pub fn new(records: usize) -> Ring {
        let kept = Kept { records: VecDeque::new(), bytes: 0, first: 0 };
        Ring(Arc::new(Inner {
            records: records.max(1),
            kept: Mutex::new(kept),
            news: watch::Sender::new(()),
        }))
    }

    /// Makes the layer of a `tracing` subscriber that fills the ring. What it is to leave out is for a filter to say.
    ///
    /// What HTTP connections say below `info` is never kept: a record on its way to a reader would make others.
    pub fn layer<S>(&self) -> impl tracing_subscriber::Layer<S> + Send + Sync + use<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        Capture::new(self.clone())
    }

    /// Returns how many records are kept.
    pub fn len(&self) -> usize {
        self.kept().records.len()
    }

    /// Tells whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many records were dropped to make room.
    pub fn dropped(&self) -> u64 {
        self.kept().first
    }

    /// Adds a record.
    pub(super) fn push(&self, record: Record) {
        let record = Arc::new(record);
        let mut kept = self.kept();
        kept.bytes += record.size();
        kept.records.push_back(record);
        while kept.records.len() > self.0.records || (kept.bytes > BYTES && kept.records.len() > 1) {
            let Some(oldest) = kept.records.pop_front() else { break };
            kept.bytes -= oldest.size();
            kept.first += 1;
        }
        drop(kept);
        self.0.news.send_replace(());
    }

    /// Returns up to `most` of the records with these numbers, from the oldest one that is left.
    pub(crate) fn read(&self, numbers: Range<u64>, most: usize) -> Batch {
        let kept = self.kept();
        let end = numbers.end.min(kept.end());
        let begin = numbers.start.max(kept.first).min(end);
        let count = |records: u64| usize::try_from(records).unwrap_or(usize::MAX);
        let skip = count(begin.saturating_sub(kept.first));
        let records: Vec<_> =
            kept.records.iter().skip(skip).take(count(end - begin).min(most)).cloned().collect();
        Batch { lost: begin.saturating_sub(numbers.start), next: begin + records.len() as u64, records }
    }

    /// Returns the numbers in which the latest records that fit are found, `most` of them or all that are kept.
    pub(crate) fn latest(&self, most: usize, fits: impl Fn(&Record) -> bool) -> Range<u64> {
        let kept = self.kept();
        let fitting = kept.records.iter().enumerate().rev().filter(|(_, record)| fits(record)).take(most);
        let first = fitting.last().map_or(kept.end(), |(index, _)| kept.first + index as u64);
        first..kept.end()
    }

    /// Returns the number of the next record.
    pub(crate) fn end(&self) -> u64 {
        self.kept().end()
    }

    /// Returns what changes with every record from now on.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.0.news.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        let (records, bytes) = (kept.records.len(), kept.bytes);
        f.debug_struct("Ring").field("records", &records).field("bytes", &bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tracing_subscriber::layer::SubscriberExt as _;

    /// Logs into a ring alone.
    fn with(ring: &Ring, log: impl FnOnce()) {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(ring.layer()), log);
    }

    /// Everything that is kept.
    fn all(ring: &Ring) -> Batch {
        ring.read(ring.dropped()..u64::MAX, usize::MAX)
    }

    fn messages(batch: &Batch) -> Vec<&str> {
        batch.records.iter().map(|record| record.message.as_str()).collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let ring = Ring::new(3);
        with(&ring, || (0..5).for_each(|number| tracing::info!("{number}")));
        assert_eq!(messages(&all(&ring)), ["2", "3", "4"]);
        assert_eq!((ring.len(), ring.dropped(), all(&ring).lost), (3, 2, 0));
    }

    #[test]
    fn memory_is_bounded_whatever_the_size_of_records() {
        let ring = Ring::new(100_000);
        let long = "x".repeat(100_000);
        with(&ring, || (0..1_000).for_each(|_| tracing::info!(long, other = ?long, "{long}")));
        let kept = ring.kept();
        let held: usize = kept.records.iter().map(|record| record.size()).sum();
        assert_eq!(held, kept.bytes);
        assert!(held <= BYTES && held > BYTES / 2, "{held}");
        assert_eq!(kept.end(), 1_000);
    }

    #[test]
    fn a_reader_that_is_too_slow_is_told_how_much_it_missed() {
        let ring = Ring::new(3);
        with(&ring, || {
            tracing::info!("0");
            let read = ring.read(0..u64::MAX, 10);
            assert_eq!((messages(&read), read.lost, read.next), (vec!["0"], 0, 1));
            (1..7).for_each(|number| tracing::info!("{number}"));
            let read = ring.read(read.next..u64::MAX, 2);
            assert_eq!((messages(&read), read.lost, read.next), (vec!["4", "5"], 3, 6));
            let read = ring.read(read.next..u64::MAX, 2);
            assert_eq!((messages(&read), read.lost, read.next), (vec!["6"], 0, 7));
            assert!(ring.read(read.next..u64::MAX, 2).records.is_empty());
        });
    }

    #[test]
    fn a_reader_of_the_past_is_told_of_what_is_gone_and_of_nothing_new() {
        let ring = Ring::new(3);
        with(&ring, || (0..3).for_each(|number| tracing::info!("{number}")));
        let past = ring.latest(usize::MAX, |_| true);
        assert_eq!(past, 0..3);
        with(&ring, || tracing::info!("3"));
        let read = ring.read(past.clone(), 10);
        assert_eq!((messages(&read), read.lost, read.next), (vec!["1", "2"], 1, 3));
        assert!(ring.read(read.next..past.end, 10).records.is_empty());
        with(&ring, || (4..9).for_each(|number| tracing::info!("{number}")));
        let read = ring.read(past, 10);
        assert_eq!((messages(&read), read.lost, read.next), (vec![], 3, 3));
    }

    #[test]
    fn the_latest_records_that_fit_are_found_from_the_end() {
        let ring = Ring::new(5);
        assert_eq!(ring.latest(1, |_| true), 0..0);
        with(&ring, || (0..8).for_each(|number| tracing::info!("{}", number % 2)));
        let odd = |record: &Record| record.message == "1";
        for (most, first) in [(0, 8), (1, 7), (2, 5), (3, 3), (4, 3)] {
            assert_eq!(ring.latest(most, odd), first..ring.end(), "{most}");
        }
        assert_eq!(ring.latest(usize::MAX, |_| false), 8..8);
    }

    #[test]
    fn a_record_says_what_was_logged_and_in_which_call() {
        let ring = Ring::new(10);
        with(&ring, || {
            let trace = format!("{:032x}", 7);
            let span =
                tracing::info_span!("rpc", trace_id = tracing::field::Empty, span_id = "b7ad6b7169203331");
            span.record("trace_id", tracing::field::display(&trace));
            let inner = tracing::info_span!(parent: &span, "query", trace_id = "not one of ours");
            let error = std::io::Error::other("gone");
            inner.in_scope(|| {
                tracing::warn!(target: "t", count = 3, who = "ann", error = &error as &(dyn std::error::Error + 'static), "late");
            });
            tracing::info!("outside");
        });
        let all = all(&ring);
        let record = &all.records[0];
        assert_eq!((record.level, record.target, &*record.message), (tracing::Level::WARN, "t", "late"));
        let fields: Vec<_> = record.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(fields, [("count", "3"), ("who", "ann"), ("error", "gone")]);
        assert_eq!(record.ids.trace(), format!("{:032x}", 7));
        assert_eq!(record.ids.span(), "b7ad6b7169203331");
        assert_eq!((all.records[1].ids.trace(), all.records[1].ids.span()), ("", ""));
    }

    #[test]
    fn what_connections_say_in_detail_is_left_out() {
        let ring = Ring::new(10);
        with(&ring, || {
            tracing::trace!(target: "h2::codec::framed_write", "frame");
            tracing::debug!(target: "hyper", "read");
            tracing::debug!(target: "h2o", "not a connection");
            tracing::warn!(target: "h2::proto", "loud enough");
        });
        assert_eq!(messages(&all(&ring)), ["not a connection", "loud enough"]);
    }

    #[tokio::test]
    async fn news_arrive_even_when_they_came_before_the_wait() {
        let ring = Ring::new(10);
        let mut news = ring.news();
        with(&ring, || tracing::info!("now"));
        news.changed().await.unwrap();
        assert!(!news.has_changed().unwrap());
    }
}
