//! The log as a stream: the records of a [`Ring`], then those that follow.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;

use crate::error::{Error, Result};
use crate::generated::debug::{Level, LogRequest, LogResponse};
use crate::layer::BoxFuture;
use crate::logs::{Batch, Record, Ring};

use super::convert;

/// How many records are taken from the ring at once.
const BATCH: usize = 64;

/// Reads a ring. Remembers where it is, and one batch, so a slow reader loses what the ring drops, and is told how
/// much: of the past as of what follows.
pub(super) struct Tail {
    ring: Ring,
    wanted: Wanted,
    /// Taken from the ring and not handed on yet.
    records: VecDeque<Arc<Record>>,
    lost: u64,
    /// The number of the next record.
    next: u64,
    /// The number of the first record that is not read any more; `None` while there is none.
    end: Option<u64>,
    /// Waits for more; `None` when there will be none.
    more: Option<BoxFuture<'static, Option<watch::Receiver<()>>>>,
    stopping: CancellationToken,
}

impl Tail {
    /// Begins to read. The stream ends with what there is, or, when it follows, once `stopping` says so.
    ///
    /// # Errors
    ///
    /// `invalid argument` for a level that there is not.
    pub(super) fn new(ring: &Ring, request: &LogRequest, stopping: CancellationToken) -> Result<Self> {
        let wanted = Wanted::of(request)?;
        // Asked for before the look at what there is, so that nothing falls in between.
        let news = ring.news();
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let past = ring.latest(limit, |record| wanted.fits(record));
        Ok(Tail {
            ring: ring.clone(),
            wanted,
            records: VecDeque::new(),
            lost: 0,
            next: past.start,
            end: (!request.follow).then_some(past.end),
            more: request.follow.then(|| wait(news, stopping.clone())),
            stopping,
        })
    }

    /// Takes what comes next; tells whether that was anything.
    fn take(&mut self) -> bool {
        let Batch { records, lost, next } = self.ring.read(self.next..self.end.unwrap_or(u64::MAX), BATCH);
        let any = lost > 0 || !records.is_empty();
        self.records.extend(records);
        self.lost += lost;
        self.next = next;
        any
    }
}

impl Stream for Tail {
    type Item = Result<LogResponse>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.lost > 0 {
                let lost = std::mem::take(&mut this.lost);
                return Poll::Ready(Some(Ok(LogResponse { record: None, lost })));
            }
            while let Some(record) = this.records.pop_front() {
                if this.wanted.fits(&record) {
                    let record = Some(convert::record(&record));
                    return Poll::Ready(Some(Ok(LogResponse { record, lost: 0 })));
                }
            }
            if this.end.is_none() && this.stopping.is_cancelled() {
                // What is there by now are the last words, or nobody would see the end of a log that goes on.
                this.end = Some(this.ring.end());
            }
            if this.take() {
                continue;
            }
            let Some(more) = this.more.as_mut().filter(|_| this.end.is_none()) else {
                return Poll::Ready(None);
            };
            let news = ready!(more.as_mut().poll(context));
            this.more = news.map(|news| wait(news, this.stopping.clone()));
        }
    }
}

/// Waits for news, or for the end. `None` when there will be none.
fn wait(
    mut news: watch::Receiver<()>,
    stopping: CancellationToken,
) -> BoxFuture<'static, Option<watch::Receiver<()>>> {
    Box::pin(async move {
        let there_will_be_more = tokio::select! {
            () = stopping.cancelled() => true,
            changed = news.changed() => changed.is_ok(),
        };
        there_will_be_more.then_some(news)
    })
}

/// Which records are asked for.
struct Wanted {
    level: LevelFilter,
    target: String,
}

impl Wanted {
    fn of(request: &LogRequest) -> Result<Wanted> {
        let level = match Level::try_from(request.level) {
            Ok(Level::Unspecified | Level::Trace) => LevelFilter::TRACE,
            Ok(Level::Debug) => LevelFilter::DEBUG,
            Ok(Level::Info) => LevelFilter::INFO,
            Ok(Level::Warn) => LevelFilter::WARN,
            Ok(Level::Error) => LevelFilter::ERROR,
            Err(_) => {
                let message = format!("{} is not a level; there are 1 (error) to 5 (trace)", request.level);
                return Err(Error::invalid_argument(message));
            }
        };
        Ok(Wanted { level, target: request.target.clone() })
    }

