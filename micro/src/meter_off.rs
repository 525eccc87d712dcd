//! What stands for `meter` without the feature `metrics`: nothing is recorded, and nothing is left of it in the code.

use crate::error::{Code, Error};
use crate::spec::Spec;

/// Records nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(());

impl Meter {
    pub(crate) fn new(_service: &str, _version: &str) -> Meter {
        Meter(())
    }

    pub(crate) fn served(&self, _spec: &'static Spec) -> Series {
        Series(())
    }

    pub(crate) fn called(&self, _spec: &'static Spec) -> Series {
        Series(())
    }

    pub(crate) fn published(&self, _topic: &str, _result: Result<(), &Error>) {}
}

/// Records nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(());

impl Series {
    pub(crate) fn begin(&self) -> Timed {
        Timed(())
    }

    pub(crate) fn dropped(&self, _events: u64) {}
}

/// Records nothing.
#[derive(Debug, Default)]
pub(crate) struct Timed(());

impl Timed {
    pub(crate) fn end(&mut self, _code: Option<Code>) {}
}
