//! What the client does when nodes misbehave: what it tries again elsewhere, and what it must not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Ping, PingPong, Reason};
use micro::registry::{Handle, Memory, Node, Register};
use micro::selector::{Candidate, Selector};
use micro::{Client, Code, Error, Outcome, Result, Streaming};
use micro_tests::kinds::{KindsClient, Text, text};
use micro_tests::nobody;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a peer does with each call.
#[derive(Clone, Copy)]
enum Act {
    Answer,
    /// Answers, and closes the connection in good order.
    AnswerAndClose,
    Reset(Reason),
    /// Works for the first call of a connection only.
    ResetAfterHead(Reason),
    /// Says nothing until the caller gives up.
    Hang,
}

/// A server written by hand, so that it can do what ours never would.
struct Peer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    /// How callers gave up.
    resets: mpsc::UnboundedReceiver<Reason>,
}

impl Peer {
    async fn start(act: Act) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Peer::on(listener, act)
    }

    fn on(listener: TcpListener, act: Act) -> Peer {
        let address = listener.local_addr().unwrap();
        let (connections, calls) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (sender, resets) = mpsc::unbounded_channel();
        let peer = Peer { address, connections: connections.clone(), calls: calls.clone(), resets };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, act, calls.clone(), sender.clone()));
            }
        });
        peer
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits for a caller to give up.
    async fn reset(&mut self) -> Reason {
        let reset = tokio::time::timeout(Duration::from_secs(10), self.resets.recv()).await;
        reset.expect("the caller gives up").expect("the peer lives")
    }
}

async fn serve(stream: TcpStream, act: Act, calls: Arc<AtomicUsize>, resets: mpsc::UnboundedSender<Reason>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    let mut pings = connection.ping_pong();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        calls.fetch_add(1, Ordering::SeqCst);
        let resets = resets.clone();
        match act {
            Act::Answer | Act::AnswerAndClose => {
                tokio::spawn(answer(request.into_body(), respond));
                if matches!(act, Act::AnswerAndClose) {
                    connection.graceful_shutdown();
                }
            }
            Act::Reset(reason) => respond.send_reset(reason),
            Act::ResetAfterHead(reason) => {
                let pings = pings.take().expect("one call a connection");
                tokio::spawn(reset_after_head(respond, pings, reason));
            }
            Act::Hang => {
                tokio::spawn(async move {
                    let reason = std::future::poll_fn(|context| respond.poll_reset(context)).await;
                    let _ = resets.send(reason.unwrap_or(Reason::NO_ERROR));
                });
            }
        }
    }
}

fn head() -> http::Response<()> {
    http::Response::builder().header("content-type", "application/grpc").body(()).unwrap()
}

async fn answer(mut body: h2::RecvStream, mut respond: SendResponse<Bytes>) {
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
    }
    let message = prost::Message::encode_to_vec(&text("well"));
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&message);
    let Ok(mut stream) = respond.send_response(head(), false) else {
        return;
    };
    let _ = stream.send_data(frame.into(), false);
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    let _ = stream.send_trailers(trailers);
}

async fn reset_after_head(mut respond: SendResponse<Bytes>, mut pings: PingPong, reason: Reason) {
    let mut stream = respond.send_response(head(), false).unwrap();
    // A reset drops what is queued; an answered ping proves that the head has left.
    let _ = pings.ping(Ping::opaque()).await;
    stream.send_reset(reason);
}

/// Waits for the first call and says GOAWAY with `last` as the last stream it looks at, then closes.
async fn going_away(last: u32) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        loop {
            let mut header = [0; 9];
            stream.read_exact(&mut header).await.unwrap();
            let mut payload = vec![0; u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize];
            stream.read_exact(&mut payload).await.unwrap();
            if header[3] == 1 {
                break;
            }
        }
        let mut frame = vec![0, 0, 8, 7, 0, 0, 0, 0, 0];
        frame.extend_from_slice(&last.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        stream.write_all(&frame).await.unwrap();
        let _ = stream.shutdown().await;
        // What still comes is read, so that closing does not throw away what was said.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    address
}

/// Picks the node that comes first by id, so that tests know who is asked first.
struct First;