    fn fits(&self, record: &Record) -> bool {
        record.level <= self.level && record.target.starts_with(&self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use tracing_subscriber::layer::SubscriberExt as _;

    use crate::error::Code;
    use crate::streaming::Streaming;

    /// Logs into a ring alone.
    fn with(ring: &Ring, log: impl FnOnce()) {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(ring.layer()), log);
    }

    fn tail(ring: &Ring, request: &LogRequest, stopping: &CancellationToken) -> Streaming<LogResponse> {
        Streaming::new(Tail::new(ring, request, stopping.clone()).unwrap())
    }

    /// Shows a response: the message, or how many were lost.
    fn shown(response: LogResponse) -> String {
        response.record.map_or_else(|| format!("-{}", response.lost), |record| record.message)
    }

    async fn past(ring: &Ring, request: LogRequest) -> Vec<String> {
        let all = tail(ring, &request, &CancellationToken::new()).collect().await.unwrap();
        all.into_iter().map(shown).collect()
    }

    async fn next(tail: &mut Streaming<LogResponse>) -> String {
        let next = tokio::time::timeout(Duration::from_secs(60), tail.next()).await.expect("no record");
        shown(next.expect("the stream has ended").unwrap())
    }

    #[tokio::test]
    async fn past_records_are_chosen_by_level_target_and_number() {
        let ring = Ring::new(10);
        with(&ring, || {
            tracing::error!(target: "a", "1");
            tracing::info!(target: "a::b", "2");
            tracing::warn!(target: "b", "3");
            tracing::trace!(target: "a", "4");
        });
        let level = |level: Level| LogRequest { level: level.into(), ..Default::default() };
        let target = |target: &str| LogRequest { target: target.to_owned(), ..Default::default() };
        let limit = |limit| LogRequest { limit: Some(limit), ..Default::default() };
        assert_eq!(past(&ring, LogRequest::default()).await, ["1", "2", "3", "4"]);
        assert_eq!(past(&ring, level(Level::Warn)).await, ["1", "3"]);
        assert_eq!(past(&ring, level(Level::Info)).await, ["1", "2", "3"]);
        assert_eq!(past(&ring, target("a")).await, ["1", "2", "4"]);
        assert_eq!(past(&ring, target("a::")).await, ["2"]);
        assert_eq!(past(&ring, limit(2)).await, ["3", "4"]);
        assert!(past(&ring, limit(0)).await.is_empty());
        // The limit counts what is wanted, not what there is.
        assert_eq!(past(&ring, LogRequest { limit: Some(1), ..target("b") }).await, ["3"]);
    }

    #[tokio::test]
    async fn whoever_follows_misses_nothing_and_ends_with_the_service() {
        let (ring, stopping) = (Ring::new(1_000), CancellationToken::new());
        with(&ring, || tracing::info!("before"));
        let mut tail = tail(&ring, &LogRequest { follow: true, ..Default::default() }, &stopping);
        with(&ring, || tracing::info!("between"));
        assert_eq!((next(&mut tail).await, next(&mut tail).await), ("before".into(), "between".into()));
        let logging = tokio::spawn({
            let ring = ring.clone();
            async move {
                for number in 0..100 {
                    with(&ring, || tracing::info!("{number}"));
                    tokio::task::yield_now().await;
                }
            }
        });
        for number in 0..100 {
            assert_eq!(next(&mut tail).await, number.to_string());
        }
        logging.await.unwrap();
        with(&ring, || tracing::info!("last words"));
        stopping.cancel();
        assert_eq!(next(&mut tail).await, "last words");
        assert!(tail.next().await.is_none());
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_in_the_stream_what_it_lost() {
        let (ring, stopping) = (Ring::new(5), CancellationToken::new());
        let mut tail = tail(&ring, &LogRequest { follow: true, ..Default::default() }, &stopping);
        with(&ring, || (0..12).for_each(|number| tracing::info!("{number}")));
        for expected in ["-7", "7", "8", "9", "10", "11"] {
            assert_eq!(next(&mut tail).await, expected);
        }
        with(&ring, || tracing::info!("12"));
        assert_eq!(next(&mut tail).await, "12");
    }

    #[tokio::test]
    async fn whoever_does_not_read_keeps_nothing_of_the_past() {
        let (ring, stopping) = (Ring::new(5), CancellationToken::new());
        with(&ring, || (0..5).for_each(|number| tracing::info!("{number}")));
        let mut slow = tail(&ring, &LogRequest::default(), &stopping);
        let mut silent = tail(&ring, &LogRequest::default(), &stopping);
        with(&ring, || (5..8).for_each(|number| tracing::info!("{number}")));
        for expected in ["-3", "3", "4"] {
            assert_eq!(next(&mut slow).await, expected);
        }
        assert!(slow.next().await.is_none(), "what came later was not asked for");
        with(&ring, || (8..20).for_each(|number| tracing::info!("{number}")));
        assert_eq!(next(&mut silent).await, "-5");
        assert!(silent.next().await.is_none());
    }

    #[tokio::test]
    async fn no_reader_holds_more_than_a_batch() {
        let (ring, stopping) = (Ring::new(1_000), CancellationToken::new());
        with(&ring, || (0..1_000).for_each(|number| tracing::info!("{number}")));
        let held = || {
            let batch = ring.read(0..u64::MAX, usize::MAX);
            // The ring itself holds one, and the batch another.
            batch.records.iter().filter(|record| Arc::strong_count(record) > 2).count()
        };
        let request = LogRequest { follow: true, ..Default::default() };
        let mut tail = tail(&ring, &request, &stopping);
        assert_eq!(held(), 0);
        assert_eq!(next(&mut tail).await, "0");
        assert!(held() < BATCH, "{}", held());
        stopping.cancel();
        for number in 1..1_000 {
            assert_eq!(next(&mut tail).await, number.to_string());
            assert!(held() < BATCH, "{}", held());
            with(&ring, || tracing::info!("more"));
        }
        let mut more = 0;
        while tail.next().await.is_some() {
            more += 1;
            assert!(more <= BATCH, "a log that goes on holds the end up");
            with(&ring, || tracing::info!("more"));
        }
    }

    #[test]
    fn a_level_that_there_is_not_is_refused() {
        let request = LogRequest { level: 6, ..Default::default() };
        let error = Tail::new(&Ring::new(1), &request, CancellationToken::new()).err().unwrap();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}
