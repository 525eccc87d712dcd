//! Counts what is under way, for those who wait until nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A number of things under way. Cheap to clone; clones share the number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now: AtomicUsize,
    zero: Notify,
}

/// One thing under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Count);

impl Count {
    /// Begins one.
    pub(crate) fn enter(&self) -> Running {
        self.0.now.fetch_add(1, Ordering::SeqCst);
        Running(self.clone())
    }

    /// Returns how many are under way.
    pub(crate) fn now(&self) -> usize {
        self.0.now.load(Ordering::SeqCst)
    }

    /// Waits until none is.
    pub(crate) async fn zero(&self) {
        loop {
            // Enlisted before the look, so that an end between the two is not missed.
            let mut notified = std::pin::pin!(self.0.zero.notified());
            notified.as_mut().enable();
            if self.now() == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.0.now.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.0.zero.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn zero_waits_for_the_last() {
        let count = Count::default();
        count.zero().await;
        let (first, second) = (count.enter(), count.enter());
        let waiter = tokio::spawn({
            let count = count.clone();
            async move { count.zero().await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert_eq!((count.now(), waiter.is_finished()), (1, false));
        drop(second);
        waiter.await.unwrap();
    }
}