impl Selector for First {
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
        let first = candidates.iter().enumerate().min_by_key(|(_, candidate)| candidate.node.id.clone());
        first.map_or(usize::MAX, |(index, _)| index)
    }
}

/// Makes a client of the nodes at `addresses`, which it asks in this order.
async fn client(addresses: &[SocketAddr]) -> Result<KindsClient> {
    let memory = Memory::new();
    let registry = Handle::from(memory.clone());
    for (index, address) in addresses.iter().enumerate() {
        let node =
            Node::new(format!("node{index}"), "kinds").contract("tests.Kinds").address((*address).into());
        registry.register(&node, &Register::default()).await?;
    }
    let client = Client::builder().registry(memory).selector(First).open().await?;
    Ok(KindsClient::new(&client))
}

fn spawn(call: micro::Call<Text>) -> tokio::task::JoinHandle<Result<Text>> {
    tokio::spawn(call)
}

fn facts(error: &Error) -> (Code, Outcome) {
    (error.code(), error.outcome())
}

#[tokio::test]
async fn a_refused_connection_is_tried_on_another_node() -> Result<()> {
    let second = Peer::start(Act::Answer).await;
    let (_socket, first) = nobody();
    let kinds = client(&[first, second.address]).await?;
    assert_eq!(kinds.unary(text("how")).await?.text, "well");
    // Of a stream nothing was read yet, so it goes to the other node whole.
    assert_eq!(kinds.collect(Streaming::from_iter([text("a"), text("b")])).await?.text, "well");
    assert_eq!(second.calls(), 2);
    Ok(())
}

