//! What breaks nobody.

use super::pair::{Pair, pair};

pub(crate) const PAIRS: &[Pair] = &[
    pair(
        "nothing changes",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
    ),
    pair(
        "everything is added to",
        "enum Cover { COVER_NONE = 0; } service Shop { rpc Find(Query) returns (Item); } \
         message Item {} message Query {}",
        r#"message Item {
             reserved 9;
             reserved "old";
             string name = 1;
             optional Cover cover = 2;
             oneof price { int64 cents = 3; }
           }
           message Query { string text = 1; repeated string words = 2; map<string, Item> like = 3; message Page {} }
           enum Cover { COVER_NONE = 0; COVER_SOFT = 1; reserved 5 to max; }
           service Shop { rpc Find(Query) returns (Item); rpc List(Query) returns (stream Item); }
           service Till { rpc Sell(Item) returns (Item); }
           === other.proto
           syntax = "proto3"; package shop.v2; message Item { int32 id = 1; }"#,
    ),
    pair(
        "a field is added to a oneof",
        "message Item { oneof kind { string book = 1; } }",
        "message Item { oneof kind { string book = 1; string disc = 2; } }",
    ),
    pair(
        "order, comments and options of generators change",
        "message Item { string name = 1; int64 cents = 2; } message Query { string text = 1; }",
        r#"option go_package = "example.com/shop"; message Query { string text = 1; }
           // What is sold.
           message Item { int64 cents = 2 [deprecated = true]; string name = 1; }"#,
    ),
    pair(
        "a message moves into another file of its package",
        "message Item { Part part = 1; } message Part { string name = 1; }",
        r#"import "other.proto"; message Item { Part part = 1; }
           === other.proto
           syntax = "proto3"; package shop.v1; message Part { string name = 1; }"#,
    ),
    pair(
        "rules for fields are imported no more",
        r#"import "rules.proto";
           service Shop { rpc Find(Query) returns (Item); }
           message Item { string name = 1 [(rules.v1.text).longest = 9]; }
           message Query {}
           === rules.proto
           syntax = "proto2"; package rules.v1; import "google/protobuf/descriptor.proto";
           message Text { optional int32 longest = 1; optional Sort sort = 2; }
           enum Sort { SORT_ANY = 0; }
           extend google.protobuf.FieldOptions { optional Text text = 50001; }"#,
        "service Shop { rpc Find(Query) returns (Item); } message Item { string name = 1; } message Query {}",
    ),
    pair(
        "what others publish changes where it is not used",
        r#"import "shared.proto";
           service Shop { rpc Find(Query) returns (Item); }
           message Item { shared.v1.Price price = 1; }
           message Query {}
           === shared.proto
           syntax = "proto3"; package shared.v1;
           message Price { int64 cents = 1; } message Size { int32 inches = 1; } enum Color { COLOR_NONE = 0; }"#,
        r#"import "shared.proto";
           service Shop { rpc Find(Query) returns (Item); }
           message Item { shared.v1.Price price = 1; }
           message Query {}
           === shared.proto
           syntax = "proto3"; package shared.v1;
           message Price { int64 cents = 1; }"#,
    ),
    pair(
        "a field that is reserved takes its message along",
        "service Shop { rpc Find(Query) returns (Item); } message Query {} \
         message Item { string name = 1; Details details = 2; } message Details { Cover cover = 1; } \
         enum Cover { COVER_NONE = 0; }",
        r#"service Shop { rpc Find(Query) returns (Item); } message Query {}
           message Item { reserved 2; reserved "details"; string name = 1; }"#,
    ),
];
