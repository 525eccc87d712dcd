//! Types of fields, maps, and what only the old syntax has.

use super::pair::{Pair, pair};

pub(crate) const PAIRS: &[Pair] = &[
    pair("a number becomes text", "message Item { int64 cents = 1; }", "message Item { string cents = 1; }")
        .breaks(&["field-retyped:shop.v1.Item.cents"])
        .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair("a number becomes wider", "message Item { int32 cents = 1; }", "message Item { int64 cents = 1; }")
        .breaks(&["field-retyped:shop.v1.Item.cents"])
        .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a number loses its sign",
        "message Item { int32 cents = 1; }",
        "message Item { uint32 cents = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.cents"])
    .differs("The bytes can be read and JSON has a number on both sides, but -1 arrives as 4294967295."),
    pair(
        "a number has another encoding of the same wire type",
        "message Item { int32 cents = 1; }",
        "message Item { sint32 cents = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.cents"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a fixed number becomes a fraction",
        "message Item { fixed64 cents = 1; }",
        "message Item { double cents = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.cents"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair("text becomes bytes", "message Item { string name = 1; }", "message Item { bytes name = 1; }")
        .breaks(&["field-retyped:shop.v1.Item.name"])
        .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a message becomes another one",
        "message Item { Euro price = 1; } message Euro { int64 cents = 1; } message Yen { int64 sen = 1; }",
        "message Item { Yen price = 1; } message Euro { int64 cents = 1; } message Yen { int64 sen = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.price"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "an enumeration becomes a number",
        "message Item { Cover cover = 1; } enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
        "message Item { int32 cover = 1; } enum Cover { COVER_NONE = 0; COVER_SOFT = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.cover"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "an enumeration becomes another one",
        "message Item { Cover cover = 1; } enum Cover { COVER_NONE = 0; } enum Size { SIZE_NONE = 0; \
         SIZE_BIG = 1; }",
        "message Item { Size cover = 1; } enum Cover { COVER_NONE = 0; } enum Size { SIZE_NONE = 0; \
         SIZE_BIG = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.cover"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "the values of a map have another type",
        "message Item { map<string, int32> stock = 1; }",
        "message Item { map<string, string> stock = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.stock"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "the keys of a map have another type",
        "message Item { map<int32, string> shelf = 1; }",
        "message Item { map<string, string> shelf = 1; }",
    )
    .breaks(&["field-retyped:shop.v1.Item.shelf"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a map is renamed",
        "message Item { map<string, int32> stock = 1; }",
        "message Item { map<string, int32> amount = 1; }",
    )
    .breaks(&["field-renamed:shop.v1.Item.stock"])
    .buf(&["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a map becomes a list of the same entries",
        "message Item { map<string, int32> stock = 1; } message Stock { string key = 1; int32 value = 2; }",
        "message Item { repeated Stock stock = 1; } message Stock { string key = 1; int32 value = 2; }",
    )
    .breaks(&["field-cardinality:shop.v1.Item.stock"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "packing changes",
        "message Item { repeated int32 sizes = 1; }",
        "message Item { repeated int32 sizes = 1 [packed = false]; }",
    ),
    pair(
        "a field has to be sent",
        r#"syntax = "proto2"; package shop.v1; message Item { optional string name = 1; }"#,
        r#"syntax = "proto2"; package shop.v1; message Item { required string name = 1; }"#,
    )
    .breaks(&["field-cardinality:shop.v1.Item.name"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "MESSAGE_SAME_REQUIRED_FIELDS"]),
    pair(
        "a new field has to be sent",
        r#"syntax = "proto2"; package shop.v1; message Item { optional string name = 1; }"#,
        "syntax = \"proto2\"; package shop.v1; message Item { optional string name = 1; \
         required int64 cents = 2; }",
    )
    .breaks(&["field-required:shop.v1.Item.cents"])
    .buf(&["MESSAGE_SAME_REQUIRED_FIELDS"]),
    pair(
        "a field that is not sent has another default",
        r#"syntax = "proto2"; package shop.v1; message Item { optional int32 count = 1 [default = 1]; }"#,
        r#"syntax = "proto2"; package shop.v1; message Item { optional int32 count = 1 [default = 2]; }"#,
    )
    .breaks(&["field-default:shop.v1.Item.count"])
    .buf(&["FIELD_SAME_DEFAULT"]),
    pair(
        "a message is written in the new syntax",
        "syntax = \"proto2\"; package shop.v1; message Item { optional string name = 1; \
         repeated int32 sizes = 2; }",
        "message Item { optional string name = 1; repeated int32 sizes = 2; }",
    ),
];
