//! Events that arrive: read, brought to the subscribers, answered with what became of them.

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body::Body as _;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::broker::{Envelope, check_topic};
use crate::error::{Error, Result};
use crate::layer::BoxFuture;
use crate::wire::HttpBody;
use crate::wire::grpc::status::{NOT_RUN, OUTCOME};

use super::desk::{Desk, PATH};
use super::held::Held;
use super::room::{Fate, Note, Parcel, Room, Ticket};
use super::{binary, structured};

/// How long the body of a request may take to arrive.
const BODY: Duration = Duration::from_secs(30);

/// The header that says how long to wait before an event is sent again, in milliseconds.
pub(super) const RETRY_AFTER_MS: &str = "retry-after-ms";

/// How long to wait before what was refused is sent again.
const REFUSED: Duration = Duration::from_millis(100);

/// Answers a request below [`PATH`].
pub(super) async fn answer(desk: &Desk, request: http::Request<HttpBody>) -> Response<HttpBody> {
    match receive(desk, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

/// Answers when the broker is gone.
pub(super) fn closed() -> Response<HttpBody> {
    Refusal::not_run("the broker is closed").response()
}

/// Why an event was not taken.
struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Refusal { status, why: why.into() }
    }

    fn malformed(error: Error) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, error.message())
    }

    /// Says that no subscriber had the event, so that another member of the queue may be tried at once.
    fn not_run(why: &str) -> Self {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why)
    }

    fn response(&self) -> Response<HttpBody> {
        let mut response = text(self.status, &self.why);
        let headers = response.headers_mut();
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => drop(headers.insert(ALLOW, HeaderValue::from_static("POST"))),
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(OUTCOME, NOT_RUN);
                headers.insert(RETRY_AFTER_MS, millis(REFUSED));
            }
            _ => {}
        }
        response
    }
}

/// Writes a pause, rounded up: nothing comes earlier than asked.
fn millis(pause: Duration) -> HeaderValue {
    HeaderValue::from(u32::try_from(pause.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX))
}

fn text(status: StatusCode, text: &str) -> Response<HttpBody> {
    let mut response = Response::new(HttpBody::full(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

async fn receive(desk: &Desk, request: http::Request<HttpBody>) -> Result<Response<HttpBody>, Refusal> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "an event is a POST"));
    }
    let topic = head.uri.path().strip_prefix(PATH).unwrap_or_default();
    check_topic(topic).map_err(Refusal::malformed)?;
    let said = binary::said(&head.headers).map_err(Refusal::malformed)?;
    if head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let why = "no content encoding is supported; send the event plain";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let rooms = desk.rooms(topic, said.queue.as_deref().unwrap_or_default());
    let rooms = rooms.ok_or_else(|| Refusal::not_run("the service stops"))?;
    if rooms.is_empty() {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "nobody subscribes to this here"));
    }
    let mut held = desk.waiting.hold();
    let reading = tokio::time::timeout(BODY, read(body, desk.limit(), &mut held)).await;
    let slow = |_| Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the event takes too long to arrive"));
    let body = reading.unwrap_or_else(slow)?;
    let envelope = match (binary::is_event(&head.headers), structured::is_event(&head.headers)) {
        // By the content type: the attributes may be repeated in headers (HTTP binding, section 3.2.2).
        (_, true) => structured::read(topic, &head.headers, &body),
        (true, false) => binary::read(topic, &head.headers, body),
        // Also what keeps web pages out: they cannot set this header without asking first.
        (false, false) => Err(Error::invalid_argument(
            "this is no CloudEvent: the header ce-specversion is missing, and so is the content type \
             application/cloudevents+json",
        )),
    };
    let envelope = envelope.map_err(Refusal::malformed)?;
    let left = said.ttl.or_else(|| {
        // By whoever says nothing of the time that is left, our clock has to be believed.
        let expires = envelope.expires?;
        Some(expires.duration_since(SystemTime::now()).unwrap_or_default())
    });
    let event = Event {
        envelope: Arc::new(envelope),
        attempt: said.attempt,
        redelivered: said.redelivered,
        dies: left.and_then(|left| Instant::now().checked_add(left)),
    };
    Ok(bring(desk, event, rooms, Arc::new(held)).await)
}

/// Reads a whole body, up to a limit, while its bytes are counted.
async fn read(mut body: HttpBody, limit: usize, held: &mut Held) -> Result<Bytes, Refusal> {
    let too_large = || {
        let why = format!("an event has at most {limit} bytes here");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let mut whole = Whole::Nothing;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(Refusal::malformed)?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(too_large());
        }
        if !held.grow(data.len()) {
            return Err(Refusal::not_run("too many events wait here"));
        }
        whole = whole.with(data);
    }
    Ok(whole.bytes())
}

