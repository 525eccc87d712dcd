//! Checks of field numbers that only the compiler can make: how many numbers a oneof takes is known by its type,
//! which a macro does not see.

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
    fn reserved_and_impossible_numbers_are_refused() {
        assert!(!distinct(&[run(3, 1)], &[(2, 4)]));
        assert!(!distinct(&[run(0, 1)], &[]));
        assert!(!distinct(&[run(18_999, 2)], &[]));
        assert!(!distinct(&[run(536_870_911, 2)], &[]));
    }
}
