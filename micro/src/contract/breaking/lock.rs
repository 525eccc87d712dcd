//! The baseline as a file: one line for people and tools, a zero byte, an encoded `FileDescriptorSet`.
//!
//! Of the line a reader compares what is before the colon; what is after it is for people, and any version may say it
//! in other words. The line has a checksum, so that a damaged file is told from an old one: a set that lacks its end, or
//! has a bit changed, is often a set of other things. The zero byte makes version control treat the file as binary: it
//! converts no line ends in it and merges no lines.

use std::fmt;

/// The format written here. A reader takes every format up to its own.
const FORMAT: u32 = 1;

const BEGIN: &str = "# micro contract lock ";

/// What the first line tells people.
const TOLD: &str = " what callers rely on, as a FileDescriptorSet. Compared by micro::contract::assert_compatible!(), \
                    moved by UPDATE_CONTRACT_LOCK=1 cargo test, never by hand.";

/// What ends the first line; git looks for it in the first bytes of a file.
const END: &[u8] = b"\n\0";

/// Why a file is no baseline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Damage {
    Empty,
    Foreign,
    /// Written in a later format.
    Newer(u32),
    /// Ends before it should: so many bytes of so many.
    Short(usize, usize),
    /// Has lines of a merge in it.
    Merged,
    Changed,
}

/// Writes a file around an encoded set.
pub(super) fn write(set: &[u8]) -> Vec<u8> {
    [header(crc32(set), set.len()).as_slice(), END, set].concat()
}

/// Reads the encoded set of a file.
pub(super) fn read(file: &[u8]) -> Result<&[u8], Damage> {
    checked(file).map_err(|damage| if has_merge_marks(file) { Damage::Merged } else { damage })
}

fn checked(file: &[u8]) -> Result<&[u8], Damage> {
    if file.is_empty() {
        return Err(Damage::Empty);
    }
    let rest = file.strip_prefix(BEGIN.as_bytes()).ok_or(Damage::Foreign)?;
    let word = |rest: &[u8]| {
        let end = rest.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    match word(rest).parse::<u32>() {
        Ok(FORMAT) => {}
        Ok(newer) if newer > FORMAT => return Err(Damage::Newer(newer)),
        _ => return Err(Damage::Changed),
    }
    let Some(end) = file.windows(END.len()).position(|bytes| bytes == END) else {
        return Err(Damage::Changed);
    };
    let (first, set) = (&file[..end], &file[end + END.len()..]);
    let mark = |name: &[u8]| {
        let at = first.windows(name.len()).position(|bytes| bytes == name)?;
        Some(word(&first[at + name.len()..]))
    };
    let crc = mark(b"crc32=").and_then(|crc| u32::from_str_radix(&crc, 16).ok());
    let length = mark(b"bytes=").and_then(|length| length.parse::<usize>().ok());
    let (Some(crc), Some(length)) = (crc, length) else { return Err(Damage::Changed) };
    // What tools read of the line holds nothing that is not checked.
    if !first.starts_with(begin(crc, length).as_bytes()) {
        return Err(Damage::Changed);
    }
    if set.len() < length {
        return Err(Damage::Short(set.len(), length));
    }
    if set.len() > length || crc32(set) != crc {
        return Err(Damage::Changed);
    }
    Ok(set)
}

/// Writes the first line.
fn header(crc: u32, length: usize) -> Vec<u8> {
    format!("{}{TOLD}", begin(crc, length)).into_bytes()
}

/// Writes what the first line of this format begins with. Files that were committed have it: another one is another
/// format.
fn begin(crc: u32, length: usize) -> String {
    format!("{BEGIN}{FORMAT} crc32={crc:08x} bytes={length} :")
}

fn has_merge_marks(file: &[u8]) -> bool {
    [b"<<<<<<< ", b">>>>>>> "].iter().any(|mark| {
        file.starts_with(*mark) || file.windows(mark.len() + 1).any(|at| at[0] == b'\n' && at[1..] == **mark)
    })
}

/// The checksum of zip and Ethernet: any change of up to 32 bits in a row is noticed.
fn crc32(bytes: &[u8]) -> u32 {
    let byte = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, byte)
}

