//! The rules: what callers of a contract rely on, one name each.

use std::fmt;

/// A rule of compatibility. Its name is stable: permissions are given by it.
///
/// What only adds breaks no rule: messages, fields, values, methods, services, packages, and what is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `package-moved`: everything of a package is in another one now, and it was more than imported.
    PackageMoved,
    /// `package-removed`: a package is gone with all that was in it, and it was more than imported.
    PackageRemoved,
    /// `service-removed`: a service is gone.
    ServiceRemoved,
    /// `method-removed`: a method is gone.
    MethodRemoved,
    /// `method-kind`: another side of a method streams.
    MethodKind,
    /// `method-request`: a method takes another message.
    MethodRequest,
    /// `method-reply`: a method answers with another message.
    MethodReply,
    /// `method-idempotency`: a method promises less about being called twice.
    MethodIdempotency,
    /// `message-removed`: a message is gone that no method had. For others the method or the field is judged that had
    /// it.
    MessageRemoved,
    /// `field-removed`: a field is gone, and its number or its name is not reserved.
    FieldRemoved,
    /// `field-reused`: the number of a field is that of another field now.
    FieldReused,
    /// `field-renumbered`: a field has another number.
    FieldRenumbered,
    /// `field-renamed`: a field has another name.
    FieldRenamed,
    /// `field-retyped`: a field has another type, or the keys or values of a map have.
    FieldRetyped,
    /// `field-cardinality`: a field holds one value in place of many, is a map no longer, or must be sent.
    FieldCardinality,
    /// `field-presence`: a field that was not sent can no longer be told from one at its default.
    FieldPresence,
    /// `field-required`: a field is new and must be sent.
    FieldRequired,
    /// `field-oneof`: a field has come into a oneof, or left it.
    FieldOneof,
    /// `field-json-name`: a field is called otherwise in JSON.
    FieldJsonName,
    /// `field-default`: a field that is not sent is read as another value.
    FieldDefault,
    /// `enum-removed`: an enumeration is gone that no method had. For others the field is judged that had it.
    EnumRemoved,
    /// `enum-zero`: another value is the one that stands for "not sent".
    EnumZero,
    /// `value-removed`: a value of an enumeration is gone, and its number or its name is not reserved.
    ValueRemoved,
    /// `value-renumbered`: a value of an enumeration has another number.
    ValueRenumbered,
    /// `value-renamed`: a value of an enumeration has another name.
    ValueRenamed,
    /// `reserved-removed`: a number or a name is reserved no longer.
    ReservedRemoved,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 26] = [
        Rule::PackageMoved,
        Rule::PackageRemoved,
        Rule::ServiceRemoved,
        Rule::MethodRemoved,
        Rule::MethodKind,
        Rule::MethodRequest,
        Rule::MethodReply,
        Rule::MethodIdempotency,
        Rule::MessageRemoved,
        Rule::FieldRemoved,
        Rule::FieldReused,
        Rule::FieldRenumbered,
        Rule::FieldRenamed,
        Rule::FieldRetyped,
        Rule::FieldCardinality,
        Rule::FieldPresence,
        Rule::FieldRequired,
        Rule::FieldOneof,
        Rule::FieldJsonName,
        Rule::FieldDefault,
        Rule::EnumRemoved,
        Rule::EnumZero,
        Rule::ValueRemoved,
        Rule::ValueRenumbered,
        Rule::ValueRenamed,
        Rule::ReservedRemoved,
    ];

    /// Returns the rule's name: `field-removed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Rule::PackageMoved => "package-moved",
            Rule::PackageRemoved => "package-removed",
            Rule::ServiceRemoved => "service-removed",
            Rule::MethodRemoved => "method-removed",
            Rule::MethodKind => "method-kind",
            Rule::MethodRequest => "method-request",
            Rule::MethodReply => "method-reply",
            Rule::MethodIdempotency => "method-idempotency",
            Rule::MessageRemoved => "message-removed",
            Rule::FieldRemoved => "field-removed",
            Rule::FieldReused => "field-reused",
            Rule::FieldRenumbered => "field-renumbered",
            Rule::FieldRenamed => "field-renamed",
            Rule::FieldRetyped => "field-retyped",
            Rule::FieldCardinality => "field-cardinality",
            Rule::FieldPresence => "field-presence",
            Rule::FieldRequired => "field-required",
            Rule::FieldOneof => "field-oneof",
            Rule::FieldJsonName => "field-json-name",
            Rule::FieldDefault => "field-default",
            Rule::EnumRemoved => "enum-removed",
            Rule::EnumZero => "enum-zero",
            Rule::ValueRemoved => "value-removed",
            Rule::ValueRenumbered => "value-renumbered",
            Rule::ValueRenamed => "value-renamed",
            Rule::ReservedRemoved => "reserved-removed",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_the_name_of_its_variant() {
        for rule in Rule::ALL {
            let words = rule.as_str().split('-');
            let variant: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert_eq!(variant, format!("{rule:?}"));
        }
        let mut sorted = Rule::ALL.to_vec();
        sorted.dedup();
        assert!(sorted.is_sorted() && sorted.len() == Rule::ALL.len());
        assert_eq!(Rule::ALL.len(), Rule::ReservedRemoved as usize + 1);
    }
}
