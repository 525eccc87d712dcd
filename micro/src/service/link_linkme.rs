//! The table, collected by the linker into one section.

use super::link::Entry;

/// Every annotated block that is linked.
#[linkme::distributed_slice]
pub static MICRO_REGISTRATIONS: [Entry];

/// Returns every annotated block that is linked, in no order.
pub(crate) fn registrations() -> impl Iterator<Item = Entry> {
    MICRO_REGISTRATIONS.iter().copied()
}

/// Puts an annotated block into the link-time table.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($block:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::MICRO_REGISTRATIONS)]
            #[linkme(crate = $crate::__private::linkme)]
            static BLOCK: $crate::__private::Entry = &$block;
        };
    };
}
