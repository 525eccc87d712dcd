//! Enumerations, and messages as a whole.

use super::pair::{Pair, pair};

pub(crate) const PAIRS: &[Pair] = &[
    pair(
        "a value is removed",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_NONE = 0; }",
    )
    .breaks(&["value-removed:shop.v1.Cover.COVER_SOFT"])
    .buf(&["ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED"]),
    pair(
        "a value is removed and its number and name are reserved",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        r#"enum Cover { reserved 1; reserved "COVER_SOFT"; COVER_NONE = 0; }"#,
    ),
    pair(
        "a value has a new number",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 2; }",
    )
    .breaks(&["value-renumbered:shop.v1.Cover.COVER_SOFT"])
    .buf(&["ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED"]),
    pair(
        "a value is renamed",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_NONE = 0; COVER_PAPER = 1; }",
    )
    .breaks(&["value-renamed:shop.v1.Cover.COVER_SOFT"])
    .buf(&["ENUM_VALUE_SAME_NAME"]),
    pair(
        "a value takes the number of another",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; COVER_HARD = 2; }",
        "enum Cover { COVER_NONE = 0; COVER_HARD = 1; }",
    )
    .breaks(&["value-renumbered:shop.v1.Cover.COVER_HARD", "value-removed:shop.v1.Cover.COVER_SOFT"])
    .buf(&[
        "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "ENUM_VALUE_SAME_NAME",
    ]),
    pair(
        "what is not sent has another name",
        "enum Cover { COVER_UNKNOWN = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_UNSPECIFIED = 0; COVER_SOFT = 1; }",
    )
    .breaks(&["value-renamed:shop.v1.Cover.COVER_UNKNOWN"])
    .buf(&["ENUM_VALUE_SAME_NAME"]),
    pair(
        "what is not sent means something else",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_SOFT = 0; COVER_NONE = 1; }",
    )
    .breaks(&["enum-zero:shop.v1.Cover", "value-renumbered:shop.v1.Cover.COVER_SOFT"])
    .buf(&["ENUM_VALUE_SAME_NAME"]),
    pair(
        "a new value takes the place of what is not sent",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { COVER_HARD = 0; COVER_SOFT = 1; COVER_NONE = 2; }",
    )
    .breaks(&["enum-zero:shop.v1.Cover"])
    .buf(&["ENUM_VALUE_SAME_NAME"]),
    pair(
        "the old syntax has another value first",
        r#"syntax = "proto2"; package shop.v1; enum Cover { COVER_SOFT = 1; COVER_HARD = 2; }"#,
        r#"syntax = "proto2"; package shop.v1; enum Cover { COVER_HARD = 2; COVER_SOFT = 1; }"#,
    )
    .breaks(&["enum-zero:shop.v1.Cover"])
    .differs(
        "In the old syntax the first value is the one that is read where nothing was sent; buf \
         compares values by number.",
    ),
    pair(
        "a value gets a second name",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "enum Cover { option allow_alias = true; COVER_NONE = 0; COVER_SOFT = 1; COVER_PAPER = 1; }",
    ),
    pair(
        "a value loses its second name",
        "enum Cover { option allow_alias = true; COVER_NONE = 0; COVER_SOFT = 1; COVER_PAPER = 1; }",
        "enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
    )
    .breaks(&["value-removed:shop.v1.Cover.COVER_PAPER"])
    .buf(&["ENUM_VALUE_SAME_NAME"]),
    pair(
        "a number of values is reserved no longer",
        "enum Cover { reserved 3 to 4; COVER_NONE = 0; }",
        "enum Cover { reserved 3; COVER_NONE = 0; }",
    )
    .breaks(&["reserved-removed:shop.v1.Cover.4"])
    .buf(&["RESERVED_ENUM_NO_DELETE"]),
    pair(
        "an enumeration is removed",
        "message Item { string name = 1; } enum Cover { COVER_NONE = 0; }",
        "message Item { string name = 1; }",
    )
    .breaks(&["enum-removed:shop.v1.Cover"])
    .differs(
        "buf counts what is gone in FILE and PACKAGE only, as something that code generated again \
         lacks; here its values are numbers that nothing explains any more.",
    ),
    pair(
        "a message is removed with what is nested in it",
        "message Item { string name = 1; } message Old { message Part { int32 size = 1; } Part part = 1; }",
        "message Item { string name = 1; }",
    )
    .breaks(&["message-removed:shop.v1.Old"])
    .differs(
        "buf counts what is gone in FILE and PACKAGE only, as something that code generated again \
         lacks; here what holds it in an `Any`, or was stored, cannot be read.",
    ),
];
