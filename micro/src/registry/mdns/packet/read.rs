//! Reading, strictly and at a bounded price.
//!
//! What a packet can cost is bounded by its length but for names: a compressed one leads backwards only, so it ends,
//! but it may take many steps, and many names may each lead to a long one. Both have a limit.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    A, AAAA, ANY, Data, FLUSH, INTERNET, LONGEST, LONGEST_NAME, Message, Name, PTR, Question, RESPONSE,
    Record, SRV, TXT,
};

/// How many questions and records a packet may hold. A full one of real records holds fewer.
const MOST: usize = 512;
/// How many times a name may go on elsewhere in the packet. One that was written well does so a few times.
const MOST_HOPS: usize = 16;
/// How many bytes all names of a message may have when they are written out.
const MOST_NAMES: usize = 64 << 10;
/// How many bytes cost as much as a record, about.
const BYTES_OF_A_RECORD: usize = 64;

/// Returns how much work it may be to read a packet and take in what it says, in records. One that says it holds too
/// many is not read, so they cost nothing.
pub(in crate::registry::mdns) fn weight(bytes: &[u8]) -> usize {
    let counts = bytes.get(4..12).unwrap_or_default().chunks_exact(2);
    let held: usize = counts.map(|count| usize::from(u16::from_be_bytes([count[0], count[1]]))).sum();
    let read = if held > MOST { 0 } else { held };
    1 + read + bytes.len() / BYTES_OF_A_RECORD
}