impl fmt::Display for Damage {
    /// Goes on after the name of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Empty => f.write_str("is empty; restore it from version control"),
            Damage::Foreign => f.write_str("is no contract lock; restore it from version control, or give another path"),
            Damage::Newer(format) => write!(
                f,
                "has format {format}, and this version of micro knows formats up to {FORMAT}; build with the version \
                 of micro that wrote it, or a later one"
            ),
            Damage::Short(there, length) => write!(
                f,
                "is cut off: {there} of {length} bytes of the contract are there; restore it from version control"
            ),
            Damage::Merged => f.write_str(
                "has the marks of a merge in it; take the version of the branch that is released, whole \
                 (`git checkout --ours` or `--theirs`), then move it on",
            ),
            Damage::Changed => f.write_str(
                "is corrupted: its checksum does not fit; restore it from version control, and if that changes line \
                 ends, mark the file as binary in .gitattributes",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &[u8] = b"\x0a\x0c\x0a\x07a.proto\x62\x01x";

    #[test]
    fn the_checksum_is_the_one_everybody_has() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn what_was_written_is_read() {
        for set in [SET, b"", b"\n\0\n\0", b"\n<<<<<<< ours\n"] {
            assert_eq!(read(&write(set)), Ok(set));
        }
    }

    /// Returns where what is told to people begins and ends.
    fn told() -> std::ops::Range<usize> {
        let begin = begin(crc32(SET), SET.len()).len();
        begin..begin + TOLD.len()
    }

    #[test]
    fn every_bit_that_is_changed_is_noticed() {
        let file = write(SET);
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[at] ^= 1 << bit;
                match told().contains(&at) {
                    true => assert_eq!(read(&damaged), Ok(SET), "byte {at}, bit {bit}"),
                    false => assert!(read(&damaged).is_err(), "byte {at}, bit {bit}"),
                }
            }
        }
    }

    #[test]
    fn what_people_are_told_may_be_said_in_other_words() {
        let file = write(SET);
        for told_then in ["", " never by hand."] {
            let older = [&file[..told().start], told_then.as_bytes(), &file[told().end..]].concat();
            assert_eq!(read(&older), Ok(SET));
        }
        // Every file that is committed begins so. A change of this line is a new format.
        assert!(file.starts_with(b"# micro contract lock 1 crc32="));
        assert!(file[..told().start].ends_with(b" bytes=14 :"));
    }

    #[test]
    fn every_byte_that_is_missing_or_too_many_is_noticed() {
        let file = write(SET);
        for end in 0..file.len() {
            assert!(read(&file[..end]).is_err(), "{end} bytes");
            let mut longer = file.clone();
            longer.insert(end, b' ');
            let is_told = end == told().end || told().contains(&end);
            assert_eq!(read(&longer).is_ok(), is_told, "one more at {end}");
        }
        assert_eq!(read(&file[..file.len() - 3]), Err(Damage::Short(SET.len() - 3, SET.len())));
        assert_eq!(read(&[&file[..], b"\n"].concat()), Err(Damage::Changed));
    }

    #[test]
    fn damage_is_told_apart() {
        let file = write(SET);
        let text = String::from_utf8(file[..file.len() - SET.len()].to_vec()).unwrap();
        let with = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            [text.replacen(from, to, 1).as_bytes(), SET].concat()
        };
        assert_eq!(read(b""), Err(Damage::Empty));
        assert_eq!(read(b"syntax = \"proto3\";\n"), Err(Damage::Foreign));
        assert_eq!(read(&with("lock 1 ", "lock 2 ")), Err(Damage::Newer(2)));
        assert_eq!(read(&with("lock 1 ", "lock 0 ")), Err(Damage::Changed));
        assert_eq!(read(&with(" :", " ;")), Err(Damage::Changed));
        let converted: Vec<u8> = file.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        assert_eq!(read(&converted), Err(Damage::Changed));
        let merged =
            [&b"<<<<<<< ours\n"[..], &file[..], b"=======\n", &file[..], b">>>>>>> theirs\n"].concat();
        assert_eq!(read(&merged), Err(Damage::Merged));
    }

    #[test]
    fn the_first_line_says_what_the_file_is_and_the_rest_is_binary() {
        let file = write(SET);
        let line = file.split(|byte| *byte == b'\n').next().unwrap();
        let line = std::str::from_utf8(line).unwrap();
        assert!(line.contains("UPDATE_CONTRACT_LOCK=1 cargo test") && line.contains("lock 1 "), "{line}");
        // Git takes a file for binary by a zero among its first 8000 bytes.
        assert!(file[..line.len() + 2].ends_with(b"\0"));
    }
}
