//! Whatever a connection begins with, it is told apart, and nothing of it is lost.

use std::io;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::AsyncReadExt as _;

use super::{PREFACE, Protocol, sniff};

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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_beginning_is_told_apart_and_nothing_is_lost(
        prefix in 0..=PREFACE.len(),
        rest in vec(any::<u8>(), 0..2_000),
        cut in 0..64_usize,
    ) {
        let bytes = [&PREFACE[..prefix], &rest[..]].concat();
        let expected = match (bytes.starts_with(PREFACE), PREFACE.starts_with(&bytes)) {
            (true, _) => Some(Protocol::Http2),
            (false, true) => None,
            (false, false) => Some(Protocol::Http1),
        };
        let found = sniffed(&bytes, cut);
        match expected {
            Some(protocol) => prop_assert_eq!(found.unwrap(), (protocol, bytes)),
            None => prop_assert_eq!(found.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
        }
    }
}
