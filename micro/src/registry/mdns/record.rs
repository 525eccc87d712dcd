//! What a node says of itself in the text of its DNS-SD record (RFC 6763, section 6), written and read.
//!
//! A text is a list of strings `key=value` of at most 255 bytes. The keys, all but the first two optional:
//!
//! | key | value |
//! | --- | --- |
//! | `txtvers` | `1` |
//! | `service` | the service's name |
//! | `id` | the node's id, where the instance's name is another |
//! | `version`, `zone` | as they are |
//! | `state` | `draining`, or `ready` |
//! | `at` | addresses `host:port`, where host and port of the record do not say it all; empty for none |
//! | `wires`, `codecs`, `contracts` | lists |
//! | `topics` | list of `topic` or `topic=queue` |
//! | `metadata` | list of `key=value` |
//! | `more` | `1` where something was left out that the node itself tells |
//!
//! A list is separated by spaces. In its items `%` and two hex digits stand for a byte, and `%` alone for an item
//! that is empty. What is too long for one string goes on in `key.1`, `key.2`, … Unknown keys are ignored, so that
//! there can be more later. Endpoints do not travel: they are asked of the node.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::address::Address;
use crate::registry::{Node, State, Subscription};

/// The longest text that is written without being asked for more, in bytes: with the rest of the record it fits
/// one packet of an Ethernet.
const WANTED: usize = 1_200;
/// The longest text that is written at all, and read, in bytes. IP cuts the packet in pieces then.
pub(super) const LONGEST: usize = 4_000;

/// What was read: a node without its addresses, and the addresses if the text has them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) node: Node,
    pub(super) addresses: Option<Vec<Address>>,
}

/// Writes the text of `node`, of which `addresses` are announced. `named` tells whether the instance's name is the
/// node's id.
///
/// Leaves out the metadata where that makes it fit, then as many contracts and topics as needed; the second value
/// tells that contracts or topics are missing, so that the node may not be found by them.
pub(super) fn write(node: &Node, named: bool, addresses: &[(IpAddr, u16)]) -> (Vec<u8>, bool) {
    let all = Shown { contracts: node.contracts.len(), topics: node.topics.len(), metadata: true };
    let text = all.write(node, named, addresses);
    if text.len() <= WANTED {
        return (text, false);
    }
    let mut shown = Shown { metadata: node.metadata.is_empty(), ..all };
    let mut text = shown.write(node, named, addresses);
    let mut missing = false;
    while text.len() > LONGEST && (shown.contracts > 0 || shown.topics > 0) {
        missing = true;
        // Halving the longer list ends soon, and what is left is still most of what fits.
        match shown.contracts >= shown.topics {
            true => shown.contracts /= 2,
            false => shown.topics /= 2,
        }
        text = shown.write(node, named, addresses);
    }
    (text, missing)
}

/// How much of a node is written.
#[derive(Clone, Copy, PartialEq)]
struct Shown {
    contracts: usize,
    topics: usize,
    metadata: bool,
}

impl Shown {
    fn write(self, node: &Node, named: bool, addresses: &[(IpAddr, u16)]) -> Vec<u8> {
        let mut text = Vec::new();
        put(&mut text, "txtvers", b"1");
        put(&mut text, "service", node.service.as_bytes());
        if !named {
            put(&mut text, "id", node.id.as_bytes());
        }
        for (key, value) in [("version", &node.version), ("zone", &node.zone)] {
            if !value.is_empty() {
                put(&mut text, key, value.as_bytes());
            }
        }
        if node.is_draining() {
            put(&mut text, "state", b"draining");
        }
        if addresses.len() != 1 {
            let listed = addresses
                .iter()
                .map(|(ip, port)| escaped(&std::net::SocketAddr::new(*ip, *port).to_string()));
            put(&mut text, "at", listed.collect::<Vec<_>>().join(" ").as_bytes());
        }
        let contracts = node.contracts.iter().take(self.contracts);
        list(&mut text, "wires", node.wires.iter().map(|wire| escaped(wire)));
        list(&mut text, "codecs", node.codecs.iter().map(|codec| escaped(codec)));
        list(&mut text, "contracts", contracts.map(|contract| escaped(contract)));
        list(&mut text, "topics", node.topics.iter().take(self.topics).map(subscribed));
        if self.metadata {
            let entries = node.metadata.iter().map(|(key, value)| format!("{}={}", bare(key), bare(value)));
            list(&mut text, "metadata", entries);
        }
        let whole = Shown { contracts: node.contracts.len(), topics: node.topics.len(), metadata: true };
        if self != whole
            && (self.contracts < whole.contracts || self.topics < whole.topics || !node.metadata.is_empty())
        {
            put(&mut text, "more", b"1");
        }
        text
    }
}

fn subscribed(subscription: &Subscription) -> String {
    match subscription.queue.is_empty() {
        true => bare(&subscription.topic),
        false => format!("{}={}", bare(&subscription.topic), bare(&subscription.queue)),
    }
}

