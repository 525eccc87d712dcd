//! Whose an id and an instance are, and what others can do about it.

use super::*;

/// A machine that wants what is another one's.
const RIVAL: &str = "10.0.0.66";

#[tokio::test(start_paused = true)]
async fn a_node_belongs_to_the_machine_that_had_it_first() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    let claim = |id: &str| {
        let mut claim = whole(id, "rival", RIVAL, 3_600);
        claim[2] = text(id, "claimed", 3_600);
        claim
    };
    assert!(hear_from(&mut table, RIVAL, claim("a"), now).is_empty());
    assert!(hear_from(&mut table, RIVAL, vec![pointer("a", 0)], now).is_empty());
    assert_eq!((table.node("a").unwrap().service.as_str(), table.refused.conflicts), ("greeter", 2));
    // Under another name it is no better.
    let mut other = claim("b");
    let (text, _) = record::write(&Node::new("a", "claimed"), false, &[(RIVAL.parse().unwrap(), 4000)]);
    other[2].data = Data::Txt(text);
    hear_from(&mut table, RIVAL, other, now);
    assert_eq!((table.node("a").unwrap().service.as_str(), table.refused.conflicts), ("greeter", 3));
    // The machine itself may begin anew, and send from its other address.
    hear(&mut table, whole("a", "new", SOURCE, 15), now);
    hear_from(&mut table, "fe80::9", whole("a", "new", SOURCE, 15), now);
    assert_eq!(table.refused.conflicts, 3);
    // When it is gone the next one has the id.
    table.sweep(now + seconds(15));
    assert_eq!(table.node("a").unwrap().service, "claimed");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_takes_another_name_keeps_its_id_from_who_claims_it_meanwhile() {
    let (now, mut table) = (Instant::now(), table());
    let named = |label: &str, host: &str, ip: &str, service: &str| {
        let mut node = whole(label, host, ip, 15);
        let addresses = [(ip.parse().unwrap(), 4000)];
        node[2].data = Data::Txt(record::write(&Node::new("a", service), false, &addresses).0);
        node
    };
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    hear_from(&mut table, RIVAL, named("thief", "rival", RIVAL, "claimed"), now);
    hear(&mut table, named("a-2", "h", SOURCE, "greeter"), now);
    hear_from(&mut table, RIVAL, named("second", "rival", RIVAL, "claimed"), now);
    hear(&mut table, vec![server("a", "h", 0)], now);
    assert_eq!((table.node("a").unwrap().service.as_str(), addresses(&table, "a")), ("greeter", at(SOURCE)));
    // The next one has it when this one is gone as well.
    hear(&mut table, named("a-2", "h", SOURCE, "greeter").into_iter().map(gone).collect(), now);
    assert_eq!(table.node("a").unwrap().service, "claimed");
}

fn gone(record: Record) -> Record {
    Record { ttl: 0, ..record }
}

#[tokio::test(start_paused = true)]
async fn who_repeats_a_node_can_neither_change_it_nor_take_it_back() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    // All of it can be read by everybody, and said again.
    assert!(hear_from(&mut table, RIVAL, whole("a", "h", SOURCE, 15), now).is_empty());
    let mut claim = whole("a", "h", SOURCE, 15);
    claim[2] = text("a", "claimed", 15);
    let mut port = whole("a", "h", SOURCE, 15);
    port[1].data = Data::Srv { port: 66, host: name(&["h", "local"]) };
    let elsewhere = whole("a", "h", RIVAL, 15);
    for lie in [claim.clone(), port, elsewhere, vec![pointer("a", 0)], whole("a", "h", SOURCE, 0)] {
        assert!(hear_from(&mut table, RIVAL, lie, now + seconds(7)).is_empty());
    }
    // Nor does it end sooner, or last longer than its owner says.
    for ttl in [1, 4_500] {
        hear_from(&mut table, RIVAL, whole("a", "h", SOURCE, ttl), now + seconds(7));
    }
    assert!(table.sweep(now + seconds(14)).is_empty());
    assert_eq!((table.node("a").unwrap().service.as_str(), addresses(&table, "a")), ("greeter", at(SOURCE)));
    assert_eq!(table.sweep(now + seconds(7 + 15)).len(), 1);

    // Who goes on when the owner is silent is believed.
    hear(&mut table, whole("a", "h", SOURCE, 15), now + seconds(30));
    assert_eq!(hear_from(&mut table, RIVAL, claim, now + seconds(38)), ["a"]);
    assert_eq!(table.node("a").unwrap().service, "claimed");
}

