//! Whatever a connection begins with, it is told apart, and nothing of it is lost.

use std::io;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::AsyncReadExt as _;

use super::{PREFACE, Protocol, SETTINGS, SETTINGS_LIMIT, sniff};

/// What is found, and everything that can be read then, of bytes that arrive in two pieces.
fn sniffed(bytes: &[u8], cut: usize) -> io::Result<(Protocol, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let (first, second) = bytes.split_at(cut.min(bytes.len()));
        let (protocol, mut stream) = sniff(first.chain(second)).await?;
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await?;
        Ok((protocol, all))
    })
}

/// What RFC 9113 makes of the whole of a connection's bytes; nothing when they end before that is clear.
///
/// Section 3.4: the preface, then a SETTINGS frame. One that is too long to be waited for, and a frame of
/// another type, are HTTP/2 with a mistake in it.
fn expected(bytes: &[u8]) -> Option<Protocol> {
    let Some(rest) = bytes.strip_prefix(PREFACE) else {
        return (!PREFACE.starts_with(bytes)).then_some(Protocol::Http1);
    };
    let [a, b, c, kind, _, _, _, _, _, payload @ ..] = rest else {
        return None;
    };
    let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
    let waits = *kind == SETTINGS && length <= SETTINGS_LIMIT && payload.len() < length;
    (!waits).then_some(Protocol::Http2)
}

/// What may stand behind the preface: a whole frame, a part of one, or nothing that has a shape.
fn behind() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![0..100_u32, 0..40_000_u32];
    let kind = prop_oneof![Just(SETTINGS), any::<u8>()];
    let frame = (length, kind, vec(any::<u8>(), 0..200)).prop_map(|(length, kind, payload)| {
        let [_, head @ ..] = length.to_be_bytes();
        [&head[..], &[kind, 0, 0, 0, 0, 0], &payload].concat()
    });
    prop_oneof![frame, vec(any::<u8>(), 0..12), vec(any::<u8>(), 0..2_000)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_024) })]

    #[test]
    fn every_beginning_is_told_apart_and_nothing_is_lost(
        prefix in prop_oneof![0..PREFACE.len(), Just(PREFACE.len())],
        rest in behind(),
        cut in 0..64_usize,
    ) {
        let bytes = [&PREFACE[..prefix], &rest[..]].concat();
        let found = sniffed(&bytes, cut);
        match expected(&bytes) {
            Some(protocol) => prop_assert_eq!(found.unwrap(), (protocol, bytes)),
            None => prop_assert_eq!(found.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
        }
    }
}
