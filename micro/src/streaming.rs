//! `Streaming<T>`: many messages of one type, in either direction.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::metadata::{Metadata, SharedMetadata};

/// Many messages of type `T`. As a request it makes a method client-streaming, as a reply server-streaming.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (sender, mut numbers) = micro::Streaming::channel(8);
/// tokio::spawn(async move {
///     for number in 0..3 {
///         if sender.send(number).await.is_err() {
///             break; // nobody reads any more
///         }
///     }
/// });
/// while let Some(number) = numbers.next().await {
///     println!("{}", number?);
/// }
/// # Ok::<(), micro::Error>(()) }).unwrap();
/// ```
pub struct Streaming<T> {
    inner: Pin<Box<dyn Stream<Item = Result<T>> + Send>>,
    trailers: SharedMetadata,
    ended: bool,
}

impl<T: Send + 'static> Streaming<T> {
    /// Wraps a stream. After its first error the stream is over.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Streaming { inner: Box::pin(stream), trailers: SharedMetadata::new(), ended: false }
    }

    /// Streams the items of an iterator.
    #[expect(clippy::should_implement_trait, reason = "the trait cannot ask for an iterator that is `Send`")]
    pub fn from_iter(items: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Self {
        Streaming::new(Iter(items.into_iter()))
    }

    /// Makes a sender and the stream of what it sends. At most `capacity` messages wait in between (at least
    /// one); a sender ahead of its reader waits. A task that panics while it holds the sender ends the stream with
    /// `internal`, so that what was cut off does not pass for whole.
    pub fn channel(capacity: usize) -> (Sender<T>, Self) {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        let panicked = Arc::new(AtomicBool::new(false));
        (
            Sender { inner: sender, panicked: panicked.clone() },
            Streaming::new(Receiver { inner: receiver, panicked }),
        )
    }

    pub(crate) fn with_trailers(mut self, trailers: SharedMetadata) -> Self {
        self.trailers = trailers;
        self
    }
}

impl<T> Streaming<T> {
    /// Waits for the next message; `None` at the end. After an error the stream is over.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Waits for every message.
    ///
    /// # Errors
    ///
    /// The stream's own; what came before it is dropped.
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message?);
        }
        Ok(all)
    }

    /// Returns the trailing metadata of the peer. Complete once the stream is over.
    pub fn trailers(&self) -> Metadata {
        self.trailers.snapshot()
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(self.inner.as_mut().poll_next(context));
        self.ended = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Sends the messages of a [`Streaming`]. Dropping the last clone ends the stream.
pub struct Sender<T> {
    inner: mpsc::Sender<Result<T>>,
    panicked: Arc<AtomicBool>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// # Errors
    ///
    /// `cancelled` when the reader is gone.
    pub async fn send(&self, message: T) -> Result<()> {
        self.inner.send(Ok(message)).await.map_err(|_| Error::cancelled("nobody reads the stream any more"))
    }

    /// Ends the stream with an error.
    ///
    /// # Errors
    ///
    /// `cancelled` when the reader is gone.
    pub async fn fail(self, error: Error) -> Result<()> {
        self.inner.send(Err(error)).await.map_err(|_| Error::cancelled("nobody reads the stream any more"))
    }

    /// Waits until the reader is gone.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender { inner: self.inner.clone(), panicked: self.panicked.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panicked.store(true, Ordering::Release);
        }
    }
}

struct Receiver<T> {
    inner: mpsc::Receiver<Result<T>>,
    panicked: Arc<AtomicBool>,
}

impl<T> Stream for Receiver<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(self.inner.poll_recv(context));
        if next.is_none() && self.panicked.load(Ordering::Acquire) {
            return Poll::Ready(Some(Err(Error::internal("the task that fills the stream panicked"))));
        }
        Poll::Ready(next)
    }
}

struct Iter<I>(I);

impl<I> Unpin for Iter<I> {}

impl<T, I: Iterator<Item = T>> Stream for Iter<I> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    #[tokio::test]
    async fn nothing_follows_an_error() {
        let (sender, stream) = Streaming::channel(4);
        sender.send(1).await.unwrap();
        sender.fail(Error::data_loss("gone")).await.unwrap();
        assert_eq!(stream.collect().await.unwrap_err().code(), Code::DataLoss);
    }

    #[tokio::test]
    async fn a_sender_dropped_by_a_panic_ends_the_stream_with_an_error() {
        let (sender, mut stream) = Streaming::channel(4);
        let filling = tokio::spawn(async move {
            sender.send(1).await.unwrap();
            panic!("half way");
        });
        assert!(filling.await.is_err());
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
        assert_eq!(stream.next().await.unwrap().unwrap_err().code(), Code::Internal);
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn a_sender_learns_that_its_reader_is_gone() {
        let (sender, stream) = Streaming::channel(1);
        drop(stream);
        sender.closed().await;
        assert_eq!(sender.send(1).await.unwrap_err().code(), Code::Cancelled);
    }
}
