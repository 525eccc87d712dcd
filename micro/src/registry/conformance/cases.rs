//! The cases. Each begins with an empty registry.

use std::time::Duration;

use crate::error::{Code, Error, Result};
use crate::registry::{Endpoint, Handle, Node, Query, Register, State, Subscription};

use super::Fixture;
use super::view::{View, check, found};

fn node(id: &str) -> Node {
    Node::new(id, "greeter").version("1").contract("greeter.v1.Say")
}

async fn put(registry: &Handle, node: &Node) -> Result<()> {
    registry.register(node, &Register::default()).await
}

/// Runs many at once and waits for all.
async fn together(
    tasks: impl Iterator<Item = impl Future<Output = Result<()>> + Send + 'static>,
) -> Result<()> {
    let tasks: Vec<_> = tasks.map(tokio::spawn).collect();
    for task in tasks {
        task.await.map_err(Error::from_source)??;
    }
    Ok(())
}

// --- registering and looking up

pub(super) async fn a_new_registry_is_empty(fixture: Fixture) -> Result<()> {
    let nodes = fixture.reader.lookup(&Query::all()).await?;
    check!(nodes.is_empty(), "found {nodes:?}");
    let services = fixture.reader.list().await?;
    check!(services.is_empty(), "listed {services:?}");
    Ok(())
}

pub(super) async fn a_registered_node_is_found(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    // The handle that registered sees it at once, others soon.
    let nodes = fixture.writer.lookup(&Query::all()).await?;
    check!(nodes == [node("a")], "found {nodes:?}");
    found(&fixture.reader, &Query::all(), &["a"]).await?;
    Ok(())
}

pub(super) async fn what_calling_a_node_needs_comes_back(fixture: Fixture) -> Result<()> {
    let full = node("a")
        .version("1.2.3-rc.1+5")
        .zone("eu-1a")
        .state(State::Draining)
        .wire("grpc")
        .wire("json")
        .contract("greeter.v2.Say")
        .codec("proto")
        .codec("json")
        .subscription(Subscription::new("greeter.said", "ledger"))
        .subscription(Subscription::new("greeter.left", ""))
        .metadata("team", "blue");
    put(&fixture.writer, &full).await?;
    let nodes = found(&fixture.reader, &Query::all(), &["a"]).await?;
    check!(nodes == [full], "found {nodes:?}");
    Ok(())
}

pub(super) async fn every_field_comes_back(fixture: Fixture) -> Result<()> {
    let full = node("a")
        .version("1.2.3-rc.1+5")
        .address("127.0.0.1:4000".parse()?)
        .address("[::1]:4000".parse()?)
        .address("greeter.internal:80".parse()?)
        .zone("eu-1a")
        .state(State::Draining)
        .wire("grpc")
        .wire("json")
        .contract("greeter.v2.Say")
        .endpoint(Endpoint::new(
            "greeter.v1.Say",
            "Hello",
            "greeter.v1.HelloRequest",
            "greeter.v1.HelloReply",
        ))
        .codec("proto")
        .codec("json")
        .metadata("team", "blue");
    put(&fixture.writer, &full).await?;
    let nodes = found(&fixture.reader, &Query::all(), &["a"]).await?;
    check!(nodes == [full], "found {nodes:?}");
    Ok(())
}

pub(super) async fn odd_text_comes_back(fixture: Fixture) -> Result<()> {
    let service = "größe/1.x%20*>\"'\\";
    let odd = Node::new("A-1_b.c", service)
        .zone("a\nb\tc")
        .metadata("k=ü/ \"", "line\nline\u{1F600}\\")
        .metadata("", "");
    put(&fixture.writer, &odd).await?;
    let nodes = found(&fixture.reader, &Query::service(service), &["A-1_b.c"]).await?;
    check!(nodes == [odd], "found {nodes:?}");
    Ok(())
}

pub(super) async fn a_big_node_comes_back(fixture: Fixture) -> Result<()> {
    let mut big = node("a");
    for index in 0..200 {
        let name = format!("Method{index}");
        big = big.endpoint(Endpoint::new(
            "greeter.v1.Say",
            &name,
            format!("{name}Request"),
            format!("{name}Reply"),
        ));
    }
    put(&fixture.writer, &big).await?;
    let nodes = found(&fixture.reader, &Query::all(), &["a"]).await?;
    check!(nodes == [big], "found another node with {} endpoints", nodes[0].endpoints.len());
    Ok(())
}

