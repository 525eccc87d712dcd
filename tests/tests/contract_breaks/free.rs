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
];
