//! Tells HTTP/2 from HTTP/1 by the first bytes of a connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of the head of an HTTP/2 frame, and the type of the frame that follows the preface (section 4.1).
const FRAME_HEAD: usize = 9;
const SETTINGS: u8 = 4;

/// The longest first SETTINGS frame that is waited for: the smallest limit of frames there is (section 4.2).
const SETTINGS_LIMIT: usize = 16 * 1024;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Reads until it is clear what the connection speaks. Nothing is lost: the returned stream begins with what
/// was read.
///
/// An HTTP/2 client's part of the handshake is its preface and its SETTINGS; both are waited for here, because
/// this is where the wait has a bound.
///
/// # Errors
///
/// The stream's own, and `unexpected eof` when it ends before that.
pub(crate) async fn sniff<S: AsyncRead + Unpin>(mut stream: S) -> io::Result<(Protocol, Rewind<S>)> {
    let mut read = BytesMut::with_capacity(1024);
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let seen = read.len().min(PREFACE.len());
        let protocol = match read[..seen] == PREFACE[..seen] {
            false => Protocol::Http1,
            true if seen == PREFACE.len() && has_settings(&read[seen..]) => Protocol::Http2,
            true => continue,
        };
        return Ok((protocol, Rewind { read: read.freeze(), stream }));
    }
}

/// Tells whether what follows the preface is as much as has to be waited for: the whole SETTINGS frame, or
/// something else, which is a mistake that the protocol answers.
fn has_settings(rest: &[u8]) -> bool {
    let Some((head, payload)) = rest.split_at_checked(FRAME_HEAD) else {
        return false;
    };
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    head[3] != SETTINGS || length > SETTINGS_LIMIT || payload.len() >= length
}

/// A stream that first gives again what was read from it.
#[derive(Debug)]
pub(crate) struct Rewind<S> {
    read: Bytes,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewind<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let len = self.read.len().min(buffer.remaining());
        buffer.put_slice(&self.read[..len]);
        self.read.advance(len);
        if self.read.is_empty() {
            // Lets go of the allocation.
            self.read = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewind<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::AsyncWriteExt;

    /// Sniffs `bytes` sent in pieces of `size`; returns what was found and everything that can be read then.
    async fn sniffed(bytes: &'static [u8], size: usize) -> io::Result<(Protocol, Vec<u8>)> {
        let (mut near, far) = tokio::io::duplex(size);
        let sender = tokio::spawn(async move { near.write_all(bytes).await });
        let (protocol, mut stream) = sniff(far).await?;
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await?;
        sender.await.unwrap()?;
        Ok((protocol, all))
    }

    #[tokio::test]
    async fn both_protocols_are_told_apart_and_nothing_is_lost() {
        let http1 = b"PRINT / HTTP/1.1\r\nhost: x\r\n\r\n";
        let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\xff\xff";
        for size in [1, 2, 7, 64] {
            assert_eq!(sniffed(http1, size).await.unwrap(), (Protocol::Http1, http1.to_vec()));
            assert_eq!(sniffed(http2, size).await.unwrap(), (Protocol::Http2, http2.to_vec()));
        }
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_clear_is_an_error() {
        let no_settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04";
        for bytes in [&b""[..], b"PRI * HT", &no_settings[..24], no_settings] {
            assert_eq!(sniffed(bytes, 64).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
