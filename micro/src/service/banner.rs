//! What a service says of itself when it starts.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use crate::registry::Node;
use crate::spec::Topic;

/// How many endpoints are named, and how many topics.
const NAMED: usize = 20;

/// Tells who listens where: in readable lines to the person at the terminal when the program is one that logs
/// there (`readable`), else as one event.
#[allow(clippy::print_stderr, reason = "a banner is for the person at the terminal")]
pub(super) fn show(node: &Node, topics: &[Topic], registry: &str, readable: bool) {
    if readable && std::io::stderr().is_terminal() {
        eprint!("{}", lines(node, topics, registry));
        return;
    }
    let addresses: Vec<String> = node.addresses.iter().map(ToString::to_string).collect();
    tracing::info!(
        service = node.service,
        version = node.version,
        node = node.id,
        address = addresses.join(", "),
        endpoints = node.endpoints.len(),
        contracts = node.contracts.join(", "),
        topics = topics.iter().map(shown).collect::<Vec<_>>().join(", "),
        wires = node.wires.join(", "),
        registry,
        "serving"
    );
}

/// Names a topic, and the queue if there is one.
fn shown(topic: &Topic) -> String {
    match topic.queue {
        "" => topic.topic.to_owned(),
        queue => format!("{} ({queue})", topic.topic),
    }
}

fn lines(node: &Node, topics: &[Topic], registry: &str) -> String {
    let mut text = format!("\n  {} {}\n", node.service, node.version);
    let mut line = |what: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {what:<10} {value}");
    };
    for address in &node.addresses {
        line("address", &format!("http://{address}"));
    }
    line("wires", &node.wires.join(", "));
    line("registry", registry);
    line("node", &node.id);
    let mut list = |what: &str, texts: Vec<String>| {
        for (index, text) in texts.iter().take(NAMED).enumerate() {
            line(if index == 0 { what } else { "" }, text);
        }
        if texts.len() > NAMED {
            line("", &format!("and {} more", texts.len() - NAMED));
        }
    };
    list("endpoints", node.endpoints.iter().map(|endpoint| endpoint.path.clone()).collect());
    list("topics", topics.iter().map(shown).collect());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::Endpoint;

    #[test]
    fn the_lines_say_who_where_what_and_how() {
        let mut node = Node::new("4f1c", "greeter").version("1.2.0").wire("grpc").wire("json");
        node = node.address("127.0.0.1:4000".parse().unwrap());
        for number in 0..25 {
            node = node.endpoint(Endpoint::new("greeter.v1.Say", &format!("M{number}"), "a.A", "a.B"));
        }
        let topics = [Topic::new("greeter.said").queue("mail"), Topic::new("house.rang")];
        let text = lines(&node, &topics, "local:/run");
        for part in [
            "greeter 1.2.0",
            "http://127.0.0.1:4000",
            "grpc, json",
            "local:/run",
            "4f1c",
            "/greeter.v1.Say/M0",
            "and 5 more",
            "greeter.said (mail)",
            "house.rang\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("M20"));
    }
}
