//! The local registry among real processes, and what it notices when they die.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use micro::registry::{Event, Local, Query, Registry as _, Watch};
use micro_tests::{Process, isolated};

const LIMIT: Duration = Duration::from_secs(30);

/// A process about to register `id` in `directory`.
fn child(directory: &Path, id: &str, mode: &str) -> Command {
    let mut command = isolated(env!("CARGO_BIN_EXE_registry_child"), directory);
    command.arg(directory.join("micro/registry")).args([id, mode]);
    command
}

fn registered(directory: &Path, id: &str, mode: &str) -> Process {
    let mut process = Process::spawn(&mut child(directory, id, mode));
    process.wait_for_line("registered");
    process
}

async fn open(directory: &Path) -> Local {
    Local::open(directory.join("micro/registry")).await.unwrap()
}

async fn ids(local: &Local) -> Vec<String> {
    local.lookup(&Query::all()).await.unwrap().into_iter().map(|node| node.id).collect()
}

async fn next(watch: &mut Watch) -> Event {
    tokio::time::timeout(LIMIT, watch.next()).await.expect("nothing was told").unwrap()
}

/// The names of all files except the lock.
fn files(local: &Local) -> Vec<String> {
    let entries = std::fs::read_dir(local.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != ".lock").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_noticed_without_polling() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let mut watch = local.watch(&Query::contract("child.v1.Child")).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    let process = registered(directory.path(), "a", "stay");
    assert!(matches!(next(&mut watch).await, Event::Put(node) if node.id == "a"));

    let killed = Instant::now();
    process.signal("KILL");
    assert_eq!(next(&mut watch).await, Event::Gone("a".into()));
    // Before the TTL of 15 s was over: the kernel told.
    assert!(killed.elapsed() < Duration::from_secs(14), "{:?}", killed.elapsed());
    assert!(ids(&local).await.is_empty());
    assert!(files(&local).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_is_not_dead() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let process = registered(directory.path(), "a", "leave");
    process.signal("STOP");
    assert_eq!(ids(&local).await, ["a"]);
    process.signal("CONT");
    assert!(process.success().contains("left"));
    assert!(ids(&local).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_and_leaves_of_others_are_seen() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let mut changing = registered(directory.path(), "changes", "change");
    let leaving = registered(directory.path(), "leaves", "leave");
    let ending = registered(directory.path(), "ends", "stay");
    let mut watch = local.watch(&Query::service("child")).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::All(nodes) if nodes.len() == 3));

    changing.close_input();
    assert!(
        matches!(next(&mut watch).await, Event::Put(node) if node.id == "changes" && node.version == "2")
    );
    leaving.success();
    assert_eq!(next(&mut watch).await, Event::Gone("leaves".into()));
    ending.success();
    assert_eq!(next(&mut watch).await, Event::Gone("ends".into()));
    assert_eq!(ids(&local).await, ["changes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_may_begin_at_once_without_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let ids_of_all: Vec<String> = (0..8).map(|index| format!("n{index}")).collect();
    let start = |id: &String| Process::spawn(&mut child(directory.path(), id, "stay"));
    let mut processes: Vec<Process> = ids_of_all.iter().map(start).collect();
    for process in &mut processes {
        process.wait_for_line("registered");
    }
    let local = open(directory.path()).await;
    assert_eq!(ids(&local).await, ids_of_all);
    drop(processes);
    assert!(ids(&local).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_killed_process_is_free_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    for _ in 0..5 {
        // Dropping it kills it and waits for its end.
        drop(registered(directory.path(), "a", "stay"));
        let _next = registered(directory.path(), "a", "stay");
        assert_eq!(ids(&local).await, ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_the_middle_of_a_change_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let mut watch = local.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    for _ in 0..10 {
        let process = registered(directory.path(), "a", "churn");
        // A few changes later, wherever it then is.
        for _ in 0..3 {
            assert!(matches!(next(&mut watch).await, Event::Put(_)));
        }
        process.signal("KILL");
        while !matches!(next(&mut watch).await, Event::Gone(_)) {}
        assert!(ids(&local).await.is_empty());
    }
    // Opening clears away what was being written.
    assert!(files(&open(directory.path()).await).is_empty());
    assert_eq!(local.corrupt(), 0);
}
