//! The committed contract says what the code says.

#[test]
fn the_contract_is_current() {
    micro::contract::assert_current!();
}
