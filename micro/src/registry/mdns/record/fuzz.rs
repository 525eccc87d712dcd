//! Whatever bytes a packet or a text holds, they are read or refused; what is written reads back.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::packet;
use super::{LONGEST, Node, State, Subscription, read, write};

/// Texts that are right or nearly so.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let known = "(service|id|version|zone|state|at|wires|contracts|topics|metadata|more)(\\.[0-9])?=";
    let string = (known, "[a-z.%=0-9: ]{0,12}|.{0,12}").prop_map(|(key, value)| key + &value);
    vec(string, 0..8).prop_map(|strings| {
        let mut text = b"\x09txtvers=1".to_vec();
        for string in strings {
            text.push(u8::try_from(string.len()).unwrap_or(u8::MAX));
            text.extend_from_slice(string.as_bytes());
        }
        text
    })
}

fn node() -> impl Strategy<Value = Node> {
    let names = ("[a-zA-Z0-9_-]{1,128}", "[^\\s\\p{Cc}]{1,40}", ".{0,20}", ".{0,150}", any::<bool>());
    let lists = (
        vec(".{0,10}", 0..4),
        vec("[^\\s\\p{Cc}]{1,60}", 0..8),
        vec(("[a-z]{1,8}(\\.[a-z]{1,8})?", "([a-z]{1,8})?"), 0..4),
        vec((".{0,10}", ".{0,30}"), 0..4),
    );
    (names, lists).prop_map(
        |((id, service, version, zone, draining), (wires, contracts, topics, metadata))| {
            let mut node = Node::new(id, service).version(version).zone(zone);
            node.state = if draining { State::Draining } else { State::Ready };
            (node.wires, node.contracts) = (wires, contracts);
            node.topics = topics.into_iter().map(|(topic, queue)| Subscription::new(topic, queue)).collect();
            node.metadata = metadata.into_iter().collect();
            node
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_packet_is_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..200)) {
        if let Some(message) = packet::read(&bytes) {
            // A record takes eleven bytes at least, a question five.
            prop_assert!(message.answers.len() + message.additional.len() <= bytes.len() / 11);
            prop_assert!(message.questions.len() <= bytes.len() / 5);
        }
    }

    #[test]
    fn a_damaged_packet_is_read_or_refused(
        node in node(),
        at in any::<Index>(),
        byte in any::<u8>(),
        end in any::<Index>(),
    ) {
        let service = packet::Name::of(&[b"_micro", b"_tcp", b"local"]).unwrap();
        let instance = service.below(b"n").unwrap();
        let (text, _) = write(&node, false, &[]);
        let mut writer = packet::Writer::answer(0);
        for (name, data) in [
            (&service, packet::Data::Ptr(instance.clone())),
            (&instance, packet::Data::Srv { port: 1, host: service.clone() }),
            (&instance, packet::Data::Txt(text)),
        ] {
            writer.tell(&packet::Record { name: name.clone(), ttl: 9, flush: false, data });
        }
        let mut bytes = writer.finish();
        prop_assert_eq!(packet::read(&bytes).unwrap().answers.len(), 3);
        let (at, end) = (at.index(bytes.len()), end.index(bytes.len()));
        bytes[at] = byte;
        let _ = packet::read(&bytes);
        let _ = packet::read(&bytes[..end]);
    }

    #[test]
    fn no_text_is_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..200), label in vec(any::<u8>(), 0..8)) {
        let _ = read(&bytes, &label);
    }

    #[test]
    fn what_looks_like_a_text_is_a_valid_node_or_refused(text in text()) {
        if let Ok(told) = read(&text, b"label") {
            prop_assert!(told.node.validate().is_ok());
            let (again, missing) = write(&told.node, false, &[]);
            prop_assert!(!missing);
            prop_assert_eq!(read(&again, b"x").unwrap().node, told.node);
        }
    }

    #[test]
    fn a_node_reads_back_as_it_was(node in node()) {
        let (text, missing) = write(&node, false, &[]);
        prop_assert!(!missing && text.len() <= LONGEST);
        let told = read(&text, b"label").unwrap();
        prop_assert_eq!(told.addresses, Some(vec![]));
        if told.node.metadata.len() == node.metadata.len() {
            prop_assert_eq!(told.node, node);
        }
    }
}
