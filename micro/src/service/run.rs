//! Running until told to stop.

use std::pin::pin;

use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::signals::Signals;
use super::{Phase, Service};

impl Service {
    /// Starts the service unless it runs already, waits for SIGTERM, SIGINT (Ctrl-C) or [`stop`](Service::stop),
    /// and stops well. A second signal ends it at once.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Service::start) and [`stop`](Service::stop); `cancelled` after a second signal.
    pub async fn run(&self) -> Result<()> {
        self.boxed_run().await
    }

    // Boxed where it stands: an `async fn` is compiled by whoever awaits it, which would be every program anew.
    fn boxed_run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.run_until_told())
    }

    async fn run_until_told(&self) -> Result<()> {
        let mut signals = Signals::listen()?;
        let mut signalled = false;
        if *self.inner.phase.borrow() == Phase::Built {
            let mut starting = pin!(self.start());
            loop {
                tokio::select! {
                    result = &mut starting => {
                        result?;
                        break;
                    }
                    name = signals.next() => note(self, name, &mut signalled)?,
                }
            }
        }
        while !signalled {
            tokio::select! {
                name = signals.next() => note(self, name, &mut signalled)?,
                () = self.stopped() => return Ok(()),
            }
        }
        let mut stopping = pin!(self.stop());
        loop {
            tokio::select! {
                // Begun before a second signal can end it.
                biased;
                result = &mut stopping => return result,
                name = signals.next() => note(self, name, &mut signalled)?,
            }
        }
    }
}

/// Takes note of a signal; the second one is the last.
fn note(service: &Service, name: &'static str, signalled: &mut bool) -> Result<()> {
    if std::mem::replace(signalled, true) {
        service.cut_off();
        return Err(Error::cancelled(format!("{} was ended by a second signal ({name})", service.name())));
    }
    tracing::info!(service = service.name(), signal = name, "told to stop");
    Ok(())
}