pub(super) async fn a_service_is_found_by_its_name_only(fixture: Fixture) -> Result<()> {
    for (id, service) in
        [("a", "greeter"), ("b", "greeter2"), ("c", "Greeter"), ("d", "greet"), ("e", "greeter")]
    {
        put(&fixture.writer, &Node::new(id, service)).await?;
    }
    found(&fixture.reader, &Query::service("greeter"), &["a", "e"]).await?;
    found(&fixture.reader, &Query::service("greet"), &["d"]).await?;
    Ok(())
}

pub(super) async fn a_contract_is_found_whatever_the_service(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "one").contract("x.v1.A").contract("x.v1.B")).await?;
    put(&fixture.writer, &Node::new("b", "two").contract("x.v1.B")).await?;
    put(&fixture.writer, &Node::new("c", "x.v1.B")).await?;
    found(&fixture.reader, &Query::contract("x.v1.B"), &["a", "b"]).await?;
    found(&fixture.reader, &Query::contract("x.v1.A"), &["a"]).await?;
    Ok(())
}

pub(super) async fn a_contract_of_one_service_is_found(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "one").contract("x.v1.A")).await?;
    put(&fixture.writer, &Node::new("b", "two").contract("x.v1.A")).await?;
    put(&fixture.writer, &Node::new("c", "two")).await?;
    found(&fixture.reader, &Query::contract("x.v1.A").of_service("two"), &["b"]).await?;
    Ok(())
}

pub(super) async fn a_topic_is_found_whatever_the_service(fixture: Fixture) -> Result<()> {
    let takes = |id: &str, service: &str, topic: &str, queue: &str| {
        Node::new(id, service).contract("x.v1.A").subscription(Subscription::new(topic, queue))
    };
    put(&fixture.writer, &takes("a", "one", "x.said", "")).await?;
    put(&fixture.writer, &takes("b", "two", "x.said", "queue")).await?;
    put(&fixture.writer, &takes("c", "two", "x", "x.said")).await?;
    put(&fixture.writer, &Node::new("d", "x.said")).await?;
    found(&fixture.reader, &Query::topic("x.said"), &["a", "b"]).await?;
    found(&fixture.reader, &Query::topic("x.said").of_service("two"), &["b"]).await?;
    found(&fixture.reader, &Query::topic("x.v1.A"), &[]).await?;
    Ok(())
}

pub(super) async fn what_nobody_serves_is_an_empty_answer(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    found(&fixture.reader, &Query::service("nobody"), &[]).await?;
    found(&fixture.reader, &Query::contract("no.v1.Body"), &[]).await?;
    Ok(())
}

pub(super) async fn answers_are_sorted_by_id(fixture: Fixture) -> Result<()> {
    for id in ["m", "z", "a", "10", "9"] {
        put(&fixture.writer, &node(id)).await?;
    }
    found(&fixture.reader, &Query::all(), &["10", "9", "a", "m", "z"]).await?;
    Ok(())
}

// --- changing and taking back

pub(super) async fn registering_again_changes_the_node(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a").version("1")).await?;
    put(&fixture.writer, &node("a").version("2").metadata("new", "yes")).await?;
    let nodes = fixture.writer.lookup(&Query::all()).await?;
    check!(nodes == [node("a").version("2").metadata("new", "yes")], "found {nodes:?}");
    Ok(())
}

pub(super) async fn a_draining_node_is_seen_draining(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    put(&fixture.writer, &node("a").state(State::Draining)).await?;
    let nodes = fixture.writer.lookup(&Query::service("greeter")).await?;
    check!(nodes.len() == 1 && nodes[0].is_draining(), "found {nodes:?}");
    Ok(())
}

pub(super) async fn a_node_that_changes_contracts_is_found_by_the_new_one(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "s").contract("x.v1.A")).await?;
    put(&fixture.writer, &Node::new("a", "s").contract("x.v2.A")).await?;
    found(&fixture.reader, &Query::contract("x.v2.A"), &["a"]).await?;
    found(&fixture.reader, &Query::contract("x.v1.A"), &[]).await?;
    Ok(())
}

pub(super) async fn a_node_that_changes_topics_is_found_by_the_new_one(fixture: Fixture) -> Result<()> {
    let takes = |topic: &str| Node::new("a", "s").subscription(Subscription::new(topic, ""));
    put(&fixture.writer, &takes("x.said")).await?;
    found(&fixture.reader, &Query::topic("x.said"), &["a"]).await?;
    put(&fixture.writer, &takes("x.left")).await?;
    found(&fixture.reader, &Query::topic("x.left"), &["a"]).await?;
    found(&fixture.reader, &Query::topic("x.said"), &[]).await?;
    Ok(())
}

