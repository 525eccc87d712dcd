//! Fields: numbers, names, how many values, oneofs.

use super::pair::{Pair, pair};

pub(crate) const PAIRS: &[Pair] = &[
    pair(
        "a field is removed",
        "message Item { string name = 1; int64 cents = 2; }",
        "message Item { string name = 1; }",
    )
    .breaks(&["field-removed:shop.v1.Item.cents"])
    .buf(&["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]),
    pair(
        "a field is removed and its number and name are reserved",
        "message Item { string name = 1; int64 cents = 2; }",
        r#"message Item { reserved 2; reserved "cents"; string name = 1; }"#,
    ),
    pair(
        "a field is removed and only its number is reserved",
        "message Item { string name = 1; int64 cents = 2; }",
        "message Item { reserved 2; string name = 1; }",
    )
    .breaks(&["field-removed:shop.v1.Item.cents"])
    .buf(&["FIELD_NO_DELETE_UNLESS_NAME_RESERVED"]),
    pair(
        "a field is removed and only its name is reserved",
        "message Item { string name = 1; int64 cents = 2; }",
        r#"message Item { reserved "cents"; string name = 1; }"#,
    )
    .breaks(&["field-removed:shop.v1.Item.cents"])
    .buf(&["FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]),
    pair(
        "a field has a new number",
        "message Item { string name = 1; int64 cents = 2; }",
        "message Item { string name = 1; int64 cents = 3; }",
    )
    .breaks(&["field-renumbered:shop.v1.Item.cents"])
    .buf(&["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]),
    pair(
        "two fields swap their numbers",
        "message Item { string name = 1; string place = 2; }",
        "message Item { string name = 2; string place = 1; }",
    )
    .breaks(&["field-renumbered:shop.v1.Item.name", "field-renumbered:shop.v1.Item.place"])
    .buf(&["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME"]),
    pair(
        "a field is inserted and the numbers after it move",
        "message Item { string name = 1; int64 cents = 2; }",
        "message Item { string name = 1; string place = 2; int64 cents = 3; }",
    )
    .breaks(&["field-renumbered:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a number is used for another field",
        "message Item { string name = 1; int64 cents = 2; }",
        "message Item { string name = 1; bool sold = 2; }",
    )
    .breaks(&["field-reused:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
    pair(
        "a number is taken by a field that had another one",
        "message Item { string name = 1; string place = 2; }",
        "message Item { string place = 1; }",
    )
    .breaks(&["field-reused:shop.v1.Item.name", "field-renumbered:shop.v1.Item.place"])
    .buf(&[
        "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "FIELD_SAME_JSON_NAME",
        "FIELD_SAME_NAME",
    ]),
    pair("a field is renamed", "message Item { string name = 1; }", "message Item { string title = 1; }")
        .breaks(&["field-renamed:shop.v1.Item.name"])
        .buf(&["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME"]),
    pair(
        "a field is renamed and keeps its name in JSON",
        "message Item { string name = 1; }",
        r#"message Item { string title = 1 [json_name = "name"]; }"#,
    )
    .breaks(&["field-renamed:shop.v1.Item.name"])
    .buf(&["FIELD_SAME_NAME"]),
    pair(
        "a field has another name in JSON",
        "message Item { string item_name = 1; }",
        r#"message Item { string item_name = 1 [json_name = "name"]; }"#,
    )
    .breaks(&["field-json-name:shop.v1.Item.item_name"])
    .buf(&["FIELD_SAME_JSON_NAME"]),
    pair(
        "the name in JSON is written out as it is anyway",
        "message Item { string item_name = 1; }",
        r#"message Item { string item_name = 1 [json_name = "itemName"]; }"#,
    ),
    pair(
        "one text becomes many",
        "message Item { string name = 1; }",
        "message Item { repeated string name = 1; }",
    )
    .breaks(&["field-cardinality:shop.v1.Item.name"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"]),
    pair(
        "many numbers become one",
        "message Item { repeated int32 sizes = 1; }",
        "message Item { int32 sizes = 1; }",
    )
    .breaks(&["field-cardinality:shop.v1.Item.sizes"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"]),
    pair(
        "a field can no longer be told from one not sent",
        "message Item { optional int64 cents = 1; }",
        "message Item { int64 cents = 1; }",
    )
    .breaks(&["field-presence:shop.v1.Item.cents"])
    .differs(
        "The bytes are the same, but a caller that sends 0 on purpose counts as one that sends nothing.",
    ),
    pair(
        "a field can now be told from one not sent",
        "message Item { int64 cents = 1; }",
        "message Item { optional int64 cents = 1; }",
    ),
    pair(
        "a field comes into a oneof with others",
        "message Item { int64 cents = 1; oneof kind { string book = 2; } }",
        "message Item { oneof kind { string book = 2; int64 cents = 1; } }",
    )
    .breaks(&["field-oneof:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_ONEOF"]),
    pair(
        "a field comes into a oneof of its own",
        "message Item { int64 cents = 1; }",
        "message Item { oneof price { int64 cents = 1; } }",
    )
    .breaks(&["field-oneof:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_ONEOF"]),
    pair(
        "a field leaves a oneof",
        "message Item { oneof kind { string book = 2; int64 cents = 1; } }",
        "message Item { int64 cents = 1; oneof kind { string book = 2; } }",
    )
    .breaks(&["field-oneof:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_ONEOF"]),
    pair(
        "two oneofs become one",
        "message Item { oneof kind { string book = 1; } oneof price { int64 cents = 2; } }",
        "message Item { oneof kind { string book = 1; int64 cents = 2; } }",
    )
    .breaks(&["field-oneof:shop.v1.Item.cents"])
    .buf(&["FIELD_SAME_ONEOF"]),
    pair(
        "a oneof is renamed",
        "message Item { oneof kind { string book = 1; string disc = 2; } }",
        "message Item { oneof sort { string book = 1; string disc = 2; } }",
    )
    .buf(&["FIELD_SAME_ONEOF"])
    .differs(
        "The name of a oneof is neither in the bytes nor in JSON; only code that is generated again has it.",
    ),
    pair(
        "a number is reserved no longer",
        "message Item { reserved 2, 5 to 7; string name = 1; }",
        "message Item { reserved 2, 7; string name = 1; }",
    )
    .breaks(&["reserved-removed:shop.v1.Item.5-6"])
    .buf(&["RESERVED_MESSAGE_NO_DELETE"]),
    pair(
        "a reserved number is used again",
        r#"message Item { reserved 2; reserved "cents"; string name = 1; }"#,
        r#"message Item { reserved "cents"; string name = 1; bool sold = 2; }"#,
    )
    .breaks(&["reserved-removed:shop.v1.Item.2"])
    .buf(&["RESERVED_MESSAGE_NO_DELETE"]),
    pair(
        "a name is reserved no longer",
        r#"message Item { reserved 2; reserved "cents"; string name = 1; }"#,
        "message Item { reserved 2; string name = 1; }",
    )
    .breaks(&["reserved-removed:shop.v1.Item.cents"])
    .buf(&["RESERVED_MESSAGE_NO_DELETE"]),
];
