//! What stands for `metrics` without that feature: there is nothing to read.

use crate::config::Settings;
use crate::error::Result;
use crate::server::Mounts;

/// Cannot be made.
#[derive(Clone, Debug)]
pub(crate) enum Prometheus {}

pub(crate) fn automatic(_settings: &Settings) -> Option<Prometheus> {
    None
}

pub(crate) fn mount(
    _prometheus: Option<Prometheus>,
    _settings: &Settings,
    _mounts: &mut Mounts,
) -> Result<()> {
    Ok(())
}
