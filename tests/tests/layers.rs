//! User layers on client and server see unary calls and every stream kind alike.

use std::sync::{Arc, Mutex};

use micro::{Body, Code, Error, Layer, Metadata, Next, Request, Response, Result, Service, Streaming};
use micro_tests::kinds::{Kinds, KindsClient, call_all, start_with, text};

const KINDS: [&str; 4] = ["unary", "client_streaming", "server_streaming", "bidirectional"];

/// Writes down what passes, under a name.
#[derive(Clone)]
struct Recorder {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn pair(first: &'static str, second: &'static str) -> (Recorder, Recorder, Arc<Mutex<Vec<String>>>) {
        let log = Arc::new(Mutex::new(Vec::new()));
        (Recorder { name: first, log: log.clone() }, Recorder { name: second, log: log.clone() }, log)
    }

    fn note(&self, what: &str) {
        self.log.lock().unwrap().push(format!("{} {what}", self.name));
    }
}

impl Layer for Recorder {
    async fn call(&self, request: Request, next: Next<'_>) -> Result<Response> {
        self.note(request.spec().kind.as_str());
        let response = next.run(request).await;
        self.note("answered");
        response
    }
}

/// Adds request metadata that the handler can tell back.
struct Stamp(&'static str);

impl Layer for Stamp {
    async fn call(&self, mut request: Request, next: Next<'_>) -> Result<Response> {
        request.info_mut().metadata_mut().insert("stamp", self.0)?;
        next.run(request).await
    }
}

/// Answers without asking anybody.
struct Closed;

impl Layer for Closed {
    async fn call(&self, _: Request, _: Next<'_>) -> Result<Response> {
        Err(Error::permission_denied("closed today"))
    }
}

/// Counts request and response messages and notes how long the whole call took, streams included.
#[derive(Clone, Default)]
struct Meter {
    seen: Arc<Mutex<Vec<(usize, usize, std::time::Duration)>>>,
}

fn counted(body: Body, count: &Arc<Mutex<usize>>) -> Body {
    let count = count.clone();
    body.map(move |message| {
        *count.lock().unwrap() += usize::from(message.is_ok());
        message
    })
}

impl Layer for Meter {
    async fn call(&self, request: Request, next: Next<'_>) -> Result<Response> {
        let began = std::time::Instant::now();
        let (sent, received) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let request = request.map_body(|body| counted(body, &sent));
        let response = next.run(request).await?;
        let seen = self.seen.clone();
        Ok(response.map_body(|body| {
            counted(body, &received.clone()).on_end(move |_| {
                seen.lock().unwrap().push((
                    *sent.lock().unwrap(),
                    *received.lock().unwrap(),
                    began.elapsed(),
                ));
            })
        }))
    }
}

#[tokio::test]
async fn layers_run_in_order_first_listed_outermost_on_every_kind() -> Result<()> {
    let (server_one, server_two, server_log) = Recorder::pair("first", "second");
    let (client_one, client_two, client_log) = Recorder::pair("first", "second");
    let service = Service::new("kinds").handle(Kinds).layer(server_one).layer(server_two);
    let (service, client) = start_with(service, |client| client.layer(client_one).layer(client_two)).await?;
    call_all(&KindsClient::new(&client), &["a", "b"]).await;
    service.stop().await?;
    for log in [server_log, client_log] {
        let log = log.lock().unwrap();
        let expected: Vec<String> = KINDS
            .iter()
            .flat_map(|kind| {
                [
                    format!("first {kind}"),
                    format!("second {kind}"),
                    "second answered".into(),
                    "first answered".into(),
                ]
            })
            .collect();
        assert_eq!(*log, expected);
    }
    Ok(())
}

#[tokio::test]
async fn metadata_added_by_a_layer_reaches_the_handler_of_every_kind() -> Result<()> {
    for server_side in [true, false] {
        let service = Service::new("kinds").handle(Kinds);
        let service = if server_side { service.layer(Stamp("inked")) } else { service };
        let (service, client) =
            start_with(service, |client| if server_side { client } else { client.layer(Stamp("inked")) })
                .await?;
        for (kind, said) in call_all(&KindsClient::new(&client), &["tell:stamp"]).await {
            let error = said.expect_err(kind);
            assert_eq!((error.code(), error.message()), (Code::Aborted, "inked"), "{kind}");
        }
        service.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_layer_that_answers_itself_keeps_the_handler_from_running() -> Result<()> {
    for server_side in [true, false] {
        let meter = Meter::default();
        let service = Service::new("kinds").handle(Kinds);
        // The meter stands inside: it must see nothing.
        let service = if server_side { service.layer(Closed) } else { service }.layer(meter.clone());
        let (service, client) =
            start_with(service, |client| if server_side { client } else { client.layer(Closed) }).await?;
        for (kind, said) in call_all(&KindsClient::new(&client), &["a"]).await {
            let error = said.expect_err(kind);
            assert_eq!((error.code(), error.message()), (Code::PermissionDenied, "closed today"), "{kind}");
        }
        service.stop().await?;
        assert!(meter.seen.lock().unwrap().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_layer_counts_messages_and_sees_the_end_of_every_kind() -> Result<()> {
    let (on_server, on_client) = (Meter::default(), Meter::default());
    let service = Service::new("kinds").handle(Kinds).layer(on_server.clone());
    let (service, client) = start_with(service, |client| client.layer(on_client.clone())).await?;
    call_all(&KindsClient::new(&client), &["a", "b", "c"]).await;
    service.stop().await?;
    for meter in [on_server, on_client] {
        let counts: Vec<(usize, usize)> =
            meter.seen.lock().unwrap().iter().map(|(sent, received, _)| (*sent, *received)).collect();
        assert_eq!(counts, [(1, 1), (3, 1), (1, 3), (3, 3)]);
        assert!(meter.seen.lock().unwrap().iter().all(|(_, _, took)| !took.is_zero()));
    }
    Ok(())
}

/// Puts a response header on everything.
struct Version;

impl Layer for Version {
    async fn call(&self, request: Request, next: Next<'_>) -> Result<Response> {
        let mut response = next.run(request).await?;
        response.metadata_mut().insert("served-by", "kinds/1")?;
        response.trailers().update(|trailers: &mut Metadata| trailers.insert("checksum", "42"))?;
        Ok(response)
    }
}

#[tokio::test]
async fn response_metadata_and_trailers_set_by_a_layer_reach_the_caller() -> Result<()> {
    let service = Service::new("kinds").handle(Kinds).layer(Version);
    let (service, client) = start_with(service, |client| client).await?;
    let kinds = KindsClient::new(&client);
    let reply = kinds.unary(text("a")).response().await?;
    assert_eq!(reply.metadata.get("served-by"), Some("kinds/1"));
    assert_eq!(reply.trailers.get("checksum"), Some("42"));
    let reply = kinds.echo(Streaming::from_iter([text("a")])).response().await?;
    assert_eq!(reply.metadata.get("served-by"), Some("kinds/1"));
    let mut stream = reply.message;
    while stream.next().await.is_some() {}
    assert_eq!(stream.trailers().get("checksum"), Some("42"));
    service.stop().await?;
    Ok(())
}