#[tokio::test]
async fn a_refused_stream_is_tried_on_another_node() -> Result<()> {
    let (first, second) =
        (Peer::start(Act::Reset(Reason::REFUSED_STREAM)).await, Peer::start(Act::Answer).await);
    let kinds = client(&[first.address, second.address]).await?;
    assert_eq!(kinds.unary(text("how")).await?.text, "well");
    assert_eq!((first.calls(), second.calls()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_call_above_the_last_stream_of_a_goaway_is_tried_on_another_node() -> Result<()> {
    let second = Peer::start(Act::Answer).await;
    let kinds = client(&[going_away(0).await, second.address]).await?;
    assert_eq!(kinds.unary(text("how")).await?.text, "well");
    assert_eq!(second.calls(), 1);
    Ok(())
}

#[tokio::test]
async fn a_call_that_a_goaway_covers_is_not_tried_again() -> Result<()> {
    let second = Peer::start(Act::Answer).await;
    let kinds = client(&[going_away(1).await, second.address]).await?;
    let error = kinds.unary(text("how")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::Unavailable, Outcome::Unknown), "{error}");
    assert_eq!(second.calls(), 0);
    Ok(())
}

#[tokio::test]
async fn a_reset_that_refuses_nothing_is_not_tried_again() -> Result<()> {
    let cases = [
        (Act::Reset(Reason::INTERNAL_ERROR), Code::Unavailable),
        (Act::Reset(Reason::CANCEL), Code::Cancelled),
        (Act::Reset(Reason::ENHANCE_YOUR_CALM), Code::ResourceExhausted),
        (Act::ResetAfterHead(Reason::INTERNAL_ERROR), Code::Unavailable),
        (Act::ResetAfterHead(Reason::REFUSED_STREAM), Code::Unavailable),
    ];
    for (index, (act, code)) in cases.into_iter().enumerate() {
        let (first, second) = (Peer::start(act).await, Peer::start(Act::Answer).await);
        let kinds = client(&[first.address, second.address]).await?;
        let error = kinds.unary(text("how")).await.unwrap_err();
        assert_eq!(facts(&error), (code, Outcome::Unknown), "case {index}: {error}");
        assert_eq!((first.calls(), second.calls()), (1, 0), "case {index}");
    }
    Ok(())
}

#[tokio::test]
async fn attempts_are_counted() -> Result<()> {
    let refusing = Act::Reset(Reason::REFUSED_STREAM);
    let peers = [
        Peer::start(refusing).await,
        Peer::start(refusing).await,
        Peer::start(refusing).await,
        Peer::start(Act::Answer).await,
    ];
    let addresses: Vec<SocketAddr> = peers.iter().map(|peer| peer.address).collect();
    let kinds = client(&addresses).await?;
    let calls = || peers.iter().map(Peer::calls).collect::<Vec<_>>();
    let error = kinds.unary(text("how")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::Unavailable, Outcome::NotRun), "{error}");
    assert_eq!(calls(), [1, 1, 1, 0]);
    kinds.unary(text("how")).attempts(1).await.unwrap_err();
    assert_eq!(calls(), [2, 1, 1, 0]);
    assert_eq!(kinds.unary(text("how")).attempts(4).await?.text, "well");
    assert_eq!(calls(), [3, 2, 2, 1]);
    Ok(())
}

#[tokio::test]
async fn the_deadline_ends_a_call_and_tells_the_node() -> Result<()> {
    let mut peer = Peer::start(Act::Hang).await;
    let kinds = client(&[peer.address]).await?;
    let error = kinds.unary(text("how")).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    assert_eq!(peer.reset().await, Reason::CANCEL);
    Ok(())
}

#[tokio::test]
async fn dropping_a_call_tells_the_node() -> Result<()> {
    let mut peer = Peer::start(Act::Hang).await;
    let kinds = client(&[peer.address]).await?;
    let (sender, requests) = Streaming::channel(1);
    let calls = [spawn(kinds.unary(text("how"))), spawn(kinds.collect(requests))];
    while peer.calls() < calls.len() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for call in calls {
        call.abort();
        assert_eq!(peer.reset().await, Reason::CANCEL);
    }
    tokio::time::timeout(Duration::from_secs(10), sender.closed())
        .await
        .expect("the caller's stream is dropped");
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_not_awaited_is_not_made() -> Result<()> {
    let peer = Peer::start(Act::Answer).await;
    let kinds = client(&[peer.address]).await?;
    drop(kinds.unary(text("never")));
    kinds.unary(text("how")).await?;
    assert_eq!(peer.calls(), 1);
    Ok(())
}

#[tokio::test]
async fn many_calls_share_one_connection() -> Result<()> {
    let peer = Peer::start(Act::Answer).await;
    let kinds = client(&[peer.address]).await?;
    let calls: Vec<_> = (0..200).map(|_| spawn(kinds.unary(text("how")))).collect();
    for call in calls {
        assert_eq!(call.await.unwrap()?.text, "well");
    }
    assert_eq!((peer.calls(), peer.connections()), (200, 1));
    Ok(())
}

#[tokio::test]
async fn a_connection_that_closes_in_good_order_costs_no_call() -> Result<()> {
    let peer = Peer::start(Act::AnswerAndClose).await;
    let kinds = client(&[peer.address]).await?;
    for _ in 0..5 {
        assert_eq!(kinds.unary(text("how")).await?.text, "well");
    }
    assert_eq!(peer.calls(), 5);
    Ok(())
}

#[tokio::test]
async fn a_node_that_comes_back_is_reached_again() -> Result<()> {
    let (socket, address) = nobody();
    let kinds = client(&[address]).await?;
    let error = kinds.unary(text("how")).attempts(1).await.unwrap_err();
    assert_eq!(facts(&error), (Code::Unavailable, Outcome::NotSent), "{error}");
    assert!(error.message().contains(&address.to_string()), "{error}");
    let peer = Peer::on(socket.listen(8)?, Act::Answer);
    // The only node is waited for, so the call sits out what is left of the pause.
    assert_eq!(kinds.unary(text("how")).attempts(1).await?.text, "well");
    assert_eq!(peer.connections(), 1);
    Ok(())
}

#[tokio::test]
async fn dials_that_lead_nowhere_come_ever_more_rarely() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let kinds = client(&[listener.local_addr()?]).await?;
    let dials = Arc::new(AtomicUsize::new(0));
    let counted = dials.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    let began = Instant::now();
    while dials.load(Ordering::SeqCst) < 4 {
        kinds.unary(text("how")).attempts(1).await.unwrap_err();
    }
    // Three pauses of 100, 160 and 256 ms, each up to 20 % shorter.
    assert!(began.elapsed() >= Duration::from_millis(412), "{:?}", began.elapsed());
    Ok(())
}
