//! Ends of a service that are not the plain one: asked for from within, given up half way, with hooks that still talk.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::broker::{Broker, Capability, Envelope, Receipt, Subscribe, Subscription};
use micro::prelude::*;
use micro::registry::{Memory, Query, Registry as _};
use micro::{Code, Streaming};
use micro_tests::kinds::{Kinds, KindsClient, Text, text};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long any condition may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Stops the service that it belongs to.
struct Admin {
    service: Service,
}

#[micro::service(package = "tests")]
impl Admin {
    #[micro::init]
    async fn open(service: &Service) -> Result<Self> {
        Ok(Admin { service: service.clone() })
    }

    #[micro::handler]
    async fn stop(&self, _ctx: &Context, request: Text) -> Result<Text> {
        self.service.stop().await?;
        Ok(request)
    }
}

#[tokio::test]
async fn a_handler_that_awaits_the_end_of_its_service_holds_up_itself_alone() -> Result<()> {
    let (registry, ended) = (Memory::new(), Arc::new(Notify::new()));
    let noting = ended.clone();
    let service = Service::new("kinds")
        .registry(registry.clone())
        .handle(Kinds)
        .linked(env!("CARGO_PKG_NAME"))
        .after_stop(move |_| async move {
            noting.notify_one();
            Ok(())
        })
        .start()
        .await?;
    let client = micro::Client::builder().registry(registry.clone()).open().await?;
    let (sender, requests) = Streaming::channel(1);
    let mut replies = KindsClient::new(&client).echo(requests).await?;
    sender.send(text("a")).await?;
    assert_eq!(replies.next().await.expect("the call has begun")?.text, "a");

    let asked = AdminClient::new(&client).stop(text("")).timeout(Duration::from_secs(2)).await;
    assert_eq!(asked.unwrap_err().code(), Code::DeadlineExceeded, "it waits for itself");
    sender.send(text("b")).await?;
    assert_eq!(replies.next().await.expect("the other call goes on")?.text, "b");
    assert_eq!(registry.lookup(&Query::service("kinds")).await?.len(), 1, "it has not stopped yet");

    drop(sender);
    assert!(replies.next().await.is_none());
    timeout(LIMIT, service.stopped()).await.expect("it stops by itself");
    timeout(LIMIT, ended.notified()).await.expect("its hooks run");
    assert!(registry.lookup(&Query::all()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_start_that_is_given_up_in_its_last_hook_ends_what_runs() -> Result<()> {
    let (registry, reached) = (Memory::new(), Arc::new(Notify::new()));
    let noting = reached.clone();
    let service =
        Service::new("kinds").registry(registry.clone()).handle(Kinds).after_start(move |_| async move {
            noting.notify_one();
            pending().await
        });
    tokio::select! {
        started = service.start() => panic!("the hook never ends: {started:?}"),
        () = reached.notified() => {}
    }
    timeout(LIMIT, service.stopped()).await.expect("it runs on");
    let address = service.local_addr().expect("it has listened");
    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, closed).await.expect("it listens on");
    Ok(())
}

/// Notes in which order it is told what.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<&'static str>>>);

impl Noting {
    fn taken(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Broker for Noting {
    fn capability(&self) -> Capability {
        Capability::default()
    }

    async fn publish(&self, _event: &Arc<Envelope>) -> Result<Receipt> {
        self.0.lock().unwrap().push("publish");
        Ok(Receipt::Sent)
    }

    async fn subscribe(&self, _options: &Subscribe) -> Result<Subscription> {
        Err(Error::unimplemented("nobody hears"))
    }

    async fn close(&self) -> Result<()> {
        self.0.lock().unwrap().push("hand over");
        Ok(())
    }
}

#[tokio::test]
async fn what_hooks_publish_is_handed_over_before_the_end() -> Result<()> {
    let broker = Noting::default();
    let service = || Service::new("kinds").registry(Memory::new()).broker(broker.clone()).handle(Kinds);
    let publish =
        |service: Service| async move { service.publish("last-words", &text("bye")).await.map(drop) };
    let fail = |_| std::future::ready(Err(Error::failed_precondition("no database")));

    service().after_stop(publish).start().await?.stop().await?;
    assert_eq!(broker.taken(), ["hand over", "publish", "hand over"]);
    service().before_start(publish).before_start(fail).start().await.unwrap_err();
    assert_eq!(broker.taken(), ["publish", "hand over"]);
    Ok(())
}

#[tokio::test]
async fn hooks_call_a_service_in_process_as_over_the_wire() -> Result<()> {
    let call = |service: Service| async move {
        let reply = KindsClient::new(&service).unary(text("hi")).await?;
        assert_eq!(reply.text, "hi");
        Ok(())
    };
    let service = Service::new("kinds").handle(Kinds).after_start(call).before_stop(call);
    let _client = micro::testing::client(service.clone()).await?;
    service.stop().await
}
