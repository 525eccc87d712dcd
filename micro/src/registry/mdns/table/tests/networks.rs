//! What becomes of nodes when the networks of the machine change.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_network_that_gets_an_address_brings_the_nodes_it_has_known() {
    let (now, mut table) = (Instant::now(), table());
    let early = Interface::new(1, "test".to_owned(), false, vec![("fe80::1".parse().unwrap(), 64)]);
    let node = || whole("a", "h", "10.0.0.9", 15);
    assert!(hear_on(&mut table, &Arc::new(early), "fe80::9", node(), now).is_empty());
    assert_eq!(hear_on(&mut table, &network(), "fe80::9", node(), now), ["a"]);
    // And back: what is out of reach is gone, not kept for as long as it is repeated.
    let renumbered = interface(1, "192.168.1.1");
    assert_eq!(hear_on(&mut table, &renumbered, "fe80::9", node(), now), ["a"]);
    assert!(table.node("a").is_none());
    // The same network looked at again is no other.
    hear(&mut table, whole("b", "h2", SOURCE, 15), now);
    table.worked();
    assert!(hear(&mut table, whole("b", "h2", SOURCE, 15), now).is_empty());
    assert_eq!(table.worked(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_only_repeats_a_node_may_be_the_first_to_be_heard_on_the_changed_network() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    let renumbered = interface(1, "192.168.1.1");
    assert_eq!(hear_on(&mut table, &renumbered, "fe80::9", whole("a", "h", SOURCE, 15), now), ["a"]);
    assert!(table.node("a").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_on_a_network_goes_with_it() {
    let (now, mut table) = (Instant::now(), table());
    for (index, id) in [(1, "here"), (2, "there"), (1, "both"), (2, "both")] {
        hear_on(&mut table, &interface(index, "10.0.0.1"), SOURCE, whole(id, id, SOURCE, 4_500), now);
    }
    assert!(table.keep(|index| index <= 2).is_empty());
    assert_eq!(table.keep(|index| index == 1).into_iter().collect::<Vec<_>>(), ["both", "there"]);
    assert_eq!(ids(&table), ["both", "here"], "it is still known from the other one");
    table.keep(|_| false);
    assert_eq!((table.room.text, table.hosts.len(), table.claims.ids().count()), (0, 0, 0));
}
