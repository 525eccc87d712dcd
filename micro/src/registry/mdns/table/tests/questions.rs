//! What is asked for when, and what is forgotten.

use super::*;

use crate::registry::mdns::packet;

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

    let (start, mut table) = (Instant::now(), super::table());
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

#[tokio::test(start_paused = true)]
async fn what_expires_before_its_pointer_is_asked_for_by_its_name() {
    // As avahi and others publish: the pointer and the text for long, where it is for two minutes.
    let (start, mut table) = (Instant::now(), table());
    let mut published = whole("a", "h", SOURCE, 120);
    (published[0], published[2]) = (pointer("a", 4_500), text("a", "greeter", 4_500));
    hear(&mut table, published, start);
    let asked = |table: &mut Table, at| {
        table.sweep(start + seconds(at));
        table.questions(start + seconds(at))
    };
    let known = |table: &Table, at| table.known(1, start + seconds(at)).count();
    assert_eq!((asked(&mut table, 95), known(&table, 50)), ((false, vec![]), 1));
    let names = vec![(service().below(b"a").unwrap(), packet::SRV), (name(&["h", "local"]), packet::A)];
    assert_eq!(asked(&mut table, 96), (false, names.clone()));
    assert_eq!(known(&table, 96), 0, "who is told that we know it says nothing");
    assert_eq!(asked(&mut table, 97), (false, vec![]));
    assert_eq!(asked(&mut table, 108), (false, names));

    let answer = vec![server("a", "h", 120), address("h", SOURCE, 120)];
    assert!(hear(&mut table, answer, start + seconds(109)).is_empty());
    assert!(table.sweep(start + seconds(200)).is_empty());
    assert_eq!((table.node("a").is_some(), known(&table, 200)), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn not_all_is_asked_at_once_and_all_is_asked() {
    let (start, mut table) = (Instant::now(), table());
    for index in 0..100 {
        let id = format!("n{index}");
        let mut published = whole(&id, &id, SOURCE, 120);
        published[0] = pointer(&id, 4_500);
        hear(&mut table, published, start);
    }
    let (mut asked, now) = (0, start + seconds(100));
    loop {
        let (anew, names) = table.questions(now);
        assert!(!anew && names.len() <= ASKED_AT_ONCE + 2, "{}", names.len());
        asked += names.len();
        if names.is_empty() {
            break;
        }
    }
    assert_eq!(asked, 3 * 100, "server, text and address of each");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_much_too_late_is_put_off_once() {
    let (start, mut table) = (Instant::now(), table());
    let node = || whole("a", "h", SOURCE, 15);
    hear(&mut table, node(), start);
    assert!(table.sweep(start + seconds(1)).is_empty());
    // The process did not run for a minute. What was said meanwhile waits to be read.
    let late = start + seconds(60);
    table.put_off_if_late(late);
    assert!(table.sweep(late).is_empty());
    assert_eq!(table.due(), Some(late + SWEEP));
    hear(&mut table, node(), late);
    table.put_off_if_late(late + SWEEP);
    assert!(table.sweep(late + SWEEP).is_empty() && table.node("a").is_some());
    // Nothing was said, and the next look is late too.
    let later = late + seconds(60);
    table.put_off_if_late(later);
    assert!(table.sweep(later).is_empty());
    table.put_off_if_late(later + seconds(1));
    assert_eq!(table.sweep(later + seconds(1)).into_iter().collect::<Vec<_>>(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_in_time_is_not_put_off() {
    let (start, mut table) = (Instant::now(), table());
    hear(&mut table, whole("a", "h", SOURCE, 1), start);
    table.sweep(start + SWEEP);
    let due = table.due().unwrap();
    table.put_off_if_late(due + Duration::from_millis(50));
    assert_eq!(table.due(), Some(due));
}
