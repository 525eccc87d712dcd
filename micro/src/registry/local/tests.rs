//! The directory in one process; what needs a process to die is tested with real ones elsewhere.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

use crate::error::Code;
use crate::registry::conformance::{self, Fixture};
use crate::registry::{Event, Handle};

async fn open(home: &TempDir) -> Local {
    Local::open(home.path().join("micro/registry")).await.unwrap()
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn put(local: &Local, node: &Node) -> Result<()> {
    local.register(node, &Register::default()).await
}

async fn ids(local: &Local) -> Vec<String> {
    local.lookup(&Query::all()).await.unwrap().into_iter().map(|node| node.id).collect()
}

fn files(local: &Local) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(local.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

async fn next(watch: &mut Watch) -> Event {
    tokio::time::timeout(Duration::from_secs(10), watch.next()).await.expect("nothing was told").unwrap()
}

#[tokio::test]
async fn passes_the_suite() {
    let homes = Mutex::new(Vec::new());
    let report = conformance::run(|| async {
        let home = home();
        let fixture = Fixture::new(open(&home).await, open(&home).await);
        homes.lock().unwrap().push(home);
        Ok(fixture)
    })
    .await;
    report.check().unwrap();
    assert_eq!(report.skipped().len(), 6, "{report}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_directory_and_its_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = home();
    let local = open(&home).await;
    put(&local, &Node::new("a", "s")).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.path().join("micro")), 0o700);
    assert_eq!(mode(local.path()), 0o700);
    assert_eq!(mode(&local.path().join("a.json")), 0o600);

    fs::set_permissions(local.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = Local::open(local.path()).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("755") && error.message().contains("chmod"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_place_of_the_directory_is_refused() {
    let home = home();
    let local = open(&home).await;
    let link = home.path().join("link");
    std::os::unix::fs::symlink(local.path(), &link).unwrap();
    assert!(Local::open(link).await.unwrap_err().message().contains("not a directory"));
}

#[tokio::test]
async fn a_node_whose_lock_is_free_is_dead_and_its_file_is_cleared_away() {
    let home = home();
    let (alive, reader) = (open(&home).await, open(&home).await);
    put(&alive, &Node::new("alive", "s")).await.unwrap();
    let dying = open(&home).await;
    put(&dying, &Node::new("dead", "s")).await.unwrap();
    assert_eq!(ids(&reader).await, ["alive", "dead"]);
    drop(dying);
    assert_eq!(files(&reader), ["alive.json", "dead.json"]);
    assert_eq!(ids(&reader).await, ["alive"]);
    assert_eq!(files(&reader), ["alive.json"]);
}

#[tokio::test]
async fn a_watch_hears_of_a_death() {
    let home = home();
    let reader = open(&home).await;
    let dying = open(&home).await;
    put(&dying, &Node::new("a", "s")).await.unwrap();
    // Changed once, so that a file that lost its name was closed too.
    put(&dying, &Node::new("a", "s").version("2")).await.unwrap();
    let mut watch = reader.watch(&Query::all()).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::All(nodes) if nodes.len() == 1));
    drop(dying);
    assert_eq!(next(&mut watch).await, Event::Gone("a".into()));
}

#[tokio::test]
async fn an_id_that_lives_elsewhere_is_neither_taken_nor_removed() {
    let home = home();
    let (one, two) = (open(&home).await, open(&home).await);
    put(&one, &Node::new("a", "s")).await.unwrap();
    assert_eq!(put(&two, &Node::new("a", "t")).await.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(two.deregister("a").await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(two.lookup(&Query::service("s")).await.unwrap().len(), 1);
    drop(one);
    put(&two, &Node::new("a", "t")).await.unwrap();
    assert_eq!(two.lookup(&Query::service("t")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn foreign_files_are_left_alone_and_corrupt_ones_are_counted_once() {
    let home = home();
    let local = open(&home).await;
    put(&local, &Node::new("good", "s")).await.unwrap();
    let foreign = ["notes.txt", ".hidden.json", "two words.json", "README"];
    let other_id = serde_json::to_string(&Node::new("other", "s")).unwrap();
    let corrupt = [
        ("cut.json", r#"{"id":"cut","#),
        ("empty.json", ""),
        ("name.json", other_id.as_str()),
        ("list.json", "[1]"),
    ];
    for name in foreign {
        fs::write(local.path().join(name), "x").unwrap();
    }
    for (name, content) in corrupt {
        fs::write(local.path().join(name), content).unwrap();
    }
    fs::create_dir(local.path().join("folder.json")).unwrap();
    let before = files(&local);
    for _ in 0..3 {
        assert_eq!(ids(&local).await, ["good"]);
    }
    assert_eq!(local.corrupt(), 5);
    assert_eq!(files(&local), before);
}

#[tokio::test]
async fn a_file_too_long_to_be_a_node_is_not_read() {
    let home = home();
    let local = open(&home).await;
    fs::write(local.path().join("long.json"), vec![b' '; entry::LIMIT + 1]).unwrap();
    assert!(ids(&local).await.is_empty());
    assert_eq!(local.corrupt(), 1);
    let huge = Node::new("huge", "s").metadata("x", "x".repeat(entry::LIMIT));
    assert_eq!(put(&local, &huge).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(files(&local), ["long.json"]);
}

#[tokio::test]
async fn a_refresh_brings_back_what_somebody_cleared_away() {
    let home = home();
    let local = open(&home).await;
    let node = Node::new("a", "s");
    put(&local, &node).await.unwrap();
    fs::remove_file(local.path().join("a.json")).unwrap();
    put(&local, &node).await.unwrap();
    assert_eq!(ids(&local).await, ["a"]);
    fs::remove_dir_all(local.path()).unwrap();
    put(&local, &node).await.unwrap();
    assert_eq!(ids(&local).await, ["a"]);
}

#[tokio::test]
async fn watches_of_a_directory_that_goes_end_and_new_ones_work() {
    let home = home();
    let local = open(&home).await;
    let mut watch = local.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    fs::remove_dir_all(local.path()).unwrap();
    let end =
        tokio::time::timeout(Duration::from_secs(10), watch.next()).await.expect("the end was not told");
    assert_eq!(end.unwrap_err().code(), Code::Unavailable);
    put(&local, &Node::new("a", "s")).await.unwrap();
    // The first watch may still meet the end of the old one.
    let seen = async {
        loop {
            let mut watch = local.watch(&Query::all()).await.unwrap();
            if let Ok(event) = watch.next().await {
                return event;
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(10), seen).await.expect("no watch worked");
    assert!(matches!(seen, Event::All(nodes) if nodes.len() == 1));
}

#[tokio::test]
async fn what_a_crash_left_is_cleared_away() {
    let home = home();
    let local = open(&home).await;
    let left = local.path().join(".tmp-0000000000000001");
    fs::write(&left, "half a no").unwrap();
    let held = fs::File::create(local.path().join(".tmp-0000000000000002")).unwrap();
    held.try_lock().unwrap();
    open(&home).await;
    assert_eq!(files(&local), [".tmp-0000000000000002"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_register_and_die_at_once() {
    let home = Arc::new(home());
    let tasks: Vec<_> = (0..16)
        .map(|index| {
            let home = home.clone();
            tokio::spawn(async move {
                let local = open(&home).await;
                // Half of them share ids: the same id dies and comes back while others clear it away.
                let id = format!("n{}", index % 8);
                for _ in 0..10 {
                    match put(&local, &Node::new(&*id, "s")).await {
                        Ok(()) => assert!(ids(&local).await.contains(&id)),
                        Err(error) => assert_eq!(error.code(), Code::AlreadyExists, "{error}"),
                    }
                    local
                        .deregister(&id)
                        .await
                        .or_else(|error| match error.code() {
                            Code::FailedPrecondition => Ok(()),
                            _ => Err(error),
                        })
                        .unwrap();
                }
                put(&local, &Node::new(format!("last-{index}"), "s")).await.unwrap();
                local
            })
        })
        .collect();
    let mut locals = Vec::new();
    for task in tasks {
        locals.push(task.await.unwrap());
    }
    assert_eq!(ids(&locals[0]).await.len(), 16);
    assert_eq!(Handle::from(locals[0].clone()).list().await.unwrap()[0].nodes, 16);
}
