//! Where metrics are read.

use crate::metrics::Prometheus;

use super::Service;

/// Only with the feature `metrics`.
impl Service {
    /// Shows metrics at `/metrics`. Under `#[micro::main]` that is so already.
    pub fn metrics(self, prometheus: Prometheus) -> Self {
        self.with(|setup| setup.metrics = Some(prometheus))
    }
}
