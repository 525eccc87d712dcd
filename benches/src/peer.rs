//! Bare tonic: the code its generator prints for one unary method, without its router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, StdError, http};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::proto::greeter::v1::{HelloReply, HelloRequest};

/// The windows that `micro` uses, so that both sides have the same room.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 2 << 20;

#[derive(Clone)]
struct Say;

impl NamedService for Say {
    const NAME: &'static str = "greeter.v1.Say";
}

impl Service<http::Request<Body>> for Say {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != "/greeter.v1.Say/Hello" {
            return Box::pin(async { Ok(Status::unimplemented("no such method").into_http()) });
        }
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<HelloReply, HelloRequest>::default());
            Ok(grpc.unary(Hello, request).await)
        })
    }
}

struct Hello;

impl Service<Request<HelloRequest>> for Hello {
    type Response = Response<HelloReply>;
    type Error = Status;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<HelloRequest>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(crate::greet(request.into_inner()))) })
    }
}

/// Starts the peer's server on a free port. It ends with the task.
///
/// # Errors
///
/// When the port cannot be bound.
pub fn serve() -> Result<(SocketAddr, tokio::task::JoinHandle<()>), StdError> {
    let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.with_nodelay(Some(true));
    let address = incoming.local_addr()?;
    let server = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .serve_with_incoming(Say, incoming);
    let task = tokio::spawn(async move {
        if let Err(error) = server.await {
            eprintln!("tonic's server ended: {error}");
        }
    });
    Ok((address, task))
}

/// The peer's client.
#[derive(Clone)]
pub struct SayClient(tonic::client::Grpc<Channel>);

impl SayClient {
    /// Connects to `address`.
    ///
    /// # Errors
    ///
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<SayClient, StdError> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        Ok(SayClient(tonic::client::Grpc::new(endpoint.connect().await?)))
    }

    /// Calls `Hello`.
    ///
    /// # Errors
    ///
    /// The status that came back.
    pub async fn hello(&mut self, request: HelloRequest) -> Result<Response<HelloReply>, Status> {
        self.0.ready().await.map_err(|error| Status::unknown(format!("not ready: {error}")))?;
        let path = http::uri::PathAndQuery::from_static("/greeter.v1.Say/Hello");
        let mut request = Request::new(request);
        // `micro` has a deadline by default; without one the comparison would not be of the same thing.
        request.set_timeout(std::time::Duration::from_secs(5));
        self.0.unary(request, path, ProstCodec::<HelloRequest, HelloReply>::default()).await
    }
}