/// Adds a list unless it is empty.
fn list(text: &mut Vec<u8>, key: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        put(text, key, items.join(" ").as_bytes());
    }
}

/// Adds a value, in as many strings as it takes.
fn put(text: &mut Vec<u8>, key: &str, value: &[u8]) {
    let mut rest = value;
    for part in 0_usize.. {
        let key = if part == 0 { key.to_owned() } else { format!("{key}.{part}") };
        let (now, later) = rest.split_at(rest.len().min(254 - key.len()));
        let length = u8::try_from(key.len() + 1 + now.len()).unwrap_or(u8::MAX);
        text.push(length);
        text.extend_from_slice(key.as_bytes());
        text.push(b'=');
        text.extend_from_slice(now);
        rest = later;
        if rest.is_empty() {
            return;
        }
    }
}

/// Writes an item of a list; one that is empty too.
fn escaped(item: &str) -> String {
    if item.is_empty() { "%".to_owned() } else { bare(item) }
}

/// Writes an item of a list, or one side of an entry of it.
fn bare(item: &str) -> String {
    let mut written = String::with_capacity(item.len());
    for char in item.chars() {
        match char {
            ' ' | '%' | '=' | '\0'..='\x1f' | '\x7f' => {
                written.push_str(&format!("%{:02x}", u32::from(char)))
            }
            _ => written.push(char),
        }
    }
    written
}

/// Reads the text of the instance named `label`.
///
/// # Errors
///
/// Says what is wrong, without repeating what the text holds.
pub(super) fn read(text: &[u8], label: &[u8]) -> Result<Told, &'static str> {
    if text.len() > LONGEST {
        return Err("the text is too long");
    }
    let strings = strings(text)?;
    let value = |key: &str| -> Result<Option<String>, &'static str> {
        let Some(first) = strings.get(key) else { return Ok(None) };
        let mut whole = first.to_vec();
        for part in 1_usize.. {
            let Some(more) = strings.get(&format!("{key}.{part}")) else { break };
            whole.extend_from_slice(more);
        }
        String::from_utf8(whole).map(Some).map_err(|_| "a value is not UTF-8")
    };
    if value("txtvers")?.as_deref() != Some("1") {
        return Err("the text is of another version");
    }
    let id = match value("id")? {
        Some(id) => id,
        None => String::from_utf8(label.to_vec()).map_err(|_| "the name of the instance is not UTF-8")?,
    };
    let mut node = Node::new(id, value("service")?.ok_or("the text names no service")?)
        .version(value("version")?.unwrap_or_default())
        .zone(value("zone")?.unwrap_or_default());
    node.state = match value("state")?.as_deref() {
        None | Some("ready") => State::Ready,
        Some("draining") => State::Draining,
        Some(_) => return Err("the state is unknown"),
    };
    node.wires = items(value("wires")?)?;
    node.codecs = items(value("codecs")?)?;
    node.contracts = items(value("contracts")?)?;
    for (topic, queue) in entries(value("topics")?)? {
        node.topics.push(Subscription::new(topic, queue.unwrap_or_default()));
    }
    for (key, value) in entries(value("metadata")?)? {
        node.metadata.insert(key, value.ok_or("an entry of the metadata has no value")?);
    }
    node.validate().map_err(|_| "a name is not allowed")?;
    let addresses = match value("at")? {
        None => None,
        Some(listed) => {
            let parsed = items(Some(listed))?.into_iter().map(|item| item.parse::<Address>());
            Some(parsed.collect::<crate::error::Result<Vec<Address>>>().map_err(|_| "an address is none")?)
        }
    };
    Ok(Told { node, addresses })
}

/// Takes a text apart. Of strings with one key only the first counts, as RFC 6763 has it.
fn strings(text: &[u8]) -> Result<BTreeMap<String, &[u8]>, &'static str> {
    let mut strings = BTreeMap::new();
    let mut rest = text;
    while let Some((length, tail)) = rest.split_first() {
        let (string, after) = tail.split_at_checked(usize::from(*length)).ok_or("the text breaks off")?;
        rest = after;
        let end = string.iter().position(|byte| *byte == b'=').unwrap_or(string.len());
        let value = string.get(end + 1..).unwrap_or_default();
        // A key is printable ASCII; what has another is none of ours.
        if let Ok(key) = std::str::from_utf8(&string[..end])
            && !key.is_empty()
        {
            strings.entry(key.to_ascii_lowercase()).or_insert(value);
        }
    }
    Ok(strings)
}

fn tokens(list: Option<String>) -> Vec<String> {
    list.unwrap_or_default().split(' ').filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

fn items(list: Option<String>) -> Result<Vec<String>, &'static str> {
    tokens(list).iter().map(|token| if token == "%" { Ok(String::new()) } else { plain(token) }).collect()
}

