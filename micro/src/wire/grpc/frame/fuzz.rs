//! No bytes harm the decoder, however they are cut.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Decoder, PREFIX, encode};

const LIMIT: usize = 64;

/// Bytes that mostly look like messages: noise alone fails at its first flag.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..LIMIT).prop_map(|message| encode(&Bytes::from(message)).to_vec()),
        1 => vec(any::<u8>(), 0..8),
        1 => any::<u32>().prop_map(|len| [&[0][..], &len.to_be_bytes()[..]].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_message_and_nothing_held_is_over_the_limit(pieces in vec(piece(), 0..12), cut in 1..80_usize) {
        let all = pieces.concat();
        let mut decoder = Decoder::new(LIMIT);
        let mut read = 0;
        for data in all.chunks(cut) {
            decoder.push(Bytes::copy_from_slice(data));
            let mut next = decoder.next();
            while let Ok(Some(message)) = &next {
                prop_assert!(message.len() <= LIMIT);
                read += PREFIX + message.len();
                next = decoder.next();
            }
            if next.is_err() {
                break;
            }
            prop_assert!(decoder.piece.len() + decoder.joined.len() < PREFIX + LIMIT);
        }
        prop_assert!(read <= all.len());
    }

    #[test]
    fn a_declared_length_allocates_nothing(
        len in any::<u32>(),
        data in vec(any::<u8>(), 0..64),
        cut in 1..16_usize,
    ) {
        let all = [&[0][..], &len.to_be_bytes()[..], &data[..]].concat();
        let mut decoder = Decoder::new(usize::MAX);
        for data in all.chunks(cut) {
            decoder.push(Bytes::copy_from_slice(data));
            if decoder.next().is_err() {
                break;
            }
            prop_assert!(decoder.joined.capacity() <= 4 * all.len() + 1024);
        }
    }

    #[test]
    fn messages_come_back_however_they_are_cut(
        messages in vec(vec(any::<u8>(), 0..LIMIT), 0..8),
        cut in 1..200_usize,
    ) {
        let all: Vec<u8> = messages.iter().flat_map(|message| encode(&Bytes::from(message.clone()))).collect();
        let mut decoder = Decoder::new(LIMIT);
        let mut got = Vec::new();
        for data in all.chunks(cut) {
            decoder.push(Bytes::copy_from_slice(data));
            while let Some(message) = decoder.next().unwrap() {
                got.push(message.to_vec());
            }
        }
        prop_assert_eq!(got, messages);
        prop_assert!(decoder.is_empty());
    }
}
