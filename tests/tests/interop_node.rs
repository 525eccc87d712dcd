//! Foreign gRPC clients: Node's `@grpc/grpc-js`, with what `@grpc/proto-loader` reads out of the same `.proto`.

use micro_tests::{check_hello, check_ledger, node};

#[test]
fn node_calls_all_four_kinds_of_a_contract_first_service() {
    let Some(client) = node("hello", "Node's grpc-js against a contract-first service") else { return };
    check_hello(client);
}

#[test]
fn node_calls_all_four_kinds_of_a_code_first_service() {
    let Some(client) = node("ledger", "Node's grpc-js against a code-first service") else { return };
    check_ledger(client);
}
