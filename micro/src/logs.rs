//! Logs: what `#[micro::main]` does about `MICRO_LOG`, and the ring of the latest records that
//! `micro.debug.v1.Debug/Log` reads.
//!
//! A program that sets up `tracing` itself adds the ring to its own subscriber:
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! let ring = micro::logs::Ring::new(1_000);
//! let subscriber = tracing_subscriber::registry().with(ring.layer());
//! tracing::subscriber::with_default(subscriber, || tracing::info!(answer = 42, "found"));
//! assert_eq!(ring.len(), 1);
//! ```

mod capture;
mod record;
mod ring;

pub use ring::Ring;

pub(crate) use record::Record;
pub(crate) use ring::Batch;

use std::io::IsTerminal as _;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::error::{Error, Result};
use crate::otlp::Otlp;

/// Sends what the directives let pass to the error stream, readable lines on a terminal, JSON otherwise, keeps it in
/// `ring`, and has spans exported by `otlp`. A subscriber that is set already stays.
///
/// # Errors
///
/// `invalid argument` for directives that cannot be read.
pub(crate) fn set_up(directives: &str, ring: Option<&Ring>, otlp: Option<&Otlp>) -> Result<()> {
    let targets = targets(directives)?;
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    if let Some(ring) = ring {
        layers.push(ring.layer::<Registry>().with_filter(targets.clone()).boxed());
    }
    if let Some(otlp) = otlp {
        layers.push(Layer::<Registry>::boxed(otlp.layer::<Registry>()));
    }
    let registry = tracing_subscriber::registry().with((!layers.is_empty()).then_some(layers));
    // Fails when the program has a subscriber of its own, which is its right.
    let _ = if std::io::stderr().is_terminal() {
        let lines = tracing_subscriber::fmt::layer().compact().with_writer(std::io::stderr);
        registry.with(lines.with_filter(targets)).try_init()
    } else {
        let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
        registry.with(json.with_writer(std::io::stderr).with_filter(targets)).try_init()
    };
    Ok(())
}

fn targets(directives: &str) -> Result<Targets> {
    directives.parse().map_err(|error| {
        Error::invalid_argument(format!(
            "setting `log`: {directives:?} is not a list of log directives ({error}); an example: info,micro=debug"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use tracing::Level;

    #[test]
    fn directives_choose_levels_by_module() {
        let targets = targets("warn,micro=debug").unwrap();
        assert!(targets.would_enable("micro::server", &Level::DEBUG));
        assert!(targets.would_enable("h2", &Level::WARN) && !targets.would_enable("h2", &Level::INFO));
    }

    #[test]
    fn bad_directives_are_named() {
        let error = super::targets("micro=loud").unwrap_err();
        assert!(error.message().contains("micro=loud") && error.message().contains("`log`"), "{error}");
    }
}
