//! Checks of field numbers and names that only the compiler can make: which of them a oneof takes is known by its
//! type, which a macro does not see.

/// The numbers one field takes.
#[doc(hidden)]
pub struct Numbers {
    /// The first number.
    pub base: u32,
    /// How many follow one another.
    pub span: u32,
    /// The numbers themselves, when the variants of a oneof have their own; `base` and `span` mean nothing then.
    pub listed: &'static [u32],
}

impl Numbers {
    const fn count(&self) -> usize {
        if self.listed.is_empty() { self.span as usize } else { self.listed.len() }
    }

    const fn get(&self, index: usize) -> u32 {
        if self.listed.is_empty() { self.base + index as u32 } else { self.listed[index] }
    }
}

/// Tells whether no number is out of range, reserved (inclusive ranges), or used twice.
#[doc(hidden)]
pub const fn distinct(fields: &[Numbers], reserved: &[(u32, u32)]) -> bool {
    let mut field = 0;
    while field < fields.len() {
        let mut index = 0;
        while index < fields[field].count() {
            let number = fields[field].get(index);
            if !is_valid(number)
                || is_reserved(number, reserved)
                || is_used_after(number, fields, field, index)
            {
                return false;
            }
            index += 1;
        }
        field += 1;
    }
    true
}

const fn is_valid(number: u32) -> bool {
    number >= 1 && number <= 536_870_911 && !(number >= 19_000 && number <= 19_999)
}

const fn is_reserved(number: u32, reserved: &[(u32, u32)]) -> bool {
    let mut range = 0;
    while range < reserved.len() {
        if number >= reserved[range].0 && number <= reserved[range].1 {
            return true;
        }
        range += 1;
    }
    false
}

const fn is_used_after(number: u32, fields: &[Numbers], field: usize, index: usize) -> bool {
    let mut other = field;
    while other < fields.len() {
        let mut at = if other == field { index + 1 } else { 0 };
        while at < fields[other].count() {
            if fields[other].get(at) == number {
                return true;
            }
            at += 1;
        }
        other += 1;
    }
    false
}

/// Tells whether the variants of oneofs share no name with a field or with one another, and none is reserved. A field
/// is its name and the names of its variants, none for all but oneofs; two fields that are no oneofs are not compared,
/// nor are their names held against those that are reserved.
///
/// To protobuf, names of fields are one when they differ in case and underscores only.
#[doc(hidden)]
pub const fn named_once(fields: &[(&str, &[&str])], reserved: &[&str]) -> bool {
    let mut field = 0;
    while field < fields.len() {
        let variants = fields[field].1;
        let mut variant = 0;
        while variant < variants.len() {
            let name = variants[variant];
            if contains(reserved, name) || is_taken(name, fields, field, variant) {
                return false;
            }
            variant += 1;
        }
        field += 1;
    }
    true
}

/// Tells whether `name`, a variant of `fields[field]`, is that of another field, of a oneof or of a later variant.
const fn is_taken(name: &str, fields: &[(&str, &[&str])], field: usize, variant: usize) -> bool {
    let mut other = 0;
    while other < fields.len() {
        let (theirs, variants) = fields[other];
        // The name of a oneof is none of a field: only the same one would be in its way.
        let taken = if variants.is_empty() { is_alike(name, theirs) } else { is_same(name, theirs) };
        if taken {
            return true;
        }
        let mut at = if other == field { variant + 1 } else { 0 };
        while other >= field && at < variants.len() {
            if is_alike(name, variants[at]) {
                return true;
            }
            at += 1;
        }
        other += 1;
    }
    false
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is_same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const fn is_alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (mut here, mut there) = (0, 0);
    loop {
        while here < one.len() && one[here] == b'_' {
            here += 1;
        }
        while there < other.len() && other[there] == b'_' {
            there += 1;
        }
        if here == one.len() || there == other.len() {
            return here == one.len() && there == other.len();
        }
        if !one[here].eq_ignore_ascii_case(&other[there]) {
            return false;
        }
        here += 1;
        there += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(base: u32, span: u32) -> Numbers {
        Numbers { base, span, listed: &[] }
    }

    #[test]
    fn spans_must_not_meet() {
        assert!(distinct(&[run(1, 3), run(4, 1)], &[]));
        assert!(!distinct(&[run(1, 3), run(3, 1)], &[]));
        assert!(!distinct(&[run(5, 1), run(4, 2)], &[]));
    }

    #[test]
    fn listed_numbers_count_instead_of_the_place() {
        let listed = |listed| Numbers { base: 1, span: 1, listed };
        assert!(distinct(&[listed(&[7, 9]), run(1, 1)], &[]));
        assert!(!distinct(&[listed(&[7, 9]), run(8, 2)], &[]));
        assert!(!distinct(&[listed(&[7, 7])], &[]));
    }

    #[test]
    fn variants_of_oneofs_are_fields_of_the_message() {
        assert!(named_once(&[("a", &[]), ("choice", &["b", "c"]), ("other", &["d"])], &["e", "B"]));
        assert!(!named_once(&[("b", &[]), ("choice", &["b", "c"])], &[]));
        assert!(!named_once(&[("choice", &["b", "c"]), ("_B", &[])], &[]));
        assert!(!named_once(&[("choice", &["b", "some_c"]), ("other", &["d", "someC"])], &[]));
        assert!(!named_once(&[("choice", &["b", "b_"])], &[]));
        assert!(!named_once(&[("choice", &["choice"])], &[]));
        assert!(named_once(&[("choice", &["cho_ice"])], &[]));
        assert!(!named_once(&[("choice", &["b"])], &["b"]));
        assert!(named_once(&[("choice", &["b"])], &["choice"]));
    }

    #[test]
    fn reserved_and_impossible_numbers_are_refused() {
        assert!(!distinct(&[run(3, 1)], &[(2, 4)]));
        assert!(!distinct(&[run(0, 1)], &[]));
        assert!(!distinct(&[run(18_999, 2)], &[]));
        assert!(!distinct(&[run(536_870_911, 2)], &[]));
    }
}
