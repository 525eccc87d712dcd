//! What cannot be read in the local registry is said once, however often it is met.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use micro::Result;
use micro::registry::{Handle, Local, Query};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Counts warnings by the file they name.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<BTreeMap<String, usize>>>);

struct File(Option<String>);

impl Visit for File {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "file" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() != Level::WARN {
            return;
        }
        let mut file = File(None);
        event.record(&mut file);
        if let Some(file) = file.0.as_deref().and_then(|path| path.rsplit('/').next()) {
            *self.0.lock().unwrap().entry(file.to_owned()).or_default() += 1;
        }
    }
}

#[tokio::test]
async fn a_corrupt_file_is_said_once() -> Result<()> {
    let warnings = Warnings::default();
    // Global, because directories are read on threads of their own.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(warnings.clone())).unwrap();
    let home = tempfile::tempdir()?;
    let registry = Handle::from(Local::open(home.path().join("registry")).await?);
    for name in ["one.json", "two.json"] {
        std::fs::write(home.path().join("registry").join(name), "{ no node")?;
    }
    for _ in 0..3 {
        assert!(registry.lookup(&Query::all()).await?.is_empty());
    }
    let expected = BTreeMap::from([("one.json".to_owned(), 1), ("two.json".to_owned(), 1)]);
    assert_eq!(*warnings.0.lock().unwrap(), expected);
    Ok(())
}