pub(super) async fn a_deregistered_node_is_not_found(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    put(&fixture.writer, &node("b")).await?;
    fixture.writer.deregister("a").await?;
    let nodes = fixture.writer.lookup(&Query::all()).await?;
    check!(nodes == [node("b")], "found {nodes:?}");
    found(&fixture.reader, &Query::contract("greeter.v1.Say"), &["b"]).await?;
    Ok(())
}

pub(super) async fn deregistering_what_is_not_there_is_no_error(fixture: Fixture) -> Result<()> {
    fixture.writer.deregister("never").await?;
    put(&fixture.writer, &node("a")).await?;
    fixture.writer.deregister("a").await?;
    fixture.writer.deregister("a").await
}

pub(super) async fn a_deregistered_node_may_come_back(fixture: Fixture) -> Result<()> {
    for version in ["1", "2"] {
        put(&fixture.writer, &node("a").version(version)).await?;
        let nodes = found(&fixture.reader, &Query::all(), &["a"]).await?;
        check!(nodes[0].version == version, "found {nodes:?}");
        fixture.writer.deregister("a").await?;
        found(&fixture.reader, &Query::all(), &[]).await?;
    }
    Ok(())
}

pub(super) async fn bad_nodes_are_refused(fixture: Fixture) -> Result<()> {
    let options = Register::default();
    for bad in [
        Node::new("", "s"),
        Node::new("../../etc", "s"),
        Node::new("a", ""),
        Node::new("a", "s").contract(""),
    ] {
        let code = fixture.writer.register(&bad, &options).await.map_err(|error| error.code());
        check!(code == Err(Code::InvalidArgument), "{bad:?} was answered with {code:?}");
    }
    let code =
        fixture.writer.register(&node("a"), &options.ttl(Duration::ZERO)).await.map_err(|error| error.code());
    check!(code == Err(Code::InvalidArgument), "a TTL of zero was answered with {code:?}");
    let code = fixture.writer.deregister("a/b").await.map_err(|error| error.code());
    check!(code == Err(Code::InvalidArgument), "the id a/b was answered with {code:?}");
    found(&fixture.reader, &Query::all(), &[]).await?;
    Ok(())
}

// --- listing

pub(super) async fn a_list_sums_services_up(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "two").version("1").contract("x.v1.A")).await?;
    put(&fixture.writer, &Node::new("b", "one")).await?;
    put(&fixture.writer, &Node::new("c", "two").version("2").contract("x.v1.B").contract("x.v1.A")).await?;
    found(&fixture.reader, &Query::all(), &["a", "b", "c"]).await?;
    let rows = fixture.reader.list().await?;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.service.as_str(), row.nodes, row.versions.join(","), row.contracts.join(",")))
        .collect();
    let expected =
        [("one", 1, String::new(), String::new()), ("two", 2, "1,2".to_owned(), "x.v1.A,x.v1.B".to_owned())];
    check!(rows == expected, "listed {rows:?}");
    Ok(())
}

pub(super) async fn a_service_without_nodes_is_not_listed(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    fixture.writer.deregister("a").await?;
    let rows = fixture.writer.list().await?;
    check!(rows.is_empty(), "listed {rows:?}");
    Ok(())
}

// --- at once

pub(super) async fn many_nodes_at_once_are_all_there(fixture: Fixture) -> Result<()> {
    let ids: Vec<String> = (0..100).map(|index| format!("{index:03}")).collect();
    let mut view = View::begin(&fixture.reader, Query::service("greeter")).await?;
    let (writer, all) = (&fixture.writer, ids.clone());
    together(all.into_iter().map(|id| {
        let writer = writer.clone();
        async move { put(&writer, &node(&id)).await }
    }))
    .await?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    found(&fixture.reader, &Query::all(), &ids).await?;
    view.until_ids(&ids).await
}

pub(super) async fn many_changes_of_one_node_leave_one(fixture: Fixture) -> Result<()> {
    let writer = &fixture.writer;
    together((0..50).map(|version| {
        let writer = writer.clone();
        async move { put(&writer, &node("a").version(version.to_string())).await }
    }))
    .await?;
    let nodes = found(&fixture.writer, &Query::all(), &["a"]).await?;
    let mut view = View::begin(&fixture.reader, Query::all()).await?;
    view.until("the last version", |view| view.get("a") == Some(&nodes[0])).await
}

// --- watching

