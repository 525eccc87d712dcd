//! Services, methods and packages.

use super::pair::{Pair, pair};

pub(crate) const PAIRS: &[Pair] = &[
    pair(
        "a method is removed",
        "service Shop { rpc Find(Query) returns (Item); rpc Put(Item) returns (Item); } \
         message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
    )
    .breaks(&["method-removed:shop.v1.Shop.Put"])
    .differs(
        "buf counts what is gone in FILE and PACKAGE only, as something that code generated again \
         lacks; here every call to it fails as unimplemented.",
    ),
    pair(
        "a service is removed",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "message Item {} message Query {}",
    )
    .breaks(&["service-removed:shop.v1.Shop"])
    .differs(
        "buf counts what is gone in FILE and PACKAGE only, as something that code generated again \
         lacks; here no node is found for it.",
    ),
    pair(
        "a reply becomes a stream",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (stream Item); } message Item {} message Query {}",
    )
    .breaks(&["method-kind:shop.v1.Shop.Find"])
    .buf(&["RPC_SAME_SERVER_STREAMING"]),
    pair(
        "a stream of requests becomes one",
        "service Shop { rpc Put(stream Item) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Put(Item) returns (Item); } message Item {} message Query {}",
    )
    .breaks(&["method-kind:shop.v1.Shop.Put"])
    .buf(&["RPC_SAME_CLIENT_STREAMING"]),
    pair(
        "a method takes another message",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Find(Item) returns (Item); } message Item {} message Query {}",
    )
    .breaks(&["method-request:shop.v1.Shop.Find"])
    .buf(&["RPC_SAME_REQUEST_TYPE"]),
    pair(
        "a method answers with another message",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (Query); } message Item {} message Query {}",
    )
    .breaks(&["method-reply:shop.v1.Shop.Find"])
    .buf(&["RPC_SAME_RESPONSE_TYPE"]),
    pair(
        "a method may no longer be repeated",
        "service Shop { rpc Put(Item) returns (Item) { option idempotency_level = IDEMPOTENT; } } \
         message Item {} message Query {}",
        "service Shop { rpc Put(Item) returns (Item); } message Item {} message Query {}",
    )
    .breaks(&["method-idempotency:shop.v1.Shop.Put"])
    .buf(&["RPC_SAME_IDEMPOTENCY_LEVEL"]),
    pair(
        "a method that only read may write",
        "service Shop { rpc Find(Query) returns (Item) { option idempotency_level = NO_SIDE_EFFECTS; } } \
         message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (Item) { option idempotency_level = IDEMPOTENT; } } \
         message Item {} message Query {}",
    )
    .breaks(&["method-idempotency:shop.v1.Shop.Find"])
    .buf(&["RPC_SAME_IDEMPOTENCY_LEVEL"]),
    pair(
        "a method promises more",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "service Shop { rpc Find(Query) returns (Item) { option idempotency_level = NO_SIDE_EFFECTS; } } \
         message Item {} message Query {}",
    )
    .buf(&["RPC_SAME_IDEMPOTENCY_LEVEL"])
    .differs(
        "Callers that do not know the promise do not rely on it; it can be given at any time, and \
         never taken back.",
    ),
    pair(
        "a package moves",
        "service Shop { rpc Find(Query) returns (Item); } message Item {} message Query {}",
        "syntax = \"proto3\"; package store.v1; service Shop { rpc Find(Query) returns (Item); } \
         message Item {} message Query {}",
    )
    .breaks(&["package-moved:shop.v1"])
    .buf(&["FILE_SAME_PACKAGE"]),
    pair(
        "a package moves and something in it breaks",
        "message Item { Part part = 1; } message Part { string name = 1; }",
        "syntax = \"proto3\"; package store.v1; message Item { Part part = 1; } \
         message Part { int32 name = 1; }",
    )
    .breaks(&["package-moved:shop.v1", "field-retyped:shop.v1.Part.name"])
    .buf(&["FILE_SAME_PACKAGE"]),
    pair(
        "a package is removed",
        r#"message Item { string name = 1; }
           === other.proto
           syntax = "proto3"; package other.v1; message Other {}"#,
        r#"
           === other.proto
           syntax = "proto3"; package other.v1; message Other {}"#,
    )
    .breaks(&["package-removed:shop.v1"])
    .differs(
        "buf counts what is gone in FILE and PACKAGE only, as something that code generated again \
         lacks; here what holds its messages in an `Any`, or was stored, cannot be read.",
    ),
    pair(
        "what others publish changes where it is used",
        r#"import "shared.proto";
           service Shop { rpc Find(Query) returns (Item); }
           message Item { map<string, shared.v1.Price> prices = 1; }
           message Query {}
           === shared.proto
           syntax = "proto3"; package shared.v1; message Price { Sum sum = 1; } message Sum { int64 cents = 1; }"#,
        r#"import "shared.proto";
           service Shop { rpc Find(Query) returns (Item); }
           message Item { map<string, shared.v1.Price> prices = 1; }
           message Query {}
           === shared.proto
           syntax = "proto3"; package shared.v1; message Price { Sum sum = 1; } message Sum { string cents = 1; }"#,
    )
    .breaks(&["field-retyped:shared.v1.Sum.cents"])
    .buf(&["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]),
];
