//! The parts of the shop: its services by name, and how one runs as a process.

use std::io::Write as _;

use micro::{Error, Result, Service};

use crate::{cart, catalog, mailer, orders};

/// The services, in the order in which they are started: nobody is missing whom another one needs. They are
/// stopped the other way round.
pub const NAMES: [&str; 4] = ["mailer", "catalog", "cart", "orders"];

/// What a part says once it can be called or published to; its address follows.
pub const READY: &str = "serves at ";

/// Makes the service `name`, with its settings from `MICRO_*` where they are set.
///
/// # Errors
///
/// `not found` for a name that no part has, listing those there are.
pub fn service(name: &str) -> Result<Service> {
    let service = match name {
        "catalog" => catalog::service(),
        "cart" => cart::service(),
        "orders" => orders::service(),
        "mailer" => mailer::service(),
        _ => {
            let known = NAMES.join(", ");
            return Err(Error::not_found(format!(
                "no part of the shop is called {name:?}; there are {known}"
            )));
        }
    };
    let service = service.environment().after_start(|service| async move {
        for address in service.addresses() {
            say(&service, &format!("{READY}{address}"));
        }
        Ok(())
    });
    Ok(service.after_stop(|service| async move {
        say(&service, "has stopped");
        Ok(())
    }))
}

/// Serves until the standard input ends: whoever started this process has closed it, or is gone, whatever
/// ended it.
///
/// # Errors
///
/// As [`Service::run`].
pub async fn child(service: Service) -> Result<()> {
    let (told, runtime) = (service.clone(), tokio::runtime::Handle::current());
    // A thread of its own, which is left behind when something else ends the service: a read that waits for
    // the standard input cannot be given up.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        runtime.block_on(told.stop())
    });
    service.run().await
}

fn say(service: &Service, what: &str) {
    let (name, process) = (service.name(), std::process::id());
    // Fails when nobody is left to read it, which is no reason to stop badly.
    let _ = writeln!(std::io::stdout(), "{name:<8} process {process} {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_the_name_it_is_started_by() {
        for name in NAMES {
            assert_eq!(service(name).unwrap().name(), name);
        }
        let error = service("till").unwrap_err();
        assert!(error.message().contains("mailer, catalog, cart, orders"), "{error}");
    }
}
