//! What others may say, and what comes of it.

use super::parts::LONGEST_LIFE;
use super::*;

use crate::registry::mdns::link::Interface;

const SOURCE: &str = "10.0.0.9";

fn network() -> Arc<Interface> {
    let addresses = vec![("10.0.0.1".parse().unwrap(), 24), ("fe80::1".parse().unwrap(), 64)];
    Arc::new(Interface { index: 1, name: "test".to_owned(), loopback: false, addresses })
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
    let interface = network();
    let heard = Heard { interface: &interface, source: source.parse().unwrap(), direct: false, now };
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
    assert_eq!((table.text, table.hosts.len(), table.claims.len(), table.due()), (0, 0, 0, None));
}

#[tokio::test(start_paused = true)]
async fn a_node_belongs_to_the_machine_that_had_it_first() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 15), now);
    let claim = |id: &str| {
        let mut claim = whole(id, "rival", "10.0.0.66", 3_600);
        claim[2] = text(id, "claimed", 3_600);
        claim
    };
    assert!(hear_from(&mut table, "10.0.0.66", claim("a"), now).is_empty());
    assert!(hear_from(&mut table, "10.0.0.66", vec![pointer("a", 0)], now).is_empty());
    assert_eq!((table.node("a").unwrap().service.as_str(), table.refused.conflicts), ("greeter", 2));
    // Under another name it is no better.
    let mut other = claim("b");
    let (text, _) = record::write(&Node::new("a", "claimed"), false, &[("10.0.0.66".parse().unwrap(), 4000)]);
    other[2].data = Data::Txt(text);
    hear_from(&mut table, "10.0.0.66", other, now);
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
async fn a_flood_fills_nothing_and_pushes_nobody_out() {
    let (start, mut table) = (Instant::now(), table());
    let good = || whole("good", "good", "10.0.0.7", 15);
    for _ in 0..2 {
        hear_from(&mut table, "10.0.0.7", good(), start);
    }
    // From the machine of the good one, and from as many as there can be.
    for index in 0..6_000_u32 {
        let now = start + Duration::from_millis(u64::from(index));
        let source =
            if index < 1_000 { "10.0.0.7".to_owned() } else { format!("10.0.0.{}", index % 250 + 1) };
        let id = format!("bogus-{index}");
        hear_from(&mut table, &source, whole(&id, &id, SOURCE, 1 << 31), now);
        if index % 500 == 0 {
            assert!(
                table.instances.values().filter(|known| known.is_of("10.0.0.7".parse().unwrap())).count()
                    <= 512
            );
            hear_from(&mut table, "10.0.0.7", good(), now);
            table.sweep(now);
        }
    }
    assert!(table.instances.len() <= MOST && table.hosts.len() <= MOST && table.text <= MOST_TEXT);
    assert!(table.node("good").is_some() && table.refused.crowded > 0);
    // The longest texts there can be take no more than is set aside for texts.
    for index in 0..2_000_u32 {
        let id = format!("long-{index}");
        let mut long = whole(&id, &id, SOURCE, 60);
        let mut strings = b"\x09txtvers=1\x09service=s".to_vec();
        while strings.len() < 3_700 {
            strings.push(255);
            strings.extend([b'x'; 255]);
        }
        long[2].data = Data::Txt(strings);
        hear_from(&mut table, &format!("10.0.0.{}", index % 250 + 1), long, start + seconds(7));
    }
    assert!(table.text <= MOST_TEXT, "{}", table.text);
}

#[tokio::test(start_paused = true)]
async fn one_host_has_so_many_addresses_and_instances() {
    let (now, mut table) = (Instant::now(), table());
    for index in 0..200 {
        hear(&mut table, whole(&format!("n{index}"), "h", SOURCE, 15), now);
    }
    let many = (0..200).map(|index| address("h", &format!("10.0.0.{index}"), 15)).collect();
    hear(&mut table, many, now);
    let host = table.hosts.values().next().unwrap();
    assert_eq!((table.hosts.len(), host.instances.len()), (1, MOST_OF_A_HOST));
    assert!(host.addresses.len() <= MOST_ADDRESSES);
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
    let addresses =
        |id: &str| table.node(id).unwrap().addresses.iter().map(Address::to_string).collect::<Vec<_>>();
    assert_eq!(
        (addresses("mixed"), addresses("listed")),
        (vec!["10.0.0.9:4000".into()], vec!["10.0.0.5:2".into()])
    );
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

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_asked_for_a_few_times_and_what_expires_is_asked_for_anew() {
    let (start, mut table) = (Instant::now(), table());
    hear(&mut table, vec![pointer("a", 4_500), server("b", "h", 4_500), text("b", "s", 4_500)], start);
    let (mut names, mut asked) = (0, 0);
    for tenth in 1..300 {
        let now = start + Duration::from_millis(tenth * 100);
        table.sweep(now);
        let (anew, missing) = table.questions(now);
        assert!(!anew);
        names += missing.len();
        asked += usize::from(!missing.is_empty());
    }
    // Text and host of one, both addresses of the other's host.
    assert_eq!((names, asked), (2 * 2 * ASKING.len(), ASKING.len()));

    let (start, mut table) = (Instant::now(), self::table());
    hear(&mut table, whole("c", "h", SOURCE, 100), start);
    let anew = |table: &mut Table, at| {
        table.sweep(start + seconds(at));
        table.questions(start + seconds(at)).0
    };
    assert!(!anew(&mut table, 79) && anew(&mut table, 80) && !anew(&mut table, 81));
    assert!(anew(&mut table, 90) && !anew(&mut table, 95));
    hear(&mut table, whole("c", "h", SOURCE, 100), start + seconds(95));
    assert!(!anew(&mut table, 101) && table.node("c").is_some());
    let left = table.known(1, start + seconds(100)).map(|record| record.ttl).collect::<Vec<_>>();
    assert_eq!(left, [95]);
    assert_eq!(table.known(1, start + seconds(150)).count() + table.known(2, start).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_us_alone_does_not_shorten_what_everybody_was_told() {
    let (now, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 100), now);
    let interface = network();
    let heard = Heard { interface: &interface, source: SOURCE.parse().unwrap(), direct: true, now };
    table.take(whole("a", "h", SOURCE, 10).into_iter(), &heard, |_| false);
    table.sweep(now + seconds(50));
    assert!(table.node("a").is_some());
}
