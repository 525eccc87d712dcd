//! Whatever the text is, it is an address or refused; addresses read back as printed.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::Address;

/// Texts that are right or nearly so, and any text.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(http://)?[A-Za-z0-9._-]{0,20}:[0-9]{0,6}/?",
        "(http://)?\\[[0-9a-f:.%]{0,20}\\]:[0-9]{1,5}/?",
        "[\\[\\]:/.a-z0-9]{0,24}",
        ".{0,24}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_is_read_reads_back_as_printed(text in text()) {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert!(address.host().len() <= 253);
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }

    #[test]
    fn every_socket_address_reads_back_as_printed(socket in any::<SocketAddr>()) {
        let address = Address::from(socket);
        prop_assert_eq!(address.ip(), Some(socket.ip()));
        prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }
}
