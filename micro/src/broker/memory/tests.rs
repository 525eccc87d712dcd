//! What the conformance suite cannot see: paused time, memory, who is woken.

use super::*;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::{Ack, Handle, Overflow};

fn second() -> Duration {
    Duration::from_secs(1)
}

fn envelope(text: impl Into<Bytes>) -> Envelope {
    Envelope::new("t", text)
}

async fn publish(broker: &Memory, texts: impl IntoIterator<Item = String>) {
    let handle = Handle::from(broker.clone());
    for text in texts {
        handle.publish(envelope(text)).await.unwrap();
    }
}

fn numbers(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|number| number.to_string())
}

async fn subscribe(broker: &Memory, options: Subscribe) -> Subscription {
    Handle::from(broker.clone()).subscribe(&options).await.unwrap()
}

async fn next(subscription: &mut Subscription) -> (String, u32, bool) {
    let delivery = tokio::time::timeout(60 * second(), subscription.next()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(delivery.data()).into_owned();
    let seen = (text, delivery.attempt(), delivery.is_redelivered());
    delivery.ack().await.unwrap();
    seen
}

async fn nothing(subscription: &mut Subscription) -> bool {
    let waiting = tokio::time::timeout(Duration::from_millis(1), subscription.next());
    waiting.await.is_err()
}

fn fresh(text: &str) -> (String, u32, bool) {
    (text.to_owned(), 1, false)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_settled_in_time_comes_again_to_another_member() {
    let broker = Memory::new();
    let queue = || Subscribe::new("t").queue("q").ack_wait(10 * second());
    let mut first = subscribe(&broker, queue()).await;
    let mut second_member = subscribe(&broker, queue()).await;
    publish(&broker, numbers(0..1)).await;
    let held = first.next().await.unwrap();
    assert_eq!((held.attempt(), held.is_redelivered()), (1, false));

    let began = tokio::time::Instant::now();
    // Waits from before the delivery, so it has to be told when to look.
    assert_eq!(next(&mut second_member).await, ("0".to_owned(), 2, true));
    let waited = began.elapsed();
    assert!(waited >= 10 * second() && waited < 11 * second(), "{waited:?}");
    held.ack().await.unwrap();
    assert!(nothing(&mut first).await && nothing(&mut second_member).await);
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_as_long_as_it_was_asked_to_and_holds_up_nobody() {
    let broker = Memory::new();
    let mut subscription = subscribe(&broker, Subscribe::new("t")).await;
    publish(&broker, numbers(0..2)).await;
    let began = tokio::time::Instant::now();
    subscription.next().await.unwrap().retry(5 * second()).await.unwrap();
    assert_eq!(next(&mut subscription).await, fresh("1"));
    assert_eq!(next(&mut subscription).await, ("0".to_owned(), 2, true));
    assert!(began.elapsed() >= 5 * second());
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_not_delivered_new_or_again() {
    let broker = Memory::new();
    for ack in [Ack::Auto, Ack::Manual] {
        for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
            let mut subscription = subscribe(&broker, Subscribe::new("t").ack(ack).overflow(overflow)).await;
            let handle = Handle::from(broker.clone());
            handle.publish(envelope("short").expires_in(second())).await.unwrap();
            handle.publish(envelope("long").expires_in(100 * second())).await.unwrap();
            tokio::time::sleep(2 * second()).await;
            assert_eq!(next(&mut subscription).await.0, "long", "{ack:?} {overflow:?}");
        }
    }
    let mut subscription = subscribe(&broker, Subscribe::new("t")).await;
    Handle::from(broker.clone()).publish(envelope("again").expires_in(second())).await.unwrap();
    subscription.next().await.unwrap().retry(2 * second()).await.unwrap();
    tokio::time::sleep(3 * second()).await;
    assert!(nothing(&mut subscription).await);
}

#[tokio::test]
async fn the_oldest_or_the_newest_go_and_are_counted() {
    for ack in [Ack::Auto, Ack::Manual] {
        let broker = Memory::new();
        let options = Subscribe::new("t").capacity(3).ack(ack);
        let mut oldest = subscribe(&broker, options.clone()).await;
        let mut newest = subscribe(&broker, options.overflow(Overflow::DropNewest)).await;
        publish(&broker, numbers(0..10)).await;
        for (subscription, expected) in [(&mut oldest, ["7", "8", "9"]), (&mut newest, ["0", "1", "2"])] {
            for text in expected {
                assert_eq!(next(subscription).await, fresh(text), "{ack:?}");
            }
            assert!(nothing(subscription).await);
            assert_eq!(subscription.dropped(), 7, "{ack:?}");
        }
    }
}

#[tokio::test]
async fn a_publisher_waits_for_room_and_others_are_not_held_up_twice() {
    let broker = Memory::new();
    let options = Subscribe::new("t").capacity(2).overflow(Overflow::Block);
    let mut slow = subscribe(&broker, options).await;
    let mut other = subscribe(&broker, Subscribe::new("t")).await;
    publish(&broker, numbers(0..2)).await;
    let waiting = broker.clone();
    let publisher = tokio::spawn(async move { publish(&waiting, numbers(2..3)).await });
    tokio::task::yield_now().await;
    assert!(!publisher.is_finished());
    assert_eq!(next(&mut slow).await, fresh("0"));
    publisher.await.unwrap();
    for text in ["1", "2"] {
        assert_eq!(next(&mut slow).await, fresh(text));
    }
    for text in ["0", "1", "2"] {
        assert_eq!(next(&mut other).await, fresh(text));
    }
    assert!(nothing(&mut other).await);
}

#[tokio::test]
async fn a_publisher_goes_on_when_the_one_it_waits_for_leaves() {
    let broker = Memory::new();
    let slow = subscribe(&broker, Subscribe::new("t").capacity(1).overflow(Overflow::Block)).await;
    publish(&broker, numbers(0..1)).await;
    let waiting = broker.clone();
    let publisher = tokio::spawn(async move { publish(&waiting, numbers(1..2)).await });
    tokio::task::yield_now().await;
    drop(slow);
    tokio::time::timeout(60 * second(), publisher).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_subscriber_that_stands_still_keeps_little_and_harms_nobody() {
    let broker = Memory::new();
    let mut slow = subscribe(&broker, Subscribe::new("t").ack(Ack::Auto)).await;
    let mut fast = subscribe(&broker, Subscribe::new("t").ack(Ack::Auto)).await;
    publish(&broker, numbers(0..1)).await;
    assert_eq!(next(&mut slow).await, fresh("0"));
    assert_eq!(next(&mut fast).await, fresh("0"));
    let handle = Handle::from(broker.clone());
    let large = Bytes::from(vec![0; 1 << 20]);
    for _ in 0..200 {
        handle.publish(envelope(large.clone())).await.unwrap();
        assert_eq!(next(&mut fast).await.1, 1);
    }
    let topic = broker.topics.lock().get("t").unwrap().clone();
    let (bytes, segments) = topic.log.kept();
    assert!(bytes <= 34 << 20 && segments <= 34, "{bytes} bytes in {segments} segments");
    assert_eq!(next(&mut slow).await.1, 1);
    assert!(slow.dropped() >= 160, "{}", slow.dropped());
    assert_eq!(fast.dropped(), 0);
}

#[tokio::test]
async fn topics_and_queues_are_forgotten_with_their_last_subscription() {
    let broker = Memory::new();
    publish(&broker, numbers(0..1)).await;
    assert_eq!(broker.topics.lock().len(), 0, "nobody listens");
    let member = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    let other = Handle::from(broker.clone()).subscribe(&Subscribe::new("t").queue("q").capacity(1)).await;
    assert!(other.unwrap_err().message().contains("\"q\""));
    drop(member);
    assert_eq!(broker.topics.lock().len(), 0);
    assert!(
        Handle::from(broker.clone()).subscribe(&Subscribe::new("t").queue("q").capacity(1)).await.is_ok()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_publishers_and_members_lose_nothing_and_do_nothing_twice() {
    const PUBLISHERS: usize = 10;
    const EACH: usize = 500;
    let broker = Memory::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::new(tokio::sync::Semaphore::new(0));
    let mut members = Vec::new();
    for _ in 0..4 {
        let options = Subscribe::new("t").queue("q").capacity(PUBLISHERS * EACH);
        let mut member = subscribe(&broker, options).await;
        let (seen, all) = (seen.clone(), all.clone());
        members.push(tokio::spawn(async move {
            loop {
                let delivery = member.next().await.unwrap();
                seen.lock().unwrap().push(String::from_utf8(delivery.data().to_vec()).unwrap());
                delivery.ack().await.unwrap();
                all.add_permits(1);
            }
        }));
    }
    let options = Subscribe::new("t").ack(Ack::Auto).capacity(PUBLISHERS * EACH);
    let mut cursor = subscribe(&broker, options).await;
    let publishing = (0..PUBLISHERS).map(|publisher| {
        let broker = broker.clone();
        tokio::spawn(async move {
            publish(&broker, numbers(0..EACH).map(|number| format!("{publisher} {number}"))).await;
        })
    });
    for publisher in publishing.collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    let mut read = Vec::new();
    for _ in 0..PUBLISHERS * EACH {
        read.push(next(&mut cursor).await.0);
    }
    let permits = u32::try_from(PUBLISHERS * EACH).unwrap();
    let _all = tokio::time::timeout(60 * second(), all.acquire_many(permits)).await.unwrap().unwrap();
    members.iter().for_each(tokio::task::JoinHandle::abort);
    let seen = seen.lock().unwrap().clone();
    assert_eq!((seen.len(), read.len()), (PUBLISHERS * EACH, PUBLISHERS * EACH));
    let (handled, passed): (BTreeSet<_>, BTreeSet<_>) = (seen.iter().collect(), read.iter().collect());
    assert_eq!(handled, passed);
    assert_eq!(handled.len(), PUBLISHERS * EACH);
    for publisher in 0..PUBLISHERS {
        let own = read.iter().filter_map(|text| text.strip_prefix(&format!("{publisher} ")));
        assert!(own.eq(numbers(0..EACH).collect::<Vec<_>>().iter().map(String::as_str)), "out of order");
    }
}

#[tokio::test]
async fn an_event_does_not_wait_for_a_member_that_waits_no_more() {
    let broker = Memory::new();
    let mut gone = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    let mut there = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    for number in 0..10 {
        assert!(nothing(&mut gone).await);
        let heard = tokio::spawn(async move {
            let heard = next(&mut there).await;
            (there, heard)
        });
        tokio::task::yield_now().await;
        publish(&broker, numbers(number..number + 1)).await;
        let (back, heard) = heard.await.unwrap();
        there = back;
        assert_eq!(heard, fresh(&number.to_string()));
    }
}

#[tokio::test]
async fn who_is_woken_and_gives_up_wakes_another() {
    let broker = Memory::new();
    let mut first = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    let mut second_member = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    let mut woken = Box::pin(first.next());
    let mut waits = Box::pin(second_member.next());
    let poll = async |future: std::pin::Pin<&mut dyn Future<Output = Result<crate::broker::Delivery>>>| {
        let mut future = future;
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_pending()))
            .await
    };
    assert!(poll(woken.as_mut()).await && poll(waits.as_mut()).await);
    publish(&broker, numbers(0..1)).await;
    drop(woken);
    let delivery = tokio::time::timeout(60 * second(), waits).await.unwrap().unwrap();
    assert_eq!(&delivery.data()[..], b"0");
}

#[tokio::test]
async fn what_everybody_has_read_is_let_go_of() {
    let broker = Memory::new();
    let mut reader = subscribe(&broker, Subscribe::new("t").ack(Ack::Auto)).await;
    let mut queue = subscribe(&broker, Subscribe::new("t").queue("q")).await;
    let large = Bytes::from(vec![0; 1 << 19]);
    let handle = Handle::from(broker.clone());
    for _ in 0..100 {
        handle.publish(envelope(large.clone())).await.unwrap();
        assert_eq!(reader.read().await.unwrap().data.len(), large.len());
        assert_eq!(next(&mut queue).await.1, 1);
    }
    let (bytes, segments) = broker.topics.lock().get("t").unwrap().log.kept();
    assert!(bytes <= 3 << 20 && segments <= 3, "{bytes} bytes in {segments} segments");
}

#[tokio::test(start_paused = true)]
async fn what_a_queue_has_in_hand_is_bounded_in_bytes() {
    let large = Bytes::from(vec![0; 1 << 20]);
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let broker = Memory::new();
        let mut queue = subscribe(&broker, Subscribe::new("t").queue("q").overflow(overflow)).await;
        let handle = Handle::from(broker.clone());
        let (mut held, mut again) = (Vec::new(), 0);
        for number in 0..200 {
            handle.publish(envelope(large.clone())).await.unwrap();
            match tokio::time::timeout(Duration::from_millis(1), queue.next()).await {
                Ok(delivery) if number % 2 == 0 => held.push(delivery.unwrap()),
                Ok(delivery) => {
                    delivery.unwrap().retry(3_600 * second()).await.unwrap();
                    again += 1;
                }
                Err(_) => {}
            }
        }
        assert!((20..=33).contains(&(held.len() + again)), "{overflow:?}: {} and {again}", held.len());
        assert!(queue.dropped() >= 130, "{overflow:?}: {}", queue.dropped());
        held.clear();
        assert_eq!(next(&mut queue).await.1, 2, "what was held comes again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_gives_up_leaves_the_clock_to_another() {
    let broker = Memory::new();
    let queue = || Subscribe::new("t").queue("q").ack_wait(10 * second());
    let mut works = subscribe(&broker, queue()).await;
    let mut gives_up = subscribe(&broker, queue()).await;
    let mut waits = subscribe(&broker, queue()).await;
    publish(&broker, numbers(0..1)).await;
    let held = works.next().await.unwrap();
    assert!(nothing(&mut works).await);
    let waiting = tokio::spawn(async move { next(&mut waits).await });
    tokio::task::yield_now().await;
    // Whoever waits has to be told of the time; this one was, and is gone.
    for _ in 0..3 {
        assert!(nothing(&mut gives_up).await && nothing(&mut works).await);
    }
    let began = tokio::time::Instant::now();
    assert_eq!(waiting.await.unwrap(), ("0".to_owned(), 2, true));
    assert!(began.elapsed() <= 11 * second(), "{:?}", began.elapsed());
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_retry_at_the_end_of_time_never_comes() {
    let broker = Memory::new();
    let mut subscription = subscribe(&broker, Subscribe::new("t")).await;
    publish(&broker, numbers(0..1)).await;
    subscription.next().await.unwrap().retry(Duration::MAX).await.unwrap();
    assert!(nothing(&mut subscription).await);
}

#[tokio::test(start_paused = true)]
async fn what_pauses_before_it_comes_again_keeps_nobody_waiting() {
    let broker = Memory::new();
    let mut subscription = subscribe(&broker, Subscribe::new("t").queue("q").capacity(2)).await;
    for number in 0..10 {
        publish(&broker, numbers(number..number + 1)).await;
        let delivery = tokio::time::timeout(second(), subscription.next()).await.unwrap().unwrap();
        assert_eq!(delivery.attempt(), 1);
        delivery.retry(3_600 * second()).await.unwrap();
    }
}
