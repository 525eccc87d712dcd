//! One break, as it is told.

use std::fmt;

use super::rule::Rule;

/// One change that breaks those who call by the old contract.
///
/// `Display` is the whole message: where and what, what old callers would see, how to allow it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Break {
    // First, as breaks are sorted by it.
    place: String,
    rule: Rule,
    change: String,
    callers: String,
}

impl Break {
    pub(super) fn new(
        rule: Rule,
        place: impl Into<String>,
        change: impl Into<String>,
        callers: impl Into<String>,
    ) -> Break {
        Break { place: place.into(), rule, change: change.into(), callers: callers.into() }
    }

    /// Returns the rule that is broken.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns where: the full name in the old contract, such as `ledger.v1.Entry.amount`. A value has the name of
    /// its enumeration before its own.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Says what has changed, and how it can be mended.
    pub fn change(&self) -> &str {
        &self.change
    }

    /// Says what old callers would see.
    pub fn callers(&self) -> &str {
        &self.callers
    }

    /// Returns the name by which the break is allowed: `field-removed:ledger.v1.Entry.amount`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.rule, self.place)
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.change)?;
        writeln!(f, "  old callers: {}", self.callers)?;
        write!(f, "  to allow it: allow = [\"{}\"]", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_is_one_message() {
        let text = Break::new(Rule::FieldRemoved, "a.v1.B.c", "is gone", "read nothing").to_string();
        assert_eq!(
            text,
            "a.v1.B.c: is gone\n  old callers: read nothing\n  to allow it: allow = [\"field-removed:a.v1.B.c\"]"
        );
    }
}
