//! What a registry holds and what it is asked: nodes, endpoints, queries, options, guarantees.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::{Error, Result};

use super::endpoint::Endpoint;

/// One running process that serves: what it is, where it is, what it can do.
///
/// ```
/// use micro::registry::Node;
///
/// let node = Node::new("4f1c", "greeter").version("1.2.0").address("127.0.0.1:4000".parse()?).contract("greeter.v1.Say");
/// assert!(node.serves("greeter.v1.Say"));
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Node {
    /// Names the node, unique in the registry: 1 to 128 of `A-Z a-z 0-9 . _ -`, not beginning with a dot.
    pub id: String,
    /// Names the service the node belongs to.
    pub service: String,
    /// The service's version. Empty when none is known.
    #[serde(default)]
    pub version: String,
    /// Where the node listens, best first. Empty for a node that lives in the caller's process.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The zone the node runs in. Empty when none is known.
    #[serde(default)]
    pub zone: String,
    /// Whether the node wants new calls.
    #[serde(default)]
    pub state: State,
    /// The wires the node speaks: `grpc`, `json`.
    #[serde(default)]
    pub wires: Vec<String>,
    /// The full names of the contracts the node serves.
    #[serde(default)]
    pub contracts: Vec<String>,
    /// The methods the node answers.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// The names of the codecs the node understands: `proto`, `json`.
    #[serde(default)]
    pub codecs: Vec<String>,
    /// The topics the node takes events of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Subscription>,
    /// Whatever else the operator wants known about the node. Readable by everybody who reads the registry.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl Node {
    /// Makes a ready node that serves nothing yet.
    pub fn new(id: impl Into<String>, service: impl Into<String>) -> Self {
        Node {
            id: id.into(),
            service: service.into(),
            version: String::new(),
            addresses: Vec::new(),
            zone: String::new(),
            state: State::Ready,
            wires: Vec::new(),
            contracts: Vec::new(),
            endpoints: Vec::new(),
            codecs: Vec::new(),
            topics: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// Sets the version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Adds an address.
    pub fn address(mut self, address: Address) -> Self {
        self.addresses.push(address);
        self
    }

    /// Sets the zone.
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    /// Sets the state.
    pub fn state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// Adds a wire.
    pub fn wire(mut self, wire: impl Into<String>) -> Self {
        self.wires.push(wire.into());
        self
    }

    /// Adds a contract.
    pub fn contract(mut self, contract: impl Into<String>) -> Self {
        self.contracts.push(contract.into());
        self
    }

    /// Adds an endpoint.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Adds a codec.
    pub fn codec(mut self, codec: impl Into<String>) -> Self {
        self.codecs.push(codec.into());
        self
    }

    /// Adds a topic that the node takes events of.
    pub fn subscription(mut self, subscription: Subscription) -> Self {
        self.topics.push(subscription);
        self
    }

    /// Sets an entry of the metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Tells whether the node serves the contract.
    pub fn serves(&self, contract: &str) -> bool {
        self.contracts.iter().any(|served| served == contract)
    }

    /// Tells whether the node takes events of the topic.
    pub fn subscribes(&self, topic: &str) -> bool {
        self.topics.iter().any(|subscribed| subscribed.topic == topic)
    }

    /// Tells whether the node is on its way out and wants no new calls.
    pub fn is_draining(&self) -> bool {
        self.state == State::Draining
    }

    /// Checks what every backend relies on. [`Handle::register`](super::Handle::register) does it for you.
    ///
    /// # Errors
    ///
    /// `invalid argument` naming the field and what it may hold.
    pub fn validate(&self) -> Result<()> {
        check_id(&self.id)?;
        check_name("service", &self.service)?;
        for contract in &self.contracts {
            check_name("contract", contract)?;
        }
        for subscribed in &self.topics {
            crate::event::check_topic(&subscribed.topic)?;
            if !subscribed.queue.is_empty() {
                crate::event::check_topic(&subscribed.queue)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Node {
    /// Leaves out the values of the metadata and the details of endpoints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id)
            .field("service", &self.service)
            .field("version", &self.version)
            .field("addresses", &self.addresses)
            .field("zone", &self.zone)
            .field("state", &self.state)
            .field("wires", &self.wires)
            .field("contracts", &self.contracts)
            .field("endpoints", &self.endpoints.len())
            .field("codecs", &self.codecs)
            .field("topics", &self.topics)
            .field("metadata", &self.metadata.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Checks that an id is safe as a file name, a path segment and a subject everywhere.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if id.is_empty() || id.len() > 128 || id.starts_with('.') || !id.bytes().all(safe) {
        return Err(Error::invalid_argument(format!(
            "{id:?} is not a node id: 1 to 128 of A-Z a-z 0-9 . _ -, not beginning with a dot"
        )));
    }
    Ok(())
}

fn check_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty()
        || name.len() > 253
        || name.chars().any(|char| char.is_control() || char.is_whitespace())
    {
        return Err(Error::invalid_argument(format!(
            "{name:?} is not a {what} name: 1 to 253 bytes without spaces and control characters"
        )));
    }
    Ok(())
}

/// A topic that a node takes events of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// The topic: `greeter.said`.
    pub topic: String,
    /// The queue, of which one member gets an event; empty where every subscriber gets it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub queue: String,
}

impl Subscription {
    /// Subscribes to a topic as a member of a queue, or, with an empty one, for itself.
    pub fn new(topic: impl Into<String>, queue: impl Into<String>) -> Self {
        Subscription { topic: topic.into(), queue: queue.into() }
    }
}

/// Whether a node wants new calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// Serves. The default.
    #[default]
    Ready,
    /// Finishes what it has and will go; picked only when nobody else is left.
    Draining,
}

/// Which nodes are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    service: Option<String>,
    contract: Option<String>,
    topic: Option<String>,
}

impl Query {
    /// Asks for every node.
    pub fn all() -> Self {
        Query { service: None, contract: None, topic: None }
    }

    /// Asks for the nodes of a service.
    pub fn service(service: impl Into<String>) -> Self {
        Query { service: Some(service.into()), ..Query::all() }
    }

    /// Asks for the nodes that serve a contract, whatever their service.
    pub fn contract(contract: impl Into<String>) -> Self {
        Query { contract: Some(contract.into()), ..Query::all() }
    }

    /// Asks for the nodes that take events of a topic, whatever their service.
    pub fn topic(topic: impl Into<String>) -> Self {
        Query { topic: Some(topic.into()), ..Query::all() }
    }

    /// Narrows the query to the nodes of a service.
    pub fn of_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Returns the service asked for, if one is.
    pub fn service_name(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Returns the contract asked for, if one is.
    pub fn contract_name(&self) -> Option<&str> {
        self.contract.as_deref()
    }

    /// Returns the topic asked for, if one is.
    pub fn topic_name(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// Tells whether `node` is asked for.
    pub fn matches(&self, node: &Node) -> bool {
        self.service.as_ref().is_none_or(|service| *service == node.service)
            && self.contract.as_ref().is_none_or(|contract| node.serves(contract))
            && self.topic.as_ref().is_none_or(|topic| node.subscribes(topic))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("topic", &self.topic), ("contract", &self.contract), ("service", &self.service)];
        let mut written = false;
        for (what, name) in parts {
            if let Some(name) = name {
                write!(f, "{}{what} {name}", if written { " of " } else { "" })?;
                written = true;
            }
        }
        match written {
            true => Ok(()),
            false => f.write_str("every service"),
        }
    }
}

/// Options of [`Registry::register`](super::Registry::register).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Register {
    /// How long the node stays without being registered again. Default 15 s. Backends whose
    /// [`Capability::expires`] is false ignore it.
    pub ttl: Duration,
}

impl Register {
    /// Sets how long the node stays without being registered again.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }
}

impl Default for Register {
    fn default() -> Self {
        Register { ttl: Duration::from_secs(15) }
    }
}

/// What a backend guarantees beyond the common contract. Everything is false by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capability {
    /// A node that is not registered again within its TTL is gone.
    pub expires: bool,
    /// A node is gone when the process that registered it dies, however it dies.
    pub process_bound: bool,
    /// Other processes on the machine see the nodes.
    pub shared: bool,
    /// Other machines see the nodes.
    pub remote: bool,
    /// Any handle may change and deregister a node, not only the one that registered it.
    pub any_writer: bool,
    /// Nodes that listen on loopback only may be registered: others are not told of what they cannot reach. Without
    /// meaning where other machines do not see the nodes.
    pub loopback: bool,
    /// Nodes come back whole, with every address and endpoint, not only with what finding and calling them needs.
    pub whole: bool,
}

impl Capability {
    /// Claims [`expires`](Capability::expires).
    pub const fn expires(mut self) -> Self {
        self.expires = true;
        self
    }

    /// Claims [`process_bound`](Capability::process_bound).
    pub const fn process_bound(mut self) -> Self {
        self.process_bound = true;
        self
    }

    /// Claims [`shared`](Capability::shared).
    pub const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Claims [`remote`](Capability::remote).
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Claims [`any_writer`](Capability::any_writer).
    pub const fn any_writer(mut self) -> Self {
        self.any_writer = true;
        self
    }

    /// Claims [`loopback`](Capability::loopback).
    pub const fn loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Claims [`whole`](Capability::whole).
    pub const fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Tells whether a node that listens on loopback only is of use to those who read the registry.
    pub const fn takes_loopback(&self) -> bool {
        self.loopback || !self.remote
    }
}

/// One service as [`Registry::list`](super::Registry::list) shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The service's name.
    pub service: String,
    /// The versions its nodes run, sorted.
    pub versions: Vec<String>,
    /// The contracts its nodes serve, sorted.
    pub contracts: Vec<String>,
    /// How many nodes there are.
    pub nodes: usize,
}

impl Summary {
    /// Sums nodes up by service, sorted by name.
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<Summary> {
        type Parts<'n> = (BTreeSet<&'n str>, BTreeSet<&'n str>, usize);
        let mut services = BTreeMap::<&str, Parts<'_>>::new();
        for node in nodes {
            let (versions, contracts, count) = services.entry(&node.service).or_default();
            versions.insert(node.version.as_str());
            contracts.extend(node.contracts.iter().map(String::as_str));
            *count += 1;
        }
        let owned = |set: BTreeSet<&str>| -> Vec<String> {
            set.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        services
            .into_iter()
            .map(|(service, (versions, contracts, nodes))| Summary {
                service: service.to_owned(),
                versions: owned(versions),
                contracts: owned(contracts),
                nodes,
            })
            .collect()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_match_by_service_and_by_contract() {
        let node = Node::new("1", "greeter")
            .contract("greeter.v1.Say")
            .subscription(Subscription::new("greeter.said", "ledger"));
        for (query, matches) in [
            (Query::all(), true),
            (Query::service("greeter"), true),
            (Query::service("greet"), false),
            (Query::contract("greeter.v1.Say"), true),
            (Query::contract("greeter.v1"), false),
            (Query::contract("greeter.v1.Say").of_service("greeter"), true),
            (Query::contract("greeter.v1.Say").of_service("other"), false),
            (Query::topic("greeter.said"), true),
            (Query::topic("greeter"), false),
            (Query::topic("greeter.said").of_service("other"), false),
        ] {
            assert_eq!(query.matches(&node), matches, "{query}");
        }
        assert_eq!(Query::topic("a.b").of_service("s").to_string(), "topic a.b of service s");
        assert_eq!(Query::all().to_string(), "every service");
    }

    #[test]
    fn ids_are_safe_as_file_names() {
        for good in ["a", "4F-1_c.2", &"x".repeat(128)] {
            assert!(Node::new(good, "s").validate().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "a b", "a\0", "ä", &"x".repeat(129)] {
            assert!(Node::new(bad, "s").validate().is_err(), "{bad}");
        }
        assert!(Node::new("a", "two words").validate().unwrap_err().message().contains("service"));
        assert!(Node::new("a", "s").contract("").validate().unwrap_err().message().contains("contract"));
        for (topic, queue, good) in
            [("a.b", "", true), ("a.b", "q", true), ("a..b", "", false), ("a", "q q", false)]
        {
            let node = Node::new("a", "s").subscription(Subscription::new(topic, queue));
            assert_eq!(node.validate().is_ok(), good, "{topic:?} {queue:?}");
        }
    }

    #[test]
    fn debug_hides_the_values_of_metadata() {
        let text = format!("{:?}", Node::new("1", "s").metadata("token", "hunter2"));
        assert!(text.contains("token") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_node_reads_back_from_json_and_old_nodes_lack_fields() {
        let node = Node::new("1", "s")
            .address("127.0.0.1:1".parse().unwrap())
            .state(State::Draining)
            .metadata("a", "b");
        let json = serde_json::to_string(&node).unwrap();
        assert_eq!(serde_json::from_str::<Node>(&json).unwrap(), node);
        assert_eq!(
            serde_json::from_str::<Node>(r#"{"id":"1","service":"s","new":1}"#).unwrap(),
            Node::new("1", "s")
        );
    }

    #[test]
    fn a_summary_has_one_row_a_service() {
        let nodes = [
            Node::new("1", "b").version("2").contract("x"),
            Node::new("2", "a"),
            Node::new("3", "b").version("1").contract("x"),
        ];
        let rows = Summary::of(&nodes);
        assert_eq!(
            rows.iter().map(|row| (row.service.as_str(), row.nodes)).collect::<Vec<_>>(),
            [("a", 1), ("b", 2)]
        );
        assert_eq!((rows[1].versions.join(","), rows[1].contracts.join(",")), ("1,2".into(), "x".into()));
        assert!(rows[0].versions.is_empty());
    }
}
