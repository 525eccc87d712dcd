//! Length-prefixed messages: one byte of flags, four of length, then the message.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::error::{Error, Result};

/// The bytes before each message.
const PREFIX: usize = 5;

/// Up to this length prefix and message are copied together, so that they leave in one frame.
const COPY: usize = 8 * 1024;

/// Writes one message in one piece.
pub(crate) fn encode(message: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(PREFIX + message.len());
    out.put_slice(&prefix(message.len()));
    out.put_slice(message);
    out.freeze()
}

/// Writes one message: a short one in one piece, a long one as its prefix and, uncopied, itself.
pub(crate) fn encode_parts(message: Bytes) -> (Bytes, Option<Bytes>) {
    match message.len() {
        0..=COPY => (encode(&message), None),
        len => (Bytes::copy_from_slice(&prefix(len)), Some(message)),
    }
}

fn prefix(len: usize) -> [u8; PREFIX] {
    // Senders stay under their message limit, which is far under 4 GiB.
    let [a, b, c, d] = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    [0, a, b, c, d]
}

/// Cuts a byte stream into messages.
///
/// Messages that arrive in one piece are handed on without a copy. What is held never exceeds the limit by
/// more than the piece pushed last, as long as [`next`](Decoder::next) is called until it says `None` before
/// more is pushed.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit: usize,
    /// The piece that is being cut, while there is only one.
    piece: Bytes,
    /// Several pieces, joined. Grows by doubling, whatever length the peer declares.
    joined: BytesMut,
}

impl Decoder {
    /// Makes a decoder that refuses messages longer than `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Decoder { limit, piece: Bytes::new(), joined: BytesMut::new() }
    }

    /// Takes in what has arrived.
    pub(crate) fn push(&mut self, data: Bytes) {
        if self.is_empty() {
            self.piece = data;
            return;
        }
        if !self.piece.is_empty() {
            self.joined.extend_from_slice(&self.piece);
            self.piece = Bytes::new();
        }
        self.joined.extend_from_slice(&data);
    }

    /// Returns the next message, `None` until more has arrived.
    ///
    /// # Errors
    ///
    /// `resource exhausted` as soon as a length over the limit is declared, `unimplemented` for a compressed
    /// message, `internal` for flags that do not exist. Nothing can be read after an error.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>> {
        let held: &[u8] = if self.piece.is_empty() { &self.joined } else { &self.piece };
        let Some((&[flags, a, b, c, d], rest)) = held.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        match flags {
            0 => {}
            1 => {
                let message =
                    "the message is compressed, which is not supported; send it with grpc-encoding: identity";
                return Err(Error::unimplemented(message));
            }
            _ => {
                return Err(Error::internal(format!("a message begins with unknown flags {flags:#04x}")));
            }
        }
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if len > self.limit {
            return Err(too_large(len, self.limit));
        }
        if rest.len() < len {
            return Ok(None);
        }
        if self.piece.is_empty() {
            self.joined.advance(PREFIX);
            return Ok(Some(self.joined.split_to(len).freeze()));
        }
        self.piece.advance(PREFIX);
        Ok(Some(self.piece.split_to(len)))
    }

    /// Tells whether nothing is held: at the end of a stream, that the last message is whole.
    pub(crate) fn is_empty(&self) -> bool {
        self.piece.is_empty() && self.joined.is_empty()
    }
}

fn too_large(len: usize, limit: usize) -> Error {
    Error::resource_exhausted(format!("a message of {len} bytes is over the limit of {limit} bytes"))
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    fn messages(decoder: &mut Decoder) -> Vec<Bytes> {
        std::iter::from_fn(|| decoder.next().unwrap()).collect()
    }

    #[test]
    fn messages_come_back_however_they_were_cut() {
        let mut all = Vec::new();
        let sent: Vec<Bytes> = vec!["".into(), "a".into(), "hello".into(), vec![7; 300].into()];
        for message in &sent {
            all.extend_from_slice(&encode(message));
        }
        for size in 1..all.len() {
            let mut decoder = Decoder::new(1024);
            let mut got = Vec::new();
            for piece in all.chunks(size) {
                decoder.push(Bytes::copy_from_slice(piece));
                got.extend(messages(&mut decoder));
            }
            assert_eq!(got, sent, "pieces of {size}");
            assert!(decoder.is_empty());
        }
    }

    #[test]
    fn a_whole_message_is_not_copied() {
        let whole = encode(&Bytes::from_static(b"hello"));
        let mut decoder = Decoder::new(16);
        decoder.push(whole.clone());
        let message = decoder.next().unwrap().unwrap();
        assert_eq!(message.as_ptr(), whole[PREFIX..].as_ptr());
    }

    #[test]
    fn a_declared_length_over_the_limit_is_refused_before_anything_arrives() {
        let mut decoder = Decoder::new(10);
        decoder.push(Bytes::from_static(&[0, 0, 0, 0, 11]));
        let error = decoder.next().unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert!(error.message().contains("11 bytes") && error.message().contains("10 bytes"), "{error}");
    }

    #[test]
    fn compressed_and_unknown_flags_are_refused() {
        for (flags, code) in [(1, Code::Unimplemented), (2, Code::Internal), (255, Code::Internal)] {
            let mut decoder = Decoder::new(10);
            decoder.push(Bytes::copy_from_slice(&[flags, 0, 0, 0, 0]));
            assert_eq!(decoder.next().unwrap_err().code(), code);
        }
    }

    #[test]
    fn half_a_message_is_not_empty() {
        let mut decoder = Decoder::new(10);
        decoder.push(Bytes::from_static(&[0, 0, 0, 0, 2, b'x']));
        assert_eq!(decoder.next().unwrap(), None);
        assert!(!decoder.is_empty());
    }

    #[test]
    fn long_messages_leave_uncopied() {
        let message = Bytes::from(vec![1; COPY + 1]);
        let (prefix, rest) = encode_parts(message.clone());
        assert_eq!(rest.unwrap().as_ptr(), message.as_ptr());
        assert_eq!(prefix.len(), PREFIX);
        let (short, none) = encode_parts(Bytes::from_static(b"x"));
        assert_eq!((&short[..], none), (&[0, 0, 0, 0, 1, b'x'][..], None));
    }
}