/// A body, copied only when it comes in pieces.
enum Whole {
    Nothing,
    One(Bytes),
    Joined(BytesMut),
}

impl Whole {
    fn len(&self) -> usize {
        match self {
            Whole::Nothing => 0,
            Whole::One(piece) => piece.len(),
            Whole::Joined(all) => all.len(),
        }
    }

    fn with(self, data: Bytes) -> Whole {
        let mut all = match self {
            Whole::Nothing => return Whole::One(data),
            Whole::One(piece) => BytesMut::from(&piece[..]),
            Whole::Joined(all) => all,
        };
        all.extend_from_slice(&data);
        Whole::Joined(all)
    }

    fn bytes(self) -> Bytes {
        match self {
            Whole::Nothing => Bytes::new(),
            Whole::One(piece) => piece,
            Whole::Joined(all) => all.freeze(),
        }
    }
}

/// An event that arrived.
struct Event {
    envelope: Arc<Envelope>,
    attempt: u32,
    redelivered: bool,
    dies: Option<Instant>,
}

/// What is known of an event at a room.
enum Stage {
    Waiting,
    /// A subscriber has it, until then.
    Taken(Instant),
    Over(Fate),
}

/// Brings an event to rooms and waits for what becomes of it. Dropped, it takes back what no subscriber has yet.
async fn bring(desk: &Desk, event: Event, mut rooms: Vec<Arc<Room>>, held: Arc<Held>) -> Response<HttpBody> {
    let name = (event.envelope.source.clone(), event.envelope.id.clone());
    let all: Vec<u64> = rooms.iter().map(|room| room.id).collect();
    {
        let ledger = desk.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|room| !ledger.is_done(&name, room.id));
    }
    let (sender, mut notes) = mpsc::unbounded_channel();
    let mut outside: Vec<BoxFuture<'static, ()>> = Vec::new();
    for (index, room) in rooms.iter().enumerate() {
        let parcel = Parcel {
            envelope: event.envelope.clone(),
            attempt: event.attempt,
            redelivered: event.redelivered,
            dies: event.dies,
            ticket: Ticket::new(index, sender.clone()),
            _held: held.clone(),
        };
        if let Some(parcel) = room.offer(parcel) {
            let room = room.clone();
            outside.push(Box::pin(async move { room.take_in(parcel).await }));
        }
    }
    drop((sender, event, held));
    let mut stages: Vec<Stage> = rooms.iter().map(|_| Stage::Waiting).collect();
    while stages.iter().any(|stage| !matches!(stage, Stage::Over(_))) {
        let next = std::future::poll_fn(|context| {
            outside.retain_mut(|entering| entering.as_mut().poll(context) == Poll::Pending);
            notes.poll_recv(context)
        });
        let overdue = stages.iter().filter_map(|stage| match stage {
            Stage::Taken(until) => Some(*until),
            _ => None,
        });
        let note = match overdue.min() {
            None => Ok(next.await),
            Some(until) => tokio::time::timeout_at(until, next).await,
        };
        match note {
            Ok(Some((index, note))) => {
                if let Some(stage) = stages.get_mut(index).filter(|stage| !matches!(stage, Stage::Over(_))) {
                    *stage = match note {
                        Note::Taken => Stage::Taken(after(rooms[index].options.ack_wait)),
                        Note::Over(fate) => Stage::Over(fate),
                    };
                }
            }
            // Every ticket says what became of it before it goes.
            Ok(None) => break,
            Err(_) => {
                let now = Instant::now();
                for stage in &mut stages {
                    if matches!(stage, Stage::Taken(until) if *until <= now) {
                        *stage = Stage::Over(Fate::Overdue);
                    }
                }
            }
        }
    }
    let fates: Vec<(u64, Fate)> =
        rooms.iter().map(|room| room.id).zip(stages.into_iter().map(fate)).collect();
    let mut ledger = desk.ledger.lock().unwrap_or_else(PoisonError::into_inner);
    match verdict(&fates) {
        (response, true) => {
            ledger.note(&name, fates.iter().filter(|(_, fate)| !comes_again(fate)).map(|(room, _)| *room));
            response
        }
        (response, false) => {
            ledger.forget(&name, &all);
            response
        }
    }
}

/// A moment that far away; one past the end of time is a year away.
fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now + Duration::from_secs(365 * 24 * 3_600))
}

fn fate(stage: Stage) -> Fate {
    match stage {
        Stage::Over(fate) => fate,
        Stage::Waiting | Stage::Taken(_) => Fate::NotRun,
    }
}

fn comes_again(fate: &Fate) -> bool {
    matches!(fate, Fate::Again(_) | Fate::Overdue | Fate::NotRun)
}

