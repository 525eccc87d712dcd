//! The broker of this crate passes micro's suite and carries the events of services.

use std::sync::Arc;
use std::time::Duration;

use micro::broker::conformance::{self, Fixture};
use micro::broker::{Defaults, Handle, Receipt, Schemes};
use micro::registry::Memory;
use micro::{Client, Result, Service};
use third_party::{Hex, Journal};
use tokio::sync::mpsc;

const FILE: &str = "journal";

#[tokio::test]
async fn the_broker_passes_the_suite() {
    let report = conformance::run(|| async {
        let directory = Arc::new(tempfile::tempdir()?);
        let journal = Journal::open(directory.path().join(FILE))?;
        let fixture = Fixture::new(journal.clone(), journal);
        Ok::<_, micro::Error>(fixture.reopen(move || {
            let directory = directory.clone();
            async move { Journal::open(directory.path().join(FILE)).map(Handle::from) }
        }))
    })
    .await;
    report.check().unwrap();
    // Only what needs publishers that wait is not claimed.
    assert_eq!((report.passed().len() >= 40, report.skipped().len()), (true, 3), "{report}");
}

#[tokio::test]
async fn a_line_that_was_cut_short_is_left_out_and_a_foreign_file_refused() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join(FILE);
    std::fs::write(&path, "{\"topic\":\"a\",\"queue\":\"q\"}\n{\"topic\":\"a\",\"que")?;
    drop(Journal::open(&path)?);
    assert_eq!(std::fs::read_to_string(&path)?, "{\"topic\":\"a\",\"queue\":\"q\"}\n");
    std::fs::write(&path, "Dear diary\n")?;
    assert!(Journal::open(&path).unwrap_err().message().contains("no journal"));
    Ok(())
}

#[tokio::test]
async fn a_scheme_of_ones_own_opens_by_uri() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join(FILE);
    let mut schemes = Schemes::new();
    schemes.add("journal", move |_uri| {
        let path = path.clone();
        async move { Journal::open(path).map(Handle::from) }
    });
    let broker = schemes.open("journal://anywhere", &Defaults::new(Memory::new().into())).await?;
    assert_eq!(broker.name(), "journal:");
    assert!(broker.capability().stored);
    Ok(())
}

/// Carries a text.
#[micro::message(package = "third_party")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    text: String,
}

/// Passes on what it hears.
pub struct Ear(mpsc::UnboundedSender<String>);

#[micro::service(package = "third_party")]
impl Ear {
    #[micro::subscriber(topic = "third_party.said", queue = "ears")]
    async fn hear(&self, said: Text) -> Result<()> {
        self.0.send(said.text).map_err(micro::Error::from_source)
    }
}

#[tokio::test]
async fn services_hear_what_was_said_while_none_of_them_ran() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let journal = Journal::open(directory.path().join(FILE))?;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let ear = || {
        let service = Service::new("ear").registry(Memory::new()).broker(journal.clone()).codec(Hex);
        service.handle(Ear(sender.clone()))
    };
    let builder = Client::builder().registry(Memory::new()).broker(journal.clone());
    let client = builder.codec(Hex).encoding("hex").open().await?;
    let say = |text: &str| client.publish("third_party.said", &Text { text: text.to_owned() });

    let service = ear().start().await?;
    assert_eq!(say("first").await?, Receipt::Stored);
    assert_eq!(next(&mut heard).await, "first");
    service.stop().await?;
    assert_eq!(say("second").await?, Receipt::Stored);

    let service = ear().start().await?;
    assert_eq!(next(&mut heard).await, "second");
    service.stop().await
}

async fn next(heard: &mut mpsc::UnboundedReceiver<String>) -> String {
    let hearing = tokio::time::timeout(Duration::from_secs(30), heard.recv());
    hearing.await.expect("nobody hears anything").expect("somebody may still speak")
}
