//! What a service tells whoever asks, beside the calls it answers: probes, gRPC health, reflection.

use std::collections::BTreeSet;

use crate::config::Settings;
use crate::error::Result;
use crate::server::Mounts;

use super::checks::Readiness;
use super::grpc_health::{self, Health};
use super::{probes, reflection, row};

/// Mounts what the settings ask for. Returns what keeps the gRPC health service true, if it is served.
///
/// # Errors
///
/// `already exists` when the user has mounted something in the same place.
pub(super) fn mount(
    mounts: &mut Mounts,
    settings: &Settings,
    methods: &[row::Bound],
    readiness: &Readiness,
) -> Result<Option<Health>> {
    // tonic waits for ever for what does not come.
    let patience = settings.body_timeout.value;
    let mut health = None;
    if settings.probes.value {
        for (path, service) in probes::mounts(readiness) {
            let mounted = mounts.add(path.to_owned(), service);
            mounted.map_err(|error| error.context("--probes=false makes room"))?;
        }
        // A service that answers for its health itself goes first.
        if !methods.iter().any(|bound| bound.spec.contract == grpc_health::CONTRACT) {
            let contracts = methods.iter().map(|bound| bound.spec.contract.to_owned());
            let names: BTreeSet<String> = contracts.chain([settings.name.value.clone()]).collect();
            let (kept, service) = Health::start(names, readiness.clone(), patience);
            mounts.add(grpc_health::PATH.to_owned(), service)?;
            health = Some(kept);
        }
    }
    if settings.reflection.value {
        let specs = methods.iter().map(|bound| bound.spec);
        for (path, service) in reflection::mounts(specs, health.is_some(), patience) {
            let mounted = mounts.add(path.to_owned(), service);
            mounted.map_err(|error| error.context("--reflection=false makes room"))?;
        }
    }
    Ok(health)
}