pub(super) async fn a_watch_begins_with_what_is_there(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    put(&fixture.writer, &node("b")).await?;
    let view = View::begin(&fixture.writer, Query::service("greeter")).await?;
    check!(view.ids() == ["a", "b"], "began with {:?}", view.ids());
    View::begin(&fixture.reader, Query::service("greeter")).await?.until_ids(&["a", "b"]).await
}

pub(super) async fn a_watch_of_nothing_begins_empty(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    let view = View::begin(&fixture.reader, Query::service("nobody")).await?;
    check!(view.ids().is_empty(), "began with {:?}", view.ids());
    Ok(())
}

pub(super) async fn a_watch_sees_a_node_come(fixture: Fixture) -> Result<()> {
    let mut view = View::begin(&fixture.reader, Query::contract("greeter.v1.Say")).await?;
    put(&fixture.writer, &node("a")).await?;
    view.until_ids(&["a"]).await?;
    check!(view.get("a") == Some(&node("a")), "saw {:?}", view.get("a"));
    put(&fixture.writer, &node("b")).await?;
    view.until_ids(&["a", "b"]).await
}

pub(super) async fn a_watch_sees_a_node_change(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    let mut view = View::begin(&fixture.reader, Query::all()).await?;
    view.until_ids(&["a"]).await?;
    put(&fixture.writer, &node("a").state(State::Draining)).await?;
    view.until("a draining node", |view| view.get("a").is_some_and(Node::is_draining)).await
}

pub(super) async fn a_watch_sees_a_node_go(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    put(&fixture.writer, &node("b")).await?;
    let mut view = View::begin(&fixture.reader, Query::service("greeter")).await?;
    view.until_ids(&["a", "b"]).await?;
    fixture.writer.deregister("a").await?;
    view.until_ids(&["b"]).await
}

pub(super) async fn a_refresh_is_no_change(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    let mut view = View::begin(&fixture.reader, Query::all()).await?;
    view.until_ids(&["a"]).await?;
    let events = view.events;
    for _ in 0..10 {
        put(&fixture.writer, &node("a")).await?;
    }
    // What comes after shows that nothing came between.
    put(&fixture.writer, &node("b")).await?;
    view.until_ids(&["a", "b"]).await?;
    check!(view.events == events + 1, "{} events instead of one", view.events - events);
    Ok(())
}

pub(super) async fn a_watch_sees_only_what_it_asked_for(fixture: Fixture) -> Result<()> {
    let mut view = View::begin(&fixture.reader, Query::contract("x.v1.A")).await?;
    put(&fixture.writer, &Node::new("a", "x.v1.A")).await?;
    put(&fixture.writer, &Node::new("b", "s").contract("x.v1.B")).await?;
    put(&fixture.writer, &Node::new("c", "s").contract("x.v1.A")).await?;
    view.until("c", |view| view.get("c").is_some()).await?;
    check!(view.ids() == ["c"], "saw {:?}", view.ids());
    Ok(())
}

pub(super) async fn a_node_that_stops_to_match_is_gone(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "s").contract("x.v1.A")).await?;
    let mut view = View::begin(&fixture.reader, Query::contract("x.v1.A")).await?;
    view.until_ids(&["a"]).await?;
    put(&fixture.writer, &Node::new("a", "s").contract("x.v1.B")).await?;
    view.until_ids(&[]).await
}

pub(super) async fn a_node_that_begins_to_match_is_there(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &Node::new("a", "s")).await?;
    let mut view = View::begin(&fixture.reader, Query::contract("x.v1.A")).await?;
    check!(view.ids().is_empty(), "began with {:?}", view.ids());
    put(&fixture.writer, &Node::new("a", "s").contract("x.v1.A")).await?;
    view.until_ids(&["a"]).await
}

pub(super) async fn a_watch_of_a_topic_sees_who_takes_its_events(fixture: Fixture) -> Result<()> {
    let mut view = View::begin(&fixture.reader, Query::topic("x.said")).await?;
    let subscribed = Node::new("a", "s").subscription(Subscription::new("x.said", "queue"));
    put(&fixture.writer, &node("b")).await?;
    put(&fixture.writer, &subscribed).await?;
    view.until_ids(&["a"]).await?;
    check!(view.get("a") == Some(&subscribed), "saw {:?}", view.get("a"));
    put(&fixture.writer, &Node::new("a", "s")).await?;
    view.until_ids(&[]).await
}

