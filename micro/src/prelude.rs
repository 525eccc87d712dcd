//! What a file of handlers uses: `use micro::prelude::*;`.

pub use crate::context::Context;
pub use crate::error::{Error, OptionExt, Result, ResultExt};
pub use crate::service::Service;
pub use crate::streaming::Streaming;
