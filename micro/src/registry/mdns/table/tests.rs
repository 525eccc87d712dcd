//! What others may say, and what comes of it.

use super::instance::MOST_ADDRESSES;
use super::parts::LONGEST_LIFE;
use super::*;

use crate::address::Address;
use crate::registry::mdns::interface::Interface;
use crate::registry::mdns::record;

mod crowds;
mod networks;
mod owners;
mod questions;

const SOURCE: &str = "10.0.0.9";

fn network() -> Arc<Interface> {
    interface(1, "10.0.0.1")
}

fn interface(index: u32, own: &str) -> Arc<Interface> {
    let addresses = vec![(own.parse().unwrap(), 24), ("fe80::1".parse().unwrap(), 64)];
    Arc::new(Interface::new(index, "test".to_owned(), false, addresses))
}

fn name(labels: &[&str]) -> Name {
    let labels: Vec<&[u8]> = labels.iter().map(|label| label.as_bytes()).collect();
    Name::of(&labels).unwrap()
}

fn service() -> Name {
    name(&["_micro", "_tcp", "local"])
}

fn table() -> Table {
    Table::new(service())
}

fn pointer(id: &str, ttl: u32) -> Record {
    let data = Data::Ptr(service().below(id.as_bytes()).unwrap());
    Record { name: service(), ttl, flush: false, data }
}

fn server(id: &str, host: &str, ttl: u32) -> Record {
    let data = Data::Srv { port: 4000, host: name(&[host, "local"]) };
    Record { name: service().below(id.as_bytes()).unwrap(), ttl, flush: true, data }
}

fn text(id: &str, service_name: &str, ttl: u32) -> Record {
    let one = [("10.0.0.9".parse().unwrap(), 4000)];
    let (text, _) = record::write(&Node::new(id, service_name), true, &one);
    Record { name: service().below(id.as_bytes()).unwrap(), ttl, flush: true, data: Data::Txt(text) }
}

fn address(host: &str, ip: &str, ttl: u32) -> Record {
    let data = Data::Address(ip.parse().unwrap());
    Record { name: name(&[host, "local"]), ttl, flush: true, data }
}

fn whole(id: &str, host: &str, ip: &str, ttl: u32) -> Vec<Record> {
    vec![pointer(id, ttl), server(id, host, ttl), text(id, "greeter", ttl), address(host, ip, ttl)]
}

/// Hears records at a time, from a machine.
fn hear_from(table: &mut Table, source: &str, records: Vec<Record>, now: Instant) -> Vec<String> {
    hear_on(table, &network(), source, records, now)
}

fn hear_on(
    table: &mut Table,
    interface: &Arc<Interface>,
    source: &str,
    records: Vec<Record>,
    now: Instant,
) -> Vec<String> {
    let heard = Heard { interface, source: source.parse().unwrap(), direct: false, now };
    table.take(records.into_iter(), &heard, |_| false).into_iter().collect()
}

fn hear(table: &mut Table, records: Vec<Record>, now: Instant) -> Vec<String> {
    hear_from(table, SOURCE, records, now)
}

fn ids(table: &Table) -> Vec<String> {
    let mut ids: Vec<String> = table.nodes().map(|node| node.id.clone()).collect();
    ids.sort();
    ids
}

/// Returns the addresses of a node.
fn addresses(table: &Table, id: &str) -> Vec<String> {
    table.node(id).unwrap().addresses.iter().map(Address::to_string).collect()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_node_is_put_together_from_what_comes_in_any_order() {
    let now = Instant::now();
    let expected = Node::new("a", "greeter").address("10.0.0.9:4000".parse().unwrap());
    let mut together = table();
    assert_eq!(hear(&mut together, whole("a", "h", "10.0.0.9", 15), now), ["a"]);
    assert_eq!(**together.node("a").unwrap(), expected);

    let mut apart = table();
    assert!(hear(&mut apart, vec![text("a", "greeter", 15)], now).is_empty());
    assert!(hear(&mut apart, vec![server("a", "h", 15)], now).is_empty());
    assert_eq!(hear(&mut apart, vec![address("H", "10.0.0.9", 15)], now), ["a"]);
    assert_eq!(**apart.node("a").unwrap(), expected);
    // The same again is no change, another text is.
    assert!(hear(&mut apart, whole("a", "h", "10.0.0.9", 15), now).is_empty());
    assert_eq!(hear(&mut apart, vec![text("a", "other", 15)], now), ["a"]);
    assert_eq!(apart.node("a").unwrap().service, "other");
}

#[tokio::test(start_paused = true)]
async fn a_node_goes_with_a_goodbye_or_with_its_time() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", "10.0.0.9", 15), now);
    assert_eq!(hear(&mut table, vec![pointer("a", 0)], now), ["a"]);
    assert!(ids(&table).is_empty() && table.instances.is_empty() && table.hosts.is_empty());
    assert!(hear(&mut table, whole("a", "h", "10.0.0.9", 0), now).is_empty());
    assert!(table.instances.is_empty(), "what was never there is not kept for being taken back");

    hear(&mut table, whole("short", "h1", "10.0.0.9", 15), now);
    hear(&mut table, whole("endless", "h2", "10.0.0.9", 1 << 31), now);
    assert!(table.sweep(now + seconds(14)).is_empty());
    assert_eq!(table.sweep(now + seconds(15)).into_iter().collect::<Vec<_>>(), ["short"]);
    assert_eq!(table.sweep(now + LONGEST_LIFE).into_iter().collect::<Vec<_>>(), ["endless"]);
    assert_eq!((table.room.text, table.hosts.len(), table.claims.ids().count()), (0, 0, 0));
    assert_eq!(table.due(), None);
}