pub(super) async fn two_watches_see_the_same(fixture: Fixture) -> Result<()> {
    let mut one = View::begin(&fixture.reader, Query::all()).await?;
    let mut two = View::begin(&fixture.writer, Query::service("greeter")).await?;
    put(&fixture.writer, &node("a")).await?;
    one.until_ids(&["a"]).await?;
    two.until_ids(&["a"]).await?;
    fixture.writer.deregister("a").await?;
    two.until_ids(&[]).await?;
    one.until_ids(&[]).await
}

pub(super) async fn a_dropped_watch_disturbs_nobody(fixture: Fixture) -> Result<()> {
    let mut kept = View::begin(&fixture.reader, Query::all()).await?;
    let dropped = View::begin(&fixture.reader, Query::all()).await?;
    put(&fixture.writer, &node("a")).await?;
    drop(dropped);
    put(&fixture.writer, &node("b")).await?;
    kept.until_ids(&["a", "b"]).await
}

pub(super) async fn a_slow_watch_arrives_at_the_truth(fixture: Fixture) -> Result<()> {
    let mut view = View::unread(&fixture.reader, Query::all()).await?;
    for version in 0..300 {
        put(&fixture.writer, &node("a").version(version.to_string())).await?;
    }
    put(&fixture.writer, &node("b")).await?;
    view.until("the last version", |view| {
        view.ids() == ["a", "b"] && view.get("a").is_some_and(|node| node.version == "299")
    })
    .await
}

pub(super) async fn a_watch_arrives_at_the_truth_after_churn(fixture: Fixture) -> Result<()> {
    let mut view = View::begin(&fixture.reader, Query::service("greeter")).await?;
    for round in 0..20 {
        for id in ["a", "b", "c", "d"] {
            match (round + id.as_bytes()[0] as usize) % 3 {
                0 => fixture.writer.deregister(id).await?,
                _ => put(&fixture.writer, &node(id).version(round.to_string())).await?,
            }
        }
    }
    let truth = fixture.writer.lookup(&Query::service("greeter")).await?;
    view.until("what a lookup finds", |view| {
        view.ids().len() == truth.len() && truth.iter().all(|node| view.get(&node.id) == Some(node))
    })
    .await
}

// --- expiring

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(300);

pub(super) async fn a_node_expires(fixture: Fixture) -> Result<()> {
    fixture.writer.register(&node("stays"), &Register::default().ttl(LONG)).await?;
    fixture.writer.register(&node("goes"), &Register::default().ttl(SHORT)).await?;
    found(&fixture.reader, &Query::service("greeter"), &["stays"]).await?;
    Ok(())
}

pub(super) async fn a_refreshed_node_stays(fixture: Fixture) -> Result<()> {
    // The one that is not refreshed shows when the time is over.
    fixture.writer.register(&node("refreshed"), &Register::default().ttl(SHORT)).await?;
    fixture.writer.register(&node("goes"), &Register::default().ttl(SHORT)).await?;
    fixture.writer.register(&node("refreshed"), &Register::default().ttl(LONG)).await?;
    found(&fixture.reader, &Query::service("greeter"), &["refreshed"]).await?;
    Ok(())
}

pub(super) async fn a_watch_sees_a_node_expire(fixture: Fixture) -> Result<()> {
    let mut view = View::begin(&fixture.reader, Query::all()).await?;
    fixture.writer.register(&node("goes"), &Register::default().ttl(SHORT)).await?;
    fixture.writer.register(&node("stays"), &Register::default().ttl(LONG)).await?;
    view.until("both nodes", |view| view.get("stays").is_some()).await?;
    view.until_ids(&["stays"]).await
}

pub(super) async fn a_node_that_expired_may_come_back(fixture: Fixture) -> Result<()> {
    fixture.writer.register(&node("a"), &Register::default().ttl(SHORT)).await?;
    found(&fixture.reader, &Query::all(), &[]).await?;
    put(&fixture.writer, &node("a")).await?;
    found(&fixture.reader, &Query::all(), &["a"]).await?;
    Ok(())
}

// --- other writers

pub(super) async fn another_handle_may_change_a_node(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    put(&fixture.reader, &node("a").version("2")).await?;
    let nodes = fixture.reader.lookup(&Query::all()).await?;
    check!(nodes == [node("a").version("2")], "found {nodes:?}");
    Ok(())
}

pub(super) async fn another_handle_may_deregister_a_node(fixture: Fixture) -> Result<()> {
    put(&fixture.writer, &node("a")).await?;
    found(&fixture.reader, &Query::all(), &["a"]).await?;
    fixture.reader.deregister("a").await?;
    found(&fixture.writer, &Query::all(), &[]).await?;
    Ok(())
}
