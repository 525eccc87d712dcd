//! The table, collected by constructors that run before `main`: for targets without the linker's help.

use super::link::Entry;

/// A place in the table.
pub struct Submitted(pub Entry);

inventory::collect!(Submitted);

/// Returns every annotated block that is linked, in no order.
pub(crate) fn registrations() -> impl Iterator<Item = Entry> {
    inventory::iter::<Submitted>.into_iter().map(|submitted| submitted.0)
}

/// Puts an annotated block into the link-time table.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($block:expr) => {
        const _: () = {
            const BLOCK: $crate::__private::Entry = &$block;
            $crate::__private::inventory::submit! { $crate::__private::Submitted(BLOCK) }
        };
    };
}
