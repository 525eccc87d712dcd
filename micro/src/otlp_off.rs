//! What stands for `otlp` without that feature: there is no exporter.

use std::time::Duration;

use crate::config::Settings;
use crate::error::Result;
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

pub(crate) fn automatic(_settings: &Settings) -> Result<Option<Otlp>> {
    Ok(None)
}
