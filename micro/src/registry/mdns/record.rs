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
/// How many items all lists together may have: short ones take many times as much memory as they take of a text.
const MOST_ITEMS: usize = 512;
/// How many addresses of a node are announced, and read.
pub(super) const MOST_ADDRESSES: usize = 8;

/// What was read: a node without its addresses, and the addresses if the text has them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) node: Node,
    pub(super) addresses: Option<Vec<Address>>,
}

impl Told {
    /// Returns how many items the lists have.
    pub(super) fn items(&self) -> usize {
        let node = &self.node;
        let named = node.wires.len() + node.codecs.len() + node.contracts.len();
        let listed = self.addresses.as_ref().map_or(0, Vec::len);
        named + node.topics.len() + node.metadata.len() + listed
    }
}

/// Writes the text of `node`, of which `addresses` are announced. `named` tells whether the instance's name is the
/// node's id.
///
/// Leaves out the metadata where that makes it fit, then as many contracts and topics as needed; the second value
/// tells that contracts or topics are missing, so that the node may not be found by them.
pub(super) fn write(node: &Node, named: bool, addresses: &[(IpAddr, u16)]) -> (Vec<u8>, bool) {
    let all = Shown { contracts: node.contracts.len(), topics: node.topics.len(), metadata: true };
    let fits =
        |text: &[u8], shown: Shown, longest: usize| text.len() <= longest && shown.items(node) <= MOST_ITEMS;
    let text = all.write(node, named, addresses);
    if fits(&text, all, WANTED) {
        return (text, false);
    }
    let mut shown = Shown { metadata: node.metadata.is_empty(), ..all };
    let mut text = shown.write(node, named, addresses);
    let mut missing = false;
    while !fits(&text, shown, LONGEST) && (shown.contracts > 0 || shown.topics > 0) {
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
    fn items(self, node: &Node) -> usize {
        let metadata = if self.metadata { node.metadata.len() } else { 0 };
        node.wires.len() + node.codecs.len() + self.contracts + self.topics + metadata
    }

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
    let mut left = MOST_ITEMS;
    let mut list = |key: &str| -> Result<Option<String>, &'static str> {
        let list = value(key)?;
        let held = list.as_deref().map_or(0, |list| tokens(list).count());
        left = left.checked_sub(held).ok_or("the lists have too many items")?;
        Ok(list)
    };
    node.wires = items(list("wires")?)?;
    node.codecs = items(list("codecs")?)?;
    node.contracts = items(list("contracts")?)?;
    for (topic, queue) in entries(list("topics")?)? {
        node.topics.push(Subscription::new(topic, queue.unwrap_or_default()));
    }
    for (key, value) in entries(list("metadata")?)? {
        node.metadata.insert(key, value.ok_or("an entry of the metadata has no value")?);
    }
    node.validate().map_err(|_| "a name is not allowed")?;
    let addresses = match value("at")? {
        None => None,
        Some(listed) if tokens(&listed).count() > MOST_ADDRESSES => {
            return Err("there are too many addresses");
        }
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

fn tokens(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter(|token| !token.is_empty())
}

fn items(list: Option<String>) -> Result<Vec<String>, &'static str> {
    let item = |token: &str| if token == "%" { Ok(String::new()) } else { plain(token) };
    tokens(&list.unwrap_or_default()).map(item).collect()
}

fn entries(list: Option<String>) -> Result<Vec<(String, Option<String>)>, &'static str> {
    let entry = |token: &str| match token.split_once('=') {
        Some((key, value)) => Ok((plain(key)?, Some(plain(value)?))),
        None => Ok((plain(token)?, None)),
    };
    tokens(&list.unwrap_or_default()).map(entry).collect()
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
mod tests;
