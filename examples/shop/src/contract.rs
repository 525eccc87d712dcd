//! The committed contracts of cart and orders say what the code says, and the shop still serves those who call by the
//! contracts that were released. That of the catalog is its own source.

#[test]
fn the_contracts_are_current() {
    micro::contract::assert_current!();
}

#[test]
fn the_contracts_are_compatible() {
    micro::contract::assert_compatible!();
}
