//! Details of errors as messages: put in where an error is made, taken out where it arrives, any number of
//! services further on.

use micro::codec::Encoding;
use micro::{Error, Message};

/// Adds a message to the details of an error.
pub fn add<T: Message>(error: Error, detail: &T) -> Error {
    match Encoding::proto().encode(detail) {
        Ok(value) => error.with_detail(type_url::<T>(), value),
        // The error says the most important thing without it.
        Err(_) => error,
    }
}

/// Finds the first detail of this type; `None` when there is none, or when it cannot be read.
pub fn find<T: Message>(error: &Error) -> Option<T> {
    let type_url = type_url::<T>();
    let detail = error.details().iter().find(|detail| detail.type_url == type_url)?;
    Encoding::proto().decode(detail.value.clone()).ok()
}

fn type_url<T: Message>() -> String {
    format!("type.googleapis.com/{}", T::NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::proto::shop::catalog::v1::{Item, OutOfStock};

    #[test]
    fn a_detail_is_found_by_its_type() {
        let detail = OutOfStock { product: "globe".into(), wanted: 2, left: 1 };
        let error = add(Error::failed_precondition("too few"), &detail);
        assert_eq!(find::<OutOfStock>(&error), Some(detail));
        assert_eq!(find::<Item>(&error), None);
    }
}
