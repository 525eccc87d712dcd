//! Foreign gRPC clients: Go's grpc-go, with stubs that `protoc-gen-go-grpc` made from the same `.proto`.

use micro_tests::{check_hello, check_ledger, go};

#[test]
fn go_calls_all_four_kinds_of_a_contract_first_service() {
    let Some(client) = go("hello", "grpc-go against a contract-first service") else { return };
    check_hello(client);
}

#[test]
fn go_calls_all_four_kinds_of_a_code_first_service() {
    let Some(client) = go("ledger", "grpc-go against a code-first service") else { return };
    check_ledger(client);
}