#[tokio::test(start_paused = true)]
async fn one_host_has_so_many_addresses_and_instances() {
    let (now, mut table) = (Instant::now(), table());
    for index in 0..200 {
        hear(&mut table, whole(&format!("n{index}"), "h", SOURCE, 15), now);
    }
    let many = (0..200).map(|index| address("h", &format!("10.0.0.{index}"), 15)).collect();
    hear(&mut table, many, now);
    let there = table.hosts.values().next().unwrap();
    assert_eq!((table.hosts.len(), there.len()), (1, MOST_OF_A_HOST));
    let addresses = table.instances.values().map(|instance| instance.addresses.len());
    assert_eq!(addresses.max(), Some(MOST_ADDRESSES));
    // Addresses of hosts that nobody lives on are not kept.
    hear(&mut table, vec![address("stranger", SOURCE, 15)], now);
    assert_eq!(table.hosts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn addresses_outside_the_network_are_ignored() {
    let (now, mut table) = (Instant::now(), table());
    for (index, ip) in ["8.8.8.8", "127.0.0.1", "fe80::9", "::1", "0.0.0.0", "224.0.0.251"].iter().enumerate()
    {
        hear(&mut table, whole(&format!("n{index}"), &format!("h{index}"), ip, 15), now);
    }
    assert_eq!((ids(&table).len(), table.refused.off_link), (0, 6));
    // Of several the good ones are kept, whether records or the text tell them.
    let mut mixed = whole("mixed", "mixed", "10.0.0.9", 15);
    mixed.push(address("mixed", "8.8.8.8", 15));
    hear(&mut table, mixed, now);
    let mut listed = whole("listed", "listed", "8.8.8.8", 15);
    let at = [("8.8.8.8".parse().unwrap(), 1), ("10.0.0.5".parse().unwrap(), 2)];
    listed[2].data = Data::Txt(record::write(&Node::new("listed", "s"), true, &at).0);
    hear(&mut table, listed, now);
    assert_eq!(addresses(&table, "mixed"), ["10.0.0.9:4000"]);
    assert_eq!(addresses(&table, "listed"), ["10.0.0.5:2"]);
    // A port that nobody can listen on is no better, in either place.
    let mut nowhere = whole("nowhere", "nowhere", "10.0.0.9", 15);
    let at = [("10.0.0.5".parse().unwrap(), 0), ("10.0.0.6".parse().unwrap(), 0)];
    nowhere[2].data = Data::Txt(record::write(&Node::new("nowhere", "s"), true, &at).0);
    hear(&mut table, nowhere, now);
    assert!(table.node("nowhere").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_record_of_ours_is_ignored() {
    let (now, mut table) = (Instant::now(), table());
    let mut long = whole("long", "h", SOURCE, 15);
    long[2].data = Data::Txt(vec![0; 8_000]);
    let mut foreign = whole("foreign", "h", SOURCE, 15);
    foreign[2].data = Data::Txt(b"\x05a=b=c".to_vec());
    let mut elsewhere = whole("elsewhere", "h", SOURCE, 15);
    for record in &mut elsewhere[..3] {
        record.name = name(&["x", "_http", "_tcp", "local"]);
    }
    for records in [long, foreign, elsewhere] {
        assert!(hear(&mut table, records, now).is_empty());
    }
    assert_eq!((ids(&table).len(), table.refused.unreadable, table.instances.len()), (0, 2, 2));
}
