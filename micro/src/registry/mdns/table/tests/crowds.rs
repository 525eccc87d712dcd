//! However much is said, so much is kept, and what is good stays.

use super::super::room::{MOST, MOST_OF_A_SOURCE, MOST_TEXT, MOST_TEXT_OF_A_SOURCE};
use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A node with as many short topics as there may be, about.
fn wordy(id: &str) -> Vec<Record> {
    let mut records = whole(id, id, SOURCE, 60);
    let node = (0..500)
        .fold(Node::new(id, "s"), |node, _| node.subscription(crate::registry::Subscription::new("a", "")));
    let (text, missing) = record::write(&node, true, &[(ip(SOURCE), 4000)]);
    assert!(!missing && text.len() < 1_200);
    records[2].data = Data::Txt(text);
    records
}

#[tokio::test(start_paused = true)]
async fn a_flood_fills_nothing_and_pushes_nobody_out() {
    let (start, mut table) = (Instant::now(), table());
    let good = || whole("good", "good", "10.0.0.7", 15);
    for second in 0..2 {
        hear_from(&mut table, "10.0.0.7", good(), start + seconds(second));
    }
    let start = start + seconds(1);
    // From the machine of the good one, and from as many as there can be.
    for index in 0..17_000_u32 {
        let now = start + Duration::from_millis(u64::from(index));
        let source =
            if index < 1_000 { "10.0.0.7".to_owned() } else { format!("10.0.0.{}", index % 250 + 1) };
        let id = format!("bogus-{index}");
        let changed = hear_from(&mut table, &source, whole(&id, &id, SOURCE, 1 << 31), now);
        assert!(!changed.contains(&"good".to_owned()), "{index}");
        if index % 500 == 0 {
            assert!(table.room.share(ip("10.0.0.7")).instances <= MOST_OF_A_SOURCE);
            hear_from(&mut table, "10.0.0.7", good(), now);
            table.sweep(now);
        }
    }
    assert_eq!(table.instances.len(), MOST);
    assert!(table.hosts.len() <= MOST && table.room.text <= MOST_TEXT);
    assert!(table.node("good").is_some() && table.refused.crowded > 0);
}

#[tokio::test(start_paused = true)]
async fn long_texts_take_no_more_than_is_set_aside_for_texts() {
    let (start, mut table) = (Instant::now(), table());
    for second in 0..2 {
        hear_from(&mut table, "10.0.0.7", whole("good", "good", "10.0.0.7", 60), start + seconds(second));
    }
    let now = start + seconds(2);
    for index in 0..200 {
        let changed = hear_from(&mut table, "10.0.0.66", wordy(&format!("one-{index}")), now);
        assert!(!changed.contains(&"good".to_owned()));
    }
    let share = table.room.share(ip("10.0.0.66"));
    assert!(share.text <= MOST_TEXT_OF_A_SOURCE, "{share:?}");
    assert!(share.instances < 200 && table.refused.crowded > 0, "{share:?}");
    for index in 0..900 {
        let source = format!("10.0.0.{}", 100 + index % 10);
        let changed = hear_from(&mut table, &source, wordy(&format!("all-{index}")), now);
        assert!(!changed.contains(&"good".to_owned()));
        assert!(table.room.text <= MOST_TEXT, "{}", table.room.text);
    }
    // What counts is what is there.
    let costs: usize = table.instances.values().map(Instance::cost).sum();
    assert_eq!(table.room.text, costs);
    assert!(costs > MOST_TEXT / 2 && table.node("good").is_some());
}

#[tokio::test(start_paused = true)]
async fn who_is_new_does_not_push_out_who_is_said_again_and_again() {
    let (start, mut table) = (Instant::now(), table());
    let many = MOST_OF_A_SOURCE;
    for second in 0..2 {
        for index in 0..many {
            let id = format!("n{index}");
            hear(&mut table, whole(&id, &id, SOURCE, 60), start + seconds(second));
        }
    }
    assert!(hear(&mut table, whole("new", "new", SOURCE, 60), start + seconds(2)).is_empty());
    assert_eq!((ids(&table).len(), table.node("new"), table.refused.crowded), (many, None, 1));
    // Others have room of their own; and the machine itself has more.
    assert_eq!(hear_from(&mut table, "10.0.0.8", whole("new", "new", "10.0.0.8", 60), start).len(), 1);
    for index in 0..many + 100 {
        let id = format!("own-{index}");
        hear_from(&mut table, "10.0.0.1", whole(&id, &id, "10.0.0.1", 60), start);
    }
    assert_eq!(ids(&table).len(), many + 1 + many + 100);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_one_moment_is_said_once() {
    let (start, mut table) = (Instant::now(), table());
    for _ in 0..50 {
        hear(&mut table, whole("loud", "loud", SOURCE, 60), start);
    }
    hear(&mut table, whole("steady", "steady", SOURCE, 60), start);
    hear(&mut table, whole("steady", "steady", SOURCE, 60), start + seconds(1));
    let heard = |id: &str| table.instances[&(1, service().below(id.as_bytes()).unwrap())].heard;
    assert_eq!((heard("loud"), heard("steady")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_costs_nothing_to_hear_again() {
    let (now, mut table) = (Instant::now(), table());
    let node = |index| wordy(&format!("n{index}"));
    (0..100).for_each(|index| _ = hear(&mut table, node(index), now));
    assert!(table.worked() >= 100 * 500 / ITEMS_OF_A_RECORD, "what is new does");
    let pointers = (0..100).map(|index| pointer(&format!("n{index}"), 60)).collect();
    assert!(hear(&mut table, pointers, now).is_empty());
    (0..100).for_each(|index| assert!(hear(&mut table, node(index), now).is_empty()));
    assert_eq!(table.worked(), 0);
    // One word that changes many nodes costs as much as they do.
    let (now, mut table) = (Instant::now(), super::table());
    for index in 0..MOST_OF_A_HOST {
        let mut records = wordy(&format!("n{index}"));
        records[1] = server(&format!("n{index}"), "h", 60);
        records[3] = address("h", SOURCE, 60);
        hear(&mut table, records, now);
    }
    table.worked();
    assert_eq!(hear(&mut table, vec![address("h", "10.0.0.10", 60)], now).len(), MOST_OF_A_HOST);
    assert!(table.worked() >= MOST_OF_A_HOST * 500 / ITEMS_OF_A_RECORD);
}
