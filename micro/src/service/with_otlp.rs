//! Where telemetry is exported to.

use crate::otlp::Otlp;

use super::Service;

/// Only with the feature `otlp`.
impl Service {
    /// Exports what the service counts, and the spans that the exporter's layer sees. Under `#[micro::main]` the
    /// setting `otlp` does.
    pub fn otlp(self, otlp: Otlp) -> Self {
        self.with(|setup| setup.otlp = Some(otlp))
    }
}
