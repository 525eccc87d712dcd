//! The committed contract says what the code says, and still serves those who call by the one that was released.

#[test]
fn the_contract_is_current() {
    micro::contract::assert_current!();
}

#[test]
fn the_contract_is_compatible() {
    micro::contract::assert_compatible!();
}