fn at(ip: &str) -> Vec<String> {
    vec![format!("{ip}:4000")]
}

#[tokio::test(start_paused = true)]
async fn the_host_of_a_node_is_where_its_own_machine_says() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    // Another node on the same host, which is said to be elsewhere.
    let changed = hear_from(&mut table, RIVAL, whole("x", "h", RIVAL, 15), now);
    assert_eq!(changed, ["x"], "it is a node of its own, and changes no other");
    assert_eq!((addresses(&table, "a"), addresses(&table, "x")), (at(SOURCE), at(RIVAL)));
    assert_eq!(table.refused.conflicts, 1);
    // Nor is it taken away.
    let mut gone = address("h", SOURCE, 0);
    gone.flush = false;
    hear_from(&mut table, RIVAL, vec![gone], now);
    assert_eq!(addresses(&table, "a"), at(SOURCE));
    // The machine itself may move, and say so to all that is on it.
    let further = vec![pointer("b", 15), server("b", "h", 15), text("b", "greeter", 15)];
    assert_eq!(hear(&mut table, further, now), ["b"], "where the host is was said before");
    assert_eq!(hear(&mut table, vec![address("h", "10.0.0.10", 15)], now), ["a", "b"]);
    assert_eq!((addresses(&table, "b"), addresses(&table, "x")), (at("10.0.0.10"), at(RIVAL)));
}

#[tokio::test(start_paused = true)]
async fn a_machine_speaks_from_an_address_of_each_family() {
    let (now, mut table) = (Instant::now(), table());
    let (v4, v6) = (SOURCE, "fe80::9");
    hear_from(&mut table, v4, whole("a", "h", v4, 15), now);
    hear_from(&mut table, v6, whole("a", "h", v4, 15), now);
    // A change counts when the first one says it, whichever is heard first.
    let mut other = whole("a", "h", v4, 15);
    other[2] = text("a", "other", 15);
    assert!(hear_from(&mut table, v6, other.clone(), now).is_empty());
    assert_eq!(hear_from(&mut table, v4, other.clone(), now), ["a"]);
    assert!(hear_from(&mut table, v6, other.clone(), now).is_empty());
    // Either keeps it alive.
    hear_from(&mut table, v6, other, now + seconds(10));
    assert!(table.sweep(now + seconds(24)).is_empty());
    assert_eq!(table.refused, Refused::default());

    // What is heard first may be of no use here.
    hear_from(&mut table, v6, whole("late", "l", v6, 15), now);
    assert!(table.node("late").is_none());
    assert_eq!(hear_from(&mut table, v4, whole("late", "l", v4, 15), now), ["late"]);
    assert!(hear_from(&mut table, v6, whole("late", "l", v6, 15), now).is_empty());
    assert_eq!((addresses(&table, "late"), table.refused.conflicts), (at(v4), 0));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_goes_on_under_another_name_takes_back_its_own_only() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    assert!(hear(&mut table, vec![server("a", "other", 0)], now).is_empty());
    assert_eq!(hear(&mut table, vec![server("a", "h", 0)], now), ["a"]);
    assert!(table.node("a").is_none());
}

#[tokio::test(start_paused = true)]
async fn no_number_of_claims_keeps_a_node_out() {
    let (now, mut table) = (Instant::now(), table());
    let claim = |table: &mut Table, number: u32| {
        let label = format!("claim-{number}");
        let ip = [("10.0.0.9".parse().unwrap(), 4000)];
        let mut claim = whole(&label, &label, SOURCE, 15);
        claim[2].data = Data::Txt(record::write(&Node::new("a", "claimed"), false, &ip).0);
        hear_from(table, &format!("10.0.0.{}", 20 + number), claim, now);
    };
    (0..20).for_each(|number| claim(&mut table, number));
    hear(&mut table, whole("a", "h", SOURCE, 60), now);
    (20..40).for_each(|number| claim(&mut table, number));
    // It is said again, as every node is.
    hear(&mut table, whole("a", "h", SOURCE, 60), now + seconds(5));
    assert_eq!(table.node("a").unwrap().service, "claimed");
    table.sweep(now + seconds(15));
    assert_eq!(table.node("a").unwrap().service, "greeter");
}
