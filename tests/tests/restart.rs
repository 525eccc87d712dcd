//! Nodes of one service come and go while it is called, and nobody notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use micro::Client;
use micro::prelude::*;
use micro::registry::Memory;
use micro_tests::kinds::{Text, text};
use tokio::task::JoinHandle;

const CALLERS: usize = 8;

/// Counts the calls it answers.
#[derive(Clone, Default)]
struct Desk {
    answered: Arc<AtomicUsize>,
}

#[micro::service(package = "tests")]
impl Desk {
    #[micro::handler]
    async fn ask(&self, request: Text) -> Result<Text> {
        // Others get their turn, so that calls overlap.
        tokio::task::yield_now().await;
        self.answered.fetch_add(1, Ordering::SeqCst);
        Ok(request)
    }
}

/// One node and what it counts.
struct Node {
    service: Service,
    desk: Desk,
}

impl Node {
    async fn start(registry: &Memory) -> Result<Node> {
        let desk = Desk::default();
        let service = Service::new("desk").registry(registry.clone()).handle(desk.clone());
        service.start().await?;
        Ok(Node { service, desk })
    }

    fn answered(&self) -> usize {
        self.desk.answered.load(Ordering::SeqCst)
    }

    /// Waits until the node has answered `count` calls more.
    async fn answers(&self, count: usize) {
        let target = self.answered() + count;
        until("a node that runs is called", || self.answered() >= target).await;
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting)
        .await
        .unwrap_or_else(|_| panic!("{what}: not within a minute"));
}

/// Tasks that call without a pause until they are told to end.
struct Callers {
    over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<(usize, Vec<Error>)>>,
}

impl Callers {
    fn start(client: &Client) -> Callers {
        let over = Arc::new(AtomicBool::new(false));
        let tasks = (0..CALLERS).map(|caller| tokio::spawn(calls(client.clone(), over.clone(), caller)));
        Callers { tasks: tasks.collect(), over }
    }

    /// Ends them; returns how many calls went well and what the others failed with.
    async fn end(self) -> (usize, Vec<Error>) {
        self.over.store(true, Ordering::SeqCst);
        let (mut well, mut errors) = (0, Vec::new());
        for task in self.tasks {
            let (more, failed) = task.await.expect("a caller does not panic");
            well += more;
            errors.extend(failed);
        }
        (well, errors)
    }
}

async fn calls(client: Client, over: Arc<AtomicBool>, caller: usize) -> (usize, Vec<Error>) {
    let desk = DeskClient::new(&client);
    let (mut well, mut errors) = (0, Vec::new());
    while !over.load(Ordering::SeqCst) {
        let asked = text(format!("{caller}/{well}"));
        // Long, for a machine that does other things: what is tested is that nothing is lost, not how fast it is.
        match desk.ask(asked.clone()).timeout(Duration::from_secs(60)).await {
            Ok(answer) => {
                assert_eq!(answer, asked);
                well += 1;
            }
            Err(error) => errors.push(error),
        }
    }
    (well, errors)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_every_node_is_replaced_in_turn() -> Result<()> {
    let registry = Memory::new();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&registry).await?);
    }
    let client = Client::builder().registry(registry.clone()).open().await?;
    let callers = Callers::start(&client);
    let mut answered = 0;
    for node in &mut nodes {
        // Stopped in the middle of its work, and the next one only once the new one has taken over.
        node.answers(50).await;
        node.service.stop().await?;
        let stopped = node.answered();
        let fresh = Node::start(&registry).await?;
        fresh.answers(50).await;
        assert_eq!(node.answered(), stopped, "a stopped node is not called");
        answered += stopped;
        *node = fresh;
    }
    let (well, errors) = callers.end().await;
    assert!(errors.is_empty(), "{} of {}: {:?}", errors.len(), well + errors.len(), errors[0]);
    answered += nodes.iter().map(Node::answered).sum::<usize>();
    assert_eq!(answered, well, "every call was answered once");
    for node in nodes {
        node.service.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_nodes_share_the_load() -> Result<()> {
    let registry = Memory::new();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&registry).await?);
    }
    let client = Client::builder().registry(registry).open().await?;
    let callers = Callers::start(&client);
    let sum = || nodes.iter().map(Node::answered).sum::<usize>();
    until("the nodes are called", || sum() >= 3_000).await;
    let (well, errors) = callers.end().await;
    assert!(errors.is_empty(), "{errors:?}");
    for node in &nodes {
        let share = node.answered() * 100 / well;
        assert!(share >= 15, "{share} % of {well}");
    }
    for node in nodes {
        node.service.stop().await?;
    }
    Ok(())
}
