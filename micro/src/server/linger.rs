//! Closing a connection so that its last words arrive.
//!
//! A socket that is closed while something unread lies in it is reset by the system, and a reset throws away what
//! the peer has not read yet: the GOAWAY that says which calls did not run. So the sending half is closed first,
//! and what still comes in is read and dropped until the peer closes too, or for a bounded time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a peer may take to close its side.
const LIMIT: Duration = Duration::from_millis(500);

/// Lends `stream` out; what was lent comes back when the borrower drops it.
pub(crate) fn lend<S>(stream: S) -> (Lent<S>, Lender<S>) {
    let (back, returned) = oneshot::channel();
    (Lent { stream: Some(stream), back: Some(back) }, Lender(returned))
}

/// Waits for a lent stream.
#[derive(Debug)]
pub(crate) struct Lender<S>(oneshot::Receiver<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Lender<S> {
    /// Closes the stream, once its borrower is done with it, without cutting off what was sent.
    pub(crate) async fn close(self) {
        // Closed already, or never given back: either way there is nothing to do.
        let Ok(mut stream) = self.0.await else { return };
        let closing = async {
            stream.shutdown().await?;
            let mut unread = [0; 1024];
            while stream.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        };
        // However it ends, the stream is dropped now.
        let _ = timeout(LIMIT, closing).await.is_ok();
    }
}

/// A stream that goes back to its lender when it is dropped.
#[derive(Debug)]
pub(crate) struct Lent<S> {
    stream: Option<S>,
    back: Option<oneshot::Sender<S>>,
}

impl<S> Drop for Lent<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            // A lender that is gone wants nothing back.
            let _ = back.send(stream);
        }
    }
}

impl<S: Unpin> Lent<S> {
    /// The stream is there until the drop; without it, the connection counts as broken.
    fn get(&mut self) -> io::Result<Pin<&mut S>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lent<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get()?.poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get()?.poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn last_words_arrive_although_something_unread_lies_in_the_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut lent, lender) = lend(listener.accept().await.unwrap().0);
        peer.write_all(b"never read").await.unwrap();
        // It has arrived: closing now would reset the connection.
        lent.stream.as_ref().unwrap().readable().await.unwrap();
        lent.write_all(b"goodbye").await.unwrap();
        drop(lent);
        let closing = tokio::spawn(lender.close());
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.expect("the connection was reset");
        assert_eq!(heard, b"goodbye");
        peer.write_all(b"still talking").await.expect("the connection was reset");
        drop(peer);
        closing.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_closes_is_not_waited_for() {
        let (_peer, stream) = tokio::io::duplex(16);
        let (lent, lender) = lend(stream);
        drop(lent);
        lender.close().await;
    }
}
