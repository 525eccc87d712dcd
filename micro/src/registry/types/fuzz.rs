//! Whatever another process wrote, it is a node or refused.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;

use super::{Node, Query, Summary};

const ADDRESSES: &[&str] =
    &["127.0.0.1:4000", "[::1]:80", "greeter.internal:1", "", ":", "[::1]", "a b:1", "h:70000"];
const STATES: &[&str] = &["ready", "draining", "Ready", "gone", ""];
const KINDS: &[&str] = &["unary", "bidirectional", "ternary"];

/// What a node looks like, right or nearly so.
fn written() -> impl Strategy<Value = Vec<u8>> {
    let names = ("[a-zA-Z0-9._-]{0,6}", "[a-z ]{0,6}|.{0,6}", vec("[a-z.]{0,6}|.{0,4}", 0..3));
    let parts = (vec(select(ADDRESSES), 0..2), select(STATES), select(KINDS), ".{0,4}");
    (names, parts).prop_map(|((id, service, contracts), (addresses, state, kind, text))| {
        let endpoint = json!({
            "name": text, "path": text, "contract": text, "kind": kind, "request": text, "reply": text,
            "idempotency": state,
        });
        let node = json!({
            "id": id, "service": service, "contracts": contracts, "addresses": addresses, "state": state,
            "endpoints": [endpoint], "metadata": { text.as_str(): text }, "newer": [text],
        });
        node.to_string().into_bytes()
    })
}

fn holds(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(node) = serde_json::from_slice::<Node>(bytes) else { return Ok(()) };
    let again = serde_json::to_vec(&node).unwrap();
    prop_assert_eq!(&serde_json::from_slice::<Node>(&again).unwrap(), &node);
    if node.validate().is_ok() {
        prop_assert!(!node.id.contains(['/', '\\', '\0']) && !node.id.starts_with('.'));
        prop_assert!(Query::service(node.service.as_str()).matches(&node));
    }
    prop_assert_eq!(Summary::of([&node]).len(), 1);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_are_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..64)) {
        holds(&bytes)?;
    }

    #[test]
    fn what_looks_like_a_node_is_one_or_refused(bytes in written()) {
        holds(&bytes)?;
    }

    #[test]
    fn a_damaged_node_is_one_or_refused(
        mut bytes in written(),
        at in any::<Index>(),
        byte in any::<u8>(),
        end in any::<Index>(),
    ) {
        let (at, end) = (at.index(bytes.len()), end.index(bytes.len()));
        bytes[at] = byte;
        holds(&bytes)?;
        holds(&bytes[..end])?;
    }
}