/// Sums up what became of an event in one answer, and tells whether it is to come again.
fn verdict(fates: &[(u64, Fate)]) -> (Response<HttpBody>, bool) {
    let fates = || fates.iter().map(|(_, fate)| fate);
    let pauses = fates().filter_map(|fate| match fate {
        Fate::Again(after) => Some(*after),
        _ => None,
    });
    if let Some(pause) = pauses.max() {
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "a subscriber asks for the event again");
        response.headers_mut().insert(RETRY_AFTER_MS, millis(pause));
        return (response, true);
    }
    let any = |fate: &Fate| fates().any(|other| other == fate);
    if any(&Fate::Overdue) {
        return (text(StatusCode::GATEWAY_TIMEOUT, "a subscriber said nothing in time"), true);
    }
    if any(&Fate::NotRun) {
        return (Refusal::not_run("no subscriber takes it now").response(), true);
    }
    let reason = fates().find_map(|fate| match fate {
        Fate::Rejected(reason) => Some(reason.as_str()),
        _ => None,
    });
    if let Some(reason) = reason {
        return (text(StatusCode::UNPROCESSABLE_ENTITY, reason), false);
    }
    if any(&Fate::Handled) || fates().next().is_none() {
        let mut response = Response::new(HttpBody::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return (response, false);
    }
    let (status, why) = match (any(&Fate::Overflowed), any(&Fate::Expired)) {
        (true, _) => (StatusCode::GONE, "the subscriber has too many events waiting"),
        (false, true) => (StatusCode::GONE, "the time of the event is over"),
        (false, false) => (StatusCode::NOT_FOUND, "nobody subscribes any more"),
    };
    (text(status, why), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::broker::{Ack, Inbox, Overflow, Subscribe, Subscription};
    use crate::event::Verdict;

    fn desk() -> Arc<Desk> {
        let desk = Desk::new(1000);
        desk.host();
        desk
    }

    async fn subscribe(desk: &Arc<Desk>, options: Subscribe) -> Subscription {
        desk.subscribe(&options).await.unwrap()
    }

    fn post(
        topic: &str,
        headers: &[(&'static str, &'static str)],
        body: impl Into<Bytes>,
    ) -> http::Request<HttpBody> {
        let mut request = http::Request::new(HttpBody::full(body.into()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{PATH}{topic}").parse().unwrap();
        *request.headers_mut() = binary::write(&Envelope::new("t", "").id("1").source("s"));
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        request
    }

    async fn status(desk: &Desk, request: http::Request<HttpBody>) -> u16 {
        answer(desk, request).await.status().as_u16()
    }

    /// Posts an event and gives the verdict on its delivery.
    async fn judged(desk: &Desk, subscription: &mut Subscription, verdict: Verdict) -> Response<HttpBody> {
        let (response, ()) = tokio::join!(answer(desk, post("t", &[], "x")), async {
            subscription.next().await.unwrap().settle(verdict).await.unwrap();
        });
        response
    }

    #[tokio::test]
    async fn the_answer_says_what_became_of_the_event() {
        let desk = desk();
        let mut all = subscribe(&desk, Subscribe::new("t")).await;
        let response = judged(&desk, &mut all, Verdict::Ack).await;
        assert_eq!(response.status(), 204);
        let response = judged(&desk, &mut all, Verdict::Retry { after: Duration::from_micros(1500) }).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER_MS]),
            (503, &HeaderValue::from(2))
        );
        assert!(!response.headers().contains_key(OUTCOME));
        let response = judged(&desk, &mut all, Verdict::Reject { reason: "no".to_owned() }).await;
        assert_eq!(response.status(), 422);
    }

    #[tokio::test]
    async fn attempt_and_attributes_arrive() {
        let desk = desk();
        let mut queue = subscribe(&desk, Subscribe::new("t").queue("q").ack(Ack::Auto)).await;
        let request = post("t", &[("micro-queue", "q"), ("micro-attempt", "3"), ("tenant", "acme")], "data");
        let (status, delivery) = tokio::join!(status(&desk, request), queue.next());
        let delivery = delivery.unwrap();
        assert_eq!((status, delivery.attempt(), delivery.is_redelivered()), (204, 3, true));
        assert_eq!(delivery.envelope().metadata.get("tenant"), Some("acme"));
        assert_eq!((delivery.data(), delivery.envelope().id.as_str()), (&Bytes::from("data"), "1"));
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused() {
        let desk = desk();
        let _all = subscribe(&desk, Subscribe::new("t")).await;
        assert_eq!(status(&desk, post("other", &[], "")).await, 404);
        assert_eq!(status(&desk, post("t", &[("micro-queue", "q")], "")).await, 404);
        assert_eq!(status(&desk, post("a..b", &[], "")).await, 400);
        assert_eq!(status(&desk, post("t", &[("micro-attempt", "x")], "")).await, 400);
        assert_eq!(status(&desk, post("t", &[("ce-time", "x")], "")).await, 400);
        assert_eq!(status(&desk, post("t", &[("content-encoding", "gzip")], "")).await, 415);
        assert_eq!(status(&desk, post("t", &[], vec![0_u8; 1001])).await, 413);
        let mut request = post("t", &[], "");
        request.headers_mut().remove("ce-specversion");
        assert_eq!(status(&desk, request).await, 400);
        let mut request = post("t", &[], "");
        *request.method_mut() = Method::GET;
        assert_eq!(status(&desk, request).await, 405);
    }

    #[tokio::test]
    async fn an_event_in_json_is_taken_too() {
        let desk = desk();
        let mut all = subscribe(&desk, Subscribe::new("t").ack(Ack::Auto)).await;
        let body = r#"{"specversion":"1.0","id":"1","source":"/","type":"x","data":{"a":1}}"#;
        let mut request = post("t", &[("content-type", "application/cloudevents+json")], body);
        request.headers_mut().remove("ce-specversion");
        let (status, delivery) = tokio::join!(status(&desk, request), all.next());
        assert_eq!((status, delivery.unwrap().data()), (204, &Bytes::from(r#"{"a":1}"#)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_that_says_nothing_in_time_gets_the_event_again() {
        let desk = desk();
        let mut all = subscribe(&desk, Subscribe::new("t").ack_wait(Duration::from_secs(9))).await;
        let begun = Instant::now();
        let (status, delivery) = tokio::join!(status(&desk, post("t", &[], "")), all.next());
        assert_eq!((status, begun.elapsed().as_secs()), (504, 9));
        drop(delivery);
    }

    #[tokio::test]
    async fn of_several_subscriptions_only_the_one_that_failed_gets_it_again() {
        let desk = desk();
        let mut one = subscribe(&desk, Subscribe::new("t")).await;
        let mut two = subscribe(&desk, Subscribe::new("t")).await;
        let (first, (), ()) = tokio::join!(
            status(&desk, post("t", &[], "")),
            async { one.next().await.unwrap().ack().await.unwrap() },
            async { two.next().await.unwrap().retry(Duration::ZERO).await.unwrap() }
        );
        assert_eq!(first, 503);
        assert_eq!(judged(&desk, &mut two, Verdict::Ack).await.status(), 204);
        // Known to nobody any more, it is an event like any other.
        let (third, (), ()) = tokio::join!(
            status(&desk, post("t", &[], "")),
            async { one.next().await.unwrap().ack().await.unwrap() },
            async { two.next().await.unwrap().ack().await.unwrap() }
        );
        assert_eq!(third, 204);
    }

    #[tokio::test]
    async fn a_service_that_stops_sends_back_what_waits_and_what_comes() {
        let desk = desk();
        let _all = subscribe(&desk, Subscribe::new("t")).await;
        let (response, ()) = tokio::join!(answer(&desk, post("t", &[], "")), async {
            tokio::task::yield_now().await;
            desk.refuse();
        });
        assert_eq!((response.status().as_u16(), &response.headers()[OUTCOME]), (503, &NOT_RUN));
        let response = answer(&desk, post("t", &[], "")).await;
        assert_eq!((response.status().as_u16(), &response.headers()[OUTCOME]), (503, &NOT_RUN));
    }

    #[tokio::test]
    async fn a_request_that_ends_takes_its_event_along() {
        let desk = desk();
        let mut all = subscribe(&desk, Subscribe::new("t").ack(Ack::Auto)).await;
        {
            let given_up = std::pin::pin!(answer(&desk, post("t", &[], "given up")));
            let waits = tokio::time::timeout(Duration::from_millis(1), given_up).await;
            assert!(waits.is_err(), "nobody has taken it");
        }
        let (status, delivery) = tokio::join!(status(&desk, post("t", &[], "kept")), all.next());
        assert_eq!((status, delivery.unwrap().data()), (204, &Bytes::from("kept")));
    }

    #[tokio::test]
    async fn full_subscriptions_and_late_events_are_final() {
        let desk = desk();
        let mut all =
            subscribe(&desk, Subscribe::new("t").capacity(1).overflow(Overflow::DropNewest).ack(Ack::Auto))
                .await;
        let late = post("t", &[("micro-ttl-ms", "0")], "");
        let (first, second, delivery) =
            tokio::join!(status(&desk, late), status(&desk, post("t", &[("ce-id", "2")], "")), async {
                tokio::task::yield_now().await;
                assert_eq!(all.dropped(), 1);
                let next = all.next();
                tokio::time::timeout(Duration::from_millis(1), next).await
            });
        assert!(delivery.is_err(), "there was nothing worth delivering");
        assert_eq!((first, second), (410, 410));
    }
}
