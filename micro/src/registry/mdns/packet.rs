//! DNS messages as multicast DNS uses them (RFC 1035, RFC 6762): read strictly, written small.
//!
//! Only what discovery needs is kept of a message: names, and records of five types.

mod read;

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

pub(super) use read::{read, weight};

/// The longest packet, in bytes: 9,000 without the headers of IP and UDP (RFC 6762, section 17).
pub(super) const LONGEST: usize = 8_972;
/// The longest name, in bytes, without the zero at its end.
const LONGEST_NAME: usize = 254;
/// The longest part of a name, in bytes.
pub(super) const LONGEST_LABEL: usize = 63;

/// The types of records that are read, and the one that asks for all of them.
pub(super) const A: u16 = 1;
pub(super) const PTR: u16 = 12;
pub(super) const TXT: u16 = 16;
pub(super) const AAAA: u16 = 28;
pub(super) const SRV: u16 = 33;
pub(super) const ANY: u16 = 255;

/// The class of all records; its highest bit says that older records of the name are void.
const INTERNET: u16 = 1;
const FLUSH: u16 = 0x8000;
const RESPONSE: u16 = 0x8000;
const AUTHORITATIVE: u16 = 0x0400;
/// Where a pointer of a compressed name can lead.
const REACH: usize = 0x4000;

/// A domain name in the form it travels in, without the zero at its end. The case of ASCII letters is kept and
/// does not count.
#[derive(Clone)]
pub(super) struct Name(Box<[u8]>);

impl Name {
    /// Makes a name of its parts; `None` when one is empty or too long, or the whole is.
    pub(super) fn of(labels: &[&[u8]]) -> Option<Name> {
        let mut wire = Vec::new();
        for label in labels {
            let length = u8::try_from(label.len()).ok()?;
            if label.is_empty() || label.len() > LONGEST_LABEL {
                return None;
            }
            wire.push(length);
            wire.extend_from_slice(label);
        }
        (wire.len() <= LONGEST_NAME).then(|| Name(wire.into()))
    }

    /// Makes the name that has one more part, in front.
    pub(super) fn below(&self, label: &[u8]) -> Option<Name> {
        let labels: Vec<&[u8]> = std::iter::once(label).chain(self.labels()).collect();
        Name::of(&labels)
    }

    fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first()?;
            let (label, after) = tail.split_at_checked(usize::from(*length))?;
            rest = after;
            Some(label)
        })
    }

    /// Returns the first part; nothing for the root.
    pub(super) fn first(&self) -> &[u8] {
        self.labels().next().unwrap_or_default()
    }

    /// Tells whether the name is `parent` with one part in front of it.
    pub(super) fn is_below(&self, parent: &Name) -> bool {
        let skipped = 1 + self.first().len();
        self.0.get(skipped..).is_some_and(|rest| !rest.is_empty() && rest.eq_ignore_ascii_case(&parent.0))
    }
}

// Lengths are below 64, so no length looks like a letter.
impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for label in self.labels() {
            write!(f, "{}.", label.escape_ascii())?;
        }
        Ok(())
    }
}

/// A message, without what nobody here asks for.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: u16,
    pub(super) response: bool,
    /// Whether the sender asks because it is about to use a name (RFC 6762, section 8.1).
    pub(super) probe: bool,
    pub(super) questions: Vec<Question>,
    /// The answers; in a question, the answers its sender knows.
    pub(super) answers: Vec<Record>,
    /// What was sent along with the answers.
    pub(super) additional: Vec<Record>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) kind: u16,
}

/// What is said of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: Name,
    /// For how many seconds it holds; zero takes it back.
    pub(super) ttl: u32,
    /// Whether older records of the name are void.
    pub(super) flush: bool,
    pub(super) data: Data,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Ptr(Name),
    Srv { port: u16, host: Name },
    Txt(Vec<u8>),
    Address(IpAddr),
}

impl Data {
    fn kind(&self) -> u16 {
        match self {
            Data::Ptr(_) => PTR,
            Data::Srv { .. } => SRV,
            Data::Txt(_) => TXT,
            Data::Address(IpAddr::V4(_)) => A,
            Data::Address(IpAddr::V6(_)) => AAAA,
        }
    }
}

/// Writes a message: first the questions, then the answers.
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Where the ends of names already stand.
    places: HashMap<Vec<u8>, u16>,
    questions: u16,
    answers: u16,
}

impl Writer {
    /// Begins a question.
    pub(super) fn question(id: u16) -> Writer {
        Writer::begin(id, 0)
    }

    /// Begins an answer; `id` is zero in one for everybody.
    pub(super) fn answer(id: u16) -> Writer {
        Writer::begin(id, RESPONSE | AUTHORITATIVE)
    }

