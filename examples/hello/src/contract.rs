//! The contract still serves those who call by the one that was released.

#[test]
fn the_contract_is_compatible() {
    micro::contract::assert_compatible!();
}
