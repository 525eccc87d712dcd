//! The README's tables of guarantees are what the code claims. `MICRO_BLESS=1` writes them.

use std::fmt::Write as _;

use micro::{broker, registry};
use micro_tests::workspace;

/// A guarantee in words, and whether it is claimed.
type Claim<C> = (&'static str, fn(&C) -> bool);

/// What of a registry is told, and where the claim is.
const REGISTRY: [Claim<registry::Capability>; 7] = [
    ("other processes of the machine see a node", |claims| claims.shared),
    ("other machines see a node", |claims| claims.remote),
    ("a node is gone the moment its process dies", |claims| claims.process_bound),
    ("a node is gone when its TTL is over", |claims| claims.expires),
    ("nodes on loopback may be registered", |claims| claims.takes_loopback()),
    ("a node comes back with all its endpoints", |claims| claims.whole),
    ("anybody may change a node", |claims| claims.any_writer),
];

/// What of a broker is told, and where the claim is.
const BROKER: [Claim<broker::Capability>; 8] = [
    ("other processes of the machine are reached", |claims| claims.shared),
    ("other machines are reached", |claims| claims.remote),
    ("an event comes again when its subscriber fails or dies", |claims| claims.redelivers),
    ("expired events are not delivered", |claims| claims.expires),
    ("the overflow policies are exact", |claims| claims.exact_overflow),
    ("a full subscription can make the publisher wait", |claims| claims.blocks),
    ("a queue without members keeps its events", |claims| claims.durable_queues),
    ("a crash loses nothing that was published", |claims| claims.stored),
];

fn table<C>(what: &str, claims: &[Claim<C>], backends: &[(String, C)]) -> String {
    let mut text = format!("| {what} |");
    for (name, _) in backends {
        let _ = write!(text, " `{name}` |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(backends.len()));
    for (claim, holds) in claims {
        let _ = write!(text, "\n| {claim} |");
        for (_, capability) in backends {
            text.push_str(if holds(capability) { " yes |" } else { " no |" });
        }
    }
    text.push('\n');
    text
}

/// Holds the table after `<!-- name -->` against `expected`, or writes it.
fn hold(readme: &mut String, name: &str, expected: &str) -> bool {
    let mark = format!("<!-- {name} -->\n");
    let begin = readme.find(&mark).expect("the README has the mark") + mark.len();
    let length = readme[begin..]
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum::<usize>();
    let end = begin + length;
    let same = &readme[begin..end] == expected;
    let blank = if readme[end..].starts_with('\n') { "" } else { "\n" };
    readme.replace_range(begin..end, &format!("{expected}{blank}"));
    same
}

#[tokio::test]
async fn the_tables_of_the_readme_are_what_the_code_claims() {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let defaults = registry::Defaults::new(directory.path().join("nodes"));
    let mut registries = Vec::new();
    for uri in ["mdns+local:", "local:", "mdns:", "memory:"] {
        let handle = registry::Handle::open(uri, &defaults).await.expect("it is built in");
        registries.push((uri.to_owned(), handle.capability()));
    }
    let found_by = registry::Handle::open("mdns+local:", &defaults).await.expect("it is built in");
    let defaults = broker::Defaults::new(found_by);
    let mut brokers = Vec::new();
    for uri in ["http:", "memory:"] {
        let handle = broker::Handle::open(uri, &defaults).await.expect("it is built in");
        brokers.push((uri.to_owned(), handle.capability()));
    }
    let path = workspace().join("README.md");
    let mut readme = std::fs::read_to_string(&path).expect("there is a README");
    let same = hold(&mut readme, "registries", &table("registry", &REGISTRY, &registries))
        & hold(&mut readme, "brokers", &table("broker", &BROKER, &brokers));
    if std::env::var_os("MICRO_BLESS").is_some() {
        std::fs::write(&path, readme).expect("the README can be written");
        return;
    }
    assert!(same, "the README's tables are not what the code claims; MICRO_BLESS=1 writes them");
}