    fn begin(id: u16, flags: u16) -> Writer {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend(id.to_be_bytes());
        bytes.extend(flags.to_be_bytes());
        bytes.extend([0; 8]);
        Writer { bytes, places: HashMap::new(), questions: 0, answers: 0 }
    }

    /// Adds a question.
    pub(super) fn ask(&mut self, name: &Name, kind: u16) {
        self.name(name);
        self.bytes.extend(kind.to_be_bytes());
        self.bytes.extend(INTERNET.to_be_bytes());
        self.questions += 1;
    }

    /// Adds an answer.
    pub(super) fn tell(&mut self, record: &Record) {
        self.name(&record.name);
        self.bytes.extend(record.data.kind().to_be_bytes());
        let class = if record.flush { INTERNET | FLUSH } else { INTERNET };
        self.bytes.extend(class.to_be_bytes());
        self.bytes.extend(record.ttl.to_be_bytes());
        let place = self.bytes.len();
        self.bytes.extend([0; 2]);
        match &record.data {
            Data::Ptr(name) => self.name(name),
            Data::Srv { port, host } => {
                self.bytes.extend([0; 4]);
                self.bytes.extend(port.to_be_bytes());
                // Not compressed: RFC 2782 forbids it, and some readers hold on to that.
                self.bytes.extend_from_slice(&host.0);
                self.bytes.push(0);
            }
            // An empty text is one empty string.
            Data::Txt(text) if text.is_empty() => self.bytes.push(0),
            Data::Txt(text) => self.bytes.extend_from_slice(text),
            Data::Address(IpAddr::V4(ip)) => self.bytes.extend(ip.octets()),
            Data::Address(IpAddr::V6(ip)) => self.bytes.extend(ip.octets()),
        }
        let length = u16::try_from(self.bytes.len() - place - 2).unwrap_or(u16::MAX);
        self.bytes[place..place + 2].copy_from_slice(&length.to_be_bytes());
        self.answers += 1;
    }

    /// Returns how long the message is so far, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes[4..6].copy_from_slice(&self.questions.to_be_bytes());
        self.bytes[6..8].copy_from_slice(&self.answers.to_be_bytes());
        self.bytes
    }

    fn name(&mut self, name: &Name) {
        let mut rest = &name.0[..];
        while let Some(length) = rest.first() {
            let end = rest.to_ascii_lowercase();
            if let Some(place) = self.places.get(&end) {
                self.bytes.extend((0xc000 | place).to_be_bytes());
                return;
            }
            if let Ok(place) = u16::try_from(self.bytes.len())
                && usize::from(place) < REACH
            {
                self.places.insert(end, place);
            }
            let (label, after) = rest.split_at((1 + usize::from(*length)).min(rest.len()));
            self.bytes.extend_from_slice(label);
            rest = after;
        }
        self.bytes.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn name(text: &str) -> Name {
        let labels: Vec<&[u8]> = text.split('.').map(str::as_bytes).collect();
        Name::of(&labels).unwrap()
    }

    #[test]
    fn names_are_the_same_whatever_their_case() {
        let (one, two) = (name("Node-1._micro._TCP.local"), name("node-1._micro._tcp.LOCAL"));
        assert_eq!(one, two);
        let hash = |name: &Name| {
            let mut hasher = std::hash::DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(&one), hash(&two));
        assert_eq!(one.first(), b"Node-1");
        assert!(one.is_below(&name("_micro._tcp.local")));
        assert!(!one.is_below(&name("_tcp.local")) && !name("local").is_below(&name("local")));
        assert!(Name::of(&[b""]).is_none() && Name::of(&[&[b'a'; 64]]).is_none());
    }

    #[test]
    fn what_is_written_reads_back_and_names_are_written_once() {
        let service = name("_micro._tcp.local");
        let (instance, host) = (service.below(b"a.b").unwrap(), name("micro-1.local"));
        let record = |name: &Name, data| Record { name: name.clone(), ttl: 15, flush: true, data };
        let records = [
            record(&service, Data::Ptr(instance.clone())),
            record(&instance, Data::Srv { port: 4000, host: host.clone() }),
            record(&instance, Data::Txt(b"\x09txtvers=1".to_vec())),
            record(&host, Data::Address("10.0.0.1".parse().unwrap())),
            record(&host, Data::Address("fd00::1".parse().unwrap())),
        ];
        let mut writer = Writer::answer(7);
        writer.ask(&service, PTR);
        records.iter().for_each(|record| writer.tell(record));
        let bytes = writer.finish();
        assert_eq!(bytes.windows(6).filter(|window| window == b"_micro").count(), 1);
        let message = read(&bytes).unwrap();
        assert_eq!((message.id, message.response), (7, true));
        assert_eq!(message.questions, [Question { name: service, kind: PTR }]);
        assert_eq!(message.answers, records);
    }
}
