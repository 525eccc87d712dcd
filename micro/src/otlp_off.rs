//! What stands for `otlp` without that feature: there is no exporter.

use std::time::Duration;

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::stats::Stats;

/// Cannot be made.
#[derive(Clone, Debug)]
pub(crate) enum Otlp {}

impl Otlp {
    #[allow(clippy::extra_unused_type_parameters, reason = "called as the one it stands for")]
    pub(crate) fn layer<S>(&self) -> tracing_subscriber::layer::Identity {
        match *self {}
    }

    pub(crate) fn start(&self, _name: &str, _version: &str, _instance: &str) {
        match *self {}
    }

    pub(crate) fn attach(&self, _service: &str, _stats: Stats) -> Attached {
        match *self {}
    }

    pub(crate) async fn flush(&self, _limit: Duration) {
        match *self {}
    }
}

/// Cannot be made.
pub(crate) enum Attached {}

impl Attached {
    pub(crate) async fn flush(&self, _limit: Duration) {
        match *self {}
    }
}

/// Makes no exporter.
///
/// # Errors
///
/// `failed precondition` when one is asked for: traces that silently go nowhere are found missing too late.
pub(crate) fn automatic(settings: &Settings) -> Result<Option<Otlp>> {
    match settings.otlp.value.is_empty() {
        true => Ok(None),
        false => Err(Error::failed_precondition(
            "the setting `otlp` (--otlp, MICRO_OTLP) needs a program that is built with the feature `otlp` of micro; \
             add the feature, or leave the setting out",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::config::Sources;

    #[test]
    fn a_collector_that_cannot_be_reached_is_refused() {
        let settings = |uri| Settings::load(&Sources::pairs([("MICRO_OTLP", uri)])).unwrap();
        assert!(automatic(&settings("")).unwrap().is_none());
        let error = automatic(&settings("http://localhost:4317")).unwrap_err();
        assert!(error.message().contains("feature `otlp`"), "{error}");
    }
}