fn entries(list: Option<String>) -> Result<Vec<(String, Option<String>)>, &'static str> {
    let entry = |token: &String| match token.split_once('=') {
        Some((key, value)) => Ok((plain(key)?, Some(plain(value)?))),
        None => Ok((plain(token)?, None)),
    };
    tokens(list).iter().map(entry).collect()
}

/// Reads what [`bare`] wrote.
fn plain(written: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else { return Err("an escape is broken") };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "a value is not UTF-8")
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Node {
        Node::new("n-1", "größe/1.x%20*")
            .version("1.2.3")
            .zone("a\nb=c")
            .state(State::Draining)
            .wire("grpc")
            .wire("")
            .codec("proto")
            .contract("greeter.v1.Say")
            .contract("greeter,v2=x%")
            .subscription(Subscription::new("greeter.said", ""))
            .subscription(Subscription::new("greeter.said", "ledger"))
            .metadata("k=ü/ \"", "line\nline\u{1F600}\\")
            .metadata("", "")
    }

    fn strung(strings: &[&str]) -> Vec<u8> {
        let string = |text: &&str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        strings.iter().flat_map(string).collect()
    }

    #[test]
    fn what_is_written_reads_back() {
        let one = [("10.0.0.1".parse().unwrap(), 4000)];
        let (text, missing) = write(&full(), true, &one);
        assert!(!missing);
        assert_eq!(read(&text, b"n-1"), Ok(Told { node: full(), addresses: None }));
        let two = [one[0], ("fd00::1".parse().unwrap(), 1)];
        let told = read(&write(&full(), false, &two).0, b"other").unwrap();
        assert_eq!(told.node, full());
        let expected: Vec<Address> =
            ["10.0.0.1:4000", "[fd00::1]:1"].map(|text| text.parse().unwrap()).into();
        assert_eq!(told.addresses, Some(expected));
        assert_eq!(read(&write(&full(), true, &[]).0, b"n-1").unwrap().addresses, Some(vec![]));
    }

    #[test]
    fn what_a_person_writes_is_read() {
        let text = strung(&[
            "TXTVERS=1",
            "service=greeter",
            "contracts=a.v1.B a.v1.C",
            "flag",
            "=x",
            "service=late",
        ]);
        let node = Node::new("hand-made", "greeter").contract("a.v1.B").contract("a.v1.C");
        assert_eq!(read(&text, b"hand-made"), Ok(Told { node, addresses: None }));
    }

    #[test]
    fn a_long_value_takes_several_strings() {
        let node = (0..40).fold(Node::new("n", "s".repeat(253)), |node, index| {
            node.contract(format!("package{index}.v1.{}", "C".repeat(20)))
        });
        let (text, missing) = write(&node, true, &[]);
        assert!(!missing && text.windows(12).any(|window| window == b"contracts.1="));
        assert_eq!(read(&text, b"n").unwrap().node, node);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let big = full().metadata("big", "x".repeat(2_000));
        let (text, missing) = write(&big, true, &[]);
        assert!(!missing && text.len() <= WANTED && text.windows(6).any(|window| window == b"more=1"));
        let read_back = read(&text, b"n-1").unwrap().node;
        assert_eq!((&read_back.contracts, read_back.metadata.len()), (&big.contracts, 0));

        let huge = (0..300)
            .fold(Node::new("n", "s"), |node, index| node.contract(format!("package{index}.v1.Contract")));
        let (text, missing) = write(&huge, true, &[]);
        assert!(missing && text.len() <= LONGEST);
        let kept = read(&text, b"n").unwrap().node.contracts;
        assert!(!kept.is_empty() && huge.contracts.starts_with(&kept), "{}", kept.len());
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (strings, why) in [
            (&["service=s"][..], "another version"),
            (&["txtvers=2", "service=s"][..], "another version"),
            (&["txtvers=1"][..], "no service"),
            (&["txtvers=1", "service="][..], "not allowed"),
            (&["txtvers=1", "service=s", "id=../x"][..], "not allowed"),
            (&["txtvers=1", "service=s", "state=asleep"][..], "state"),
            (&["txtvers=1", "service=s", "at=x"][..], "address"),
            (&["txtvers=1", "service=s", "contracts=%2"][..], "escape"),
            (&["txtvers=1", "service=s", "contracts=%"][..], "not allowed"),
            (&["txtvers=1", "service=s", "metadata=k"][..], "no value"),
            (&["txtvers=1", "service=s", "topics=a..b"][..], "not allowed"),
        ] {
            let refused = read(&strung(strings), b"n").unwrap_err();
            assert!(refused.contains(why), "{strings:?}: {refused}");
        }
        assert!(read(b"\x09txtvers=", b"n").unwrap_err().contains("breaks off"));
        assert!(read(&[0; LONGEST + 1], b"n").unwrap_err().contains("too long"));
        assert!(read(&strung(&["txtvers=1", "service=s"]), b"\xff").is_err());
    }
}
