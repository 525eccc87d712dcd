//! What is kept of an instance and of a host, and for how long.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;
use crate::registry::mdns::link::Interface;
use crate::registry::mdns::packet::Name;
use crate::registry::mdns::record::Told;

use super::Place;

/// The longest a record is believed without being said again, whatever it says.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(4_500);

/// Where and when something was heard.
pub(in crate::registry::mdns) struct Heard<'a> {
    pub(in crate::registry::mdns) interface: &'a Arc<Interface>,
    pub(in crate::registry::mdns) source: IpAddr,
    /// Whether it answers a question that was asked once: such an answer says less than the full lifetime.
    pub(in crate::registry::mdns) direct: bool,
    pub(in crate::registry::mdns) now: Instant,
}

pub(super) struct Instance {
    pub(super) interface: Arc<Interface>,
    pub(super) sources: Vec<IpAddr>,
    pub(super) pointer: Option<Life>,
    pub(super) server: Option<(u16, Name, Life)>,
    pub(super) text: Option<Text>,
    /// How often it was heard of, and when last.
    pub(super) heard: u32,
    pub(super) last: Instant,
    /// How often the rest was asked for, and when to ask again.
    pub(super) asked: usize,
    pub(super) ask: Option<Instant>,
    pub(super) node: Option<Arc<Node>>,
}

pub(super) struct Text {
    pub(super) raw: Vec<u8>,
    pub(super) told: Result<Told, &'static str>,
    pub(super) life: Life,
}

#[derive(Default)]
pub(super) struct Host {
    pub(super) addresses: Vec<(IpAddr, Life)>,
    pub(super) instances: Vec<Place>,
}

/// Until when a record holds.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) until: Instant,
    pub(super) whole: Duration,
    /// How often it was asked for anew.
    pub(super) asked: u8,
}

impl Life {
    pub(super) fn new(seconds: u32, heard: &Heard<'_>, before: Option<Life>) -> Life {
        let whole = Duration::from_secs(seconds.into()).min(LONGEST_LIFE);
        match before {
            Some(before) if heard.direct && before.until > heard.now + whole => before,
            _ => Life { until: heard.now + whole, whole, asked: 0 },
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
}

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

impl Instance {
    pub(super) fn is_of(&self, source: IpAddr) -> bool {
        self.sources.first() == Some(&source)
    }

    pub(super) fn lives(&self) -> impl Iterator<Item = &Life> {
        let server = self.server.as_ref().map(|(.., life)| life);
        let text = self.text.as_ref().map(|text| &text.life);
        [self.pointer.as_ref(), server, text].into_iter().flatten()
    }

    pub(super) fn lives_mut(&mut self) -> impl Iterator<Item = &mut Life> {
        let server = self.server.as_mut().map(|(.., life)| life);
        let text = self.text.as_mut().map(|text| &mut text.life);
        [self.pointer.as_mut(), server, text].into_iter().flatten()
    }
}