/// Reads a message; `None` for what is none, is longer than allowed, or reports an error.
pub(in crate::registry::mdns) fn read(bytes: &[u8]) -> Option<Message> {
    if bytes.len() > LONGEST {
        return None;
    }
    let mut reader = Reader { bytes, at: 0, names: MOST_NAMES };
    let (id, flags) = (reader.u16()?, reader.u16()?);
    // Neither another operation than asking nor an error is part of multicast DNS.
    if flags & 0x780f != 0 {
        return None;
    }
    let [asked, answers, authority, additional] =
        [reader.count()?, reader.count()?, reader.count()?, reader.count()?];
    if asked + answers + authority + additional > MOST {
        return None;
    }
    let mut questions = Vec::new();
    for _ in 0..asked {
        let (name, kind, class) = (reader.name()?, reader.u16()?, reader.u16()?);
        // The highest bit asks for an answer to the asker alone; everybody may have it.
        if matches!(class & !FLUSH, INTERNET | ANY) {
            questions.push(Question { name, kind });
        }
    }
    let answers = reader.records(answers)?;
    reader.records(authority)?;
    let additional = reader.records(additional)?;
    let response = flags & RESPONSE != 0;
    Some(Message { id, response, probe: !response && authority > 0, questions, answers, additional })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many bytes of names may still be read.
    names: usize,
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn count(&mut self) -> Option<usize> {
        self.u16().map(usize::from)
    }

    fn records(&mut self, count: usize) -> Option<Vec<Record>> {
        let mut records = Vec::new();
        for _ in 0..count {
            records.extend(self.record()?);
        }
        Some(records)
    }

    /// Reads a record; `Some(None)` for one of a type or class that nobody here asks for.
    fn record(&mut self) -> Option<Option<Record>> {
        let (name, kind, class) = (self.name()?, self.u16()?, self.u16()?);
        let ttl = u32::from_be_bytes(self.take()?);
        let length = self.count()?;
        let end = self.at + length;
        let content = self.bytes.get(self.at..end)?;
        let data = match kind {
            _ if class & !FLUSH != INTERNET => None,
            PTR => Some(Data::Ptr(self.name()?)),
            SRV => {
                let [_priority, _weight, port] = [self.u16()?, self.u16()?, self.u16()?];
                Some(Data::Srv { port, host: self.name()? })
            }
            TXT => Some(Data::Txt(content.to_vec())),
            A => Some(Data::Address(Ipv4Addr::from(self.take::<4>()?).into())),
            AAAA => Some(Data::Address(Ipv6Addr::from(self.take::<16>()?).into())),
            _ => None,
        };
        // What was read has to be what the record says it holds; a text was not read, only taken.
        let read_whole = self.at == end || matches!(data, None | Some(Data::Txt(_)));
        self.at = end;
        read_whole.then(|| data.map(|data| Record { name, ttl, flush: class & FLUSH != 0, data }))
    }

    fn name(&mut self) -> Option<Name> {
        let mut wire = Vec::new();
        let mut at = self.at;
        // Each pointer leads further back than all before it, and labels only add up to the longest name.
        let mut floor = self.at;
        let mut end = None;
        let mut hops = 0;
        loop {
            let length = *self.bytes.get(at)?;
            match length & 0xc0 {
                0x00 if length == 0 => break,
                0x00 => {
                    let next = at + 1 + usize::from(length);
                    wire.extend_from_slice(self.bytes.get(at..next)?);
                    if wire.len() > LONGEST_NAME {
                        return None;
                    }
                    at = next;
                }
                0xc0 => {
                    let low = *self.bytes.get(at + 1)?;
                    let target = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                    hops += 1;
                    if target >= floor || hops > MOST_HOPS {
                        return None;
                    }
                    end.get_or_insert(at + 2);
                    (floor, at) = (target, target);
                }
                _ => return None,
            }
        }
        self.at = end.unwrap_or(at + 1);
        self.names = self.names.checked_sub(wire.len())?;
        Some(Name(wire.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_in_circles_is_refused() {
        let head = [0_u8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let names: [&[u8]; 5] =
            [&[0xc0, 12], &[0xc0, 14, 0xc0, 12], &[1, b'a', 0xc0, 12], &[0xc0], &[0x40, 1]];
        for name in names {
            let bytes = [&head[..], name, &[0, 12, 0, 1][..]].concat();
            assert!(read(&bytes).is_none(), "{name:x?}");
        }
        assert!(read(&[&head[..], &[0, 0, 12, 0, 1][..]].concat()).is_some());
    }

    #[test]
    fn a_record_that_lies_about_its_length_is_refused() {
        let head = [0_u8, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let address = |length: u8, content: &[u8]| -> Vec<u8> {
            [&head[..], &[0, 0, 1, 0, 1, 0, 0, 0, 9, 0, length][..], content].concat()
        };
        assert_eq!(read(&address(4, &[10, 0, 0, 1])).unwrap().answers.len(), 1);
        let lies: [(u8, &[u8]); 3] = [(5, &[10, 0, 0, 1, 0]), (3, &[10, 0, 0, 1]), (4, &[10])];
        for (length, content) in lies {
            assert!(read(&address(length, content)).is_none(), "{length} {content:?}");
        }
    }

    #[test]
    fn a_name_goes_on_elsewhere_a_few_times_only() {
        // The root, then pointers that lead each to the one before it, behind a record nobody asks for.
        let chain = |hops: u8| {
            let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0];
            bytes.extend([0, 0, 99, 0, 1, 0, 0, 0, 9, 0, 2 * hops - 1]);
            let begin = u8::try_from(bytes.len()).unwrap();
            bytes.push(0);
            for hop in 1..hops {
                let before = if hop == 1 { begin } else { begin + 1 + 2 * (hop - 2) };
                bytes.extend([0xc0, before]);
            }
            let last = begin + 1 + 2 * (hops - 2);
            bytes.extend([0xc0, last, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 1]);
            read(&bytes).map(|message| message.answers.len())
        };
        assert_eq!(chain(16), Some(1));
        assert_eq!(chain(17), None);
        assert_eq!(chain(100), None);
    }

    #[test]
    fn all_names_together_have_a_limit() {
        let many = |count: u16| {
            let mut bytes = vec![0, 0, 0x84, 0, 0, 0];
            bytes.extend((count + 1).to_be_bytes());
            bytes.extend([0; 4]);
            // A name of 250 bytes, and records that lead to it twice each.
            for length in [62, 62, 62, 60] {
                bytes.push(length);
                bytes.extend(vec![b'a'; usize::from(length)]);
            }
            bytes.extend([0, 0, 99, 0, 1, 0, 0, 0, 9, 0, 0]);
            for _ in 0..count {
                bytes.extend([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12]);
            }
            read(&bytes).map(|message| message.answers.len())
        };
        assert_eq!(many(100), Some(100));
        assert_eq!(many(130), Some(130));
        assert_eq!(many(132), None);
        assert_eq!(many(400), None);
    }

    #[test]
    fn who_is_about_to_use_a_name_is_told_apart() {
        let with_authority = |flags: u8| {
            let head = [0, 0, flags, 0, 0, 0, 0, 0, 0, 1, 0, 0];
            read(&[&head[..], &[0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 1][..]].concat()).unwrap().probe
        };
        assert!(with_authority(0) && !with_authority(0x84));
    }

    #[test]
    fn a_packet_costs_what_it_says_it_holds_and_its_length() {
        let packet = |records: u16, length: usize| {
            let mut bytes = vec![0; length];
            bytes[6..8].copy_from_slice(&records.to_be_bytes());
            weight(&bytes)
        };
        assert_eq!((packet(0, 12), packet(5, 128), packet(512, 12)), (1, 8, 513));
        assert_eq!(packet(u16::MAX, 128), 3, "it is refused unread");
        assert_eq!(weight(&[]), 1);
    }
}
