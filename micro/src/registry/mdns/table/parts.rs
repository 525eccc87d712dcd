//! What is said of an instance in one message, and how long it holds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::mdns::interface::Interface;
use crate::registry::mdns::packet::Name;
use crate::registry::mdns::record::{self, Told};

/// The longest a record is believed without being said again, whatever it says.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(4_500);
/// How many bytes an item of a list takes, about: it is kept twice, each time with memory of its own.
const COST_OF_AN_ITEM: usize = 128;

/// Where and when something was heard.
pub(in crate::registry::mdns) struct Heard<'a> {
    pub(in crate::registry::mdns) interface: &'a Arc<Interface>,
    pub(in crate::registry::mdns) source: IpAddr,
    /// Whether it answers a question that was asked once: such an answer says less than the full lifetime.
    pub(in crate::registry::mdns) direct: bool,
    pub(in crate::registry::mdns) now: Instant,
}

/// The text of an instance, and what it was read as.
pub(super) struct Text {
    pub(super) raw: Vec<u8>,
    pub(super) told: Result<Told, &'static str>,
    pub(super) life: Life,
}

impl Text {
    pub(super) fn read(raw: Vec<u8>, label: &[u8], life: Life) -> Text {
        let told = record::read(&raw, label);
        // What cannot be read is kept only as far as needed to know it again.
        let raw = if raw.len() > record::LONGEST { Vec::new() } else { raw };
        Text { raw, told, life }
    }

    pub(super) fn items(&self) -> usize {
        self.told.as_ref().map_or(0, Told::items)
    }

    /// Returns how many bytes it takes, about.
    pub(super) fn cost(&self) -> usize {
        self.raw.len() + COST_OF_AN_ITEM * self.items()
    }
}

/// Until when a record holds.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) until: Instant,
    pub(super) whole: Duration,
    /// How often it was asked for anew.
    asked: u8,
}

impl Life {
    pub(super) fn new(seconds: u32, heard: &Heard<'_>, before: Option<Life>) -> Life {
        let whole = Duration::from_secs(seconds.into()).min(LONGEST_LIFE);
        match before {
            Some(before) if heard.direct && before.until > heard.now + whole => before,
            _ => Life { until: heard.now + whole, whole, asked: 0 },
        }
    }

    /// Lives on because somebody repeats the record; never for less than before, nor longer than its owner said.
    pub(super) fn repeat(&mut self, seconds: u32, heard: &Heard<'_>) {
        let until = heard.now + Duration::from_secs(seconds.into()).min(self.whole);
        if until > self.until {
            (self.until, self.asked) = (until, 0);
        }
    }

    /// When to ask for it anew: at four and at nine tenths of its life, as long as nobody said it again.
    pub(super) fn ask(&self) -> Option<Instant> {
        let left = match self.asked {
            0 => self.whole / 5,
            1 => self.whole / 10,
            _ => return None,
        };
        self.until.checked_sub(left)
    }

    /// Tells whether it is to be asked for anew, and counts that it is.
    pub(super) fn ask_if_due(&mut self, now: Instant) -> bool {
        let due = self.ask().is_some_and(|ask| ask <= now);
        self.asked += u8::from(due);
        due
    }

    /// Tells whether it will be over soon unless somebody says it again.
    pub(super) fn is_ending(&self, now: Instant) -> bool {
        self.until <= now + self.whole / 5
    }
}

/// An address as a message says it: for how many seconds, and whether it voids others of its family.
pub(super) type At = (IpAddr, u32, bool);

/// What one message says of an instance.
#[derive(Default)]
pub(super) struct Said {
    pub(super) pointer: Option<u32>,
    pub(super) server: Option<(u32, u16, Name)>,
    pub(super) text: Option<(u32, Vec<u8>)>,
}

impl Said {
    pub(super) fn takes_back(&self) -> bool {
        let server = self.server.as_ref().map(|(ttl, ..)| *ttl);
        let text = self.text.as_ref().map(|(ttl, _)| *ttl);
        [self.pointer, server, text].contains(&Some(0))
    }
}
