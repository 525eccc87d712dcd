//! The server: one port, every wire.
//!
//! A connection is accepted ([`Limits`]), told apart by its first bytes, and its requests go through the tower
//! layers at the HTTP edge to the wire that claims them; the wire's call goes through span, accounting,
//! deadline, panic guard and user layers to the handler. Calls in process begin at the call.
//!
//! Everything that runs is owned: a call by its connection, a connection by its accept loop, the loops by the
//! server. Whatever owner ends, ends what it owns.

mod connection;
mod deadline;
mod dispatch;
mod edge;
mod guard;
mod limits;
mod linger;
mod listen;
mod mounts;
mod pipeline;
mod routes;
mod sniff;
mod span;
mod watched;

#[cfg(test)]
pub(crate) mod probe;
#[cfg(test)]
mod tests;

pub use crate::wire::HttpBody;
pub use edge::{HttpLayer, HttpService, Peer};
pub use limits::Limits;

pub(crate) use edge::HttpLayers;
pub(crate) use mounts::Mounts;
pub(crate) use routes::{Route, Routes};

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::codec::Codecs;
use crate::error::Result;
use crate::layer::{Endpoint, Layers, Request, Response};
use crate::spec::Spec;
use crate::wire::Settings;
use crate::wire::count::Count;

use pipeline::{Core, Phase};

/// How long connections without calls may take to say goodbye once the last call has ended.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a server is made of besides its routes.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The service's name: the `id` of errors that have none, and what spans are under.
    pub(crate) service: String,
    /// The codecs that are answered.
    pub(crate) codecs: Codecs,
    /// User middleware around calls.
    pub(crate) layers: Layers,
    /// Tower layers around HTTP requests.
    pub(crate) http_layers: HttpLayers,
    /// HTTP services beside the calls.
    pub(crate) mounts: Mounts,
    pub(crate) limits: Limits,
}

/// A server. Cheap to clone; the last clone dropped ends what still runs.
#[derive(Clone, Debug)]
pub(crate) struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
    edge: Option<HttpService>,
    /// The accept loops. Dropped, they end.
    loops: Mutex<JoinSet<()>>,
}

impl Server {
    /// Makes a server that listens nowhere yet.
    pub(crate) fn new(routes: Routes, options: Options) -> Server {
        let core = Arc::new(Core {
            routes,
            service: options.service.into(),
            layers: options.layers,
            mounts: options.mounts,
            settings: Settings { codecs: options.codecs, message_limit: options.limits.message },
            limits: options.limits,
            calls: Count::default(),
            exchanges: Count::default(),
            phase: watch::Sender::new(Phase::Serving),
            refusing: AtomicBool::new(false),
        });
        let edge = options.http_layers.around(&core);
        Server(Arc::new(Inner { core, edge, loops: Mutex::default() }))
    }

    /// Binds an address, for [`serve`](Server::serve).
    ///
    /// # Errors
    ///
    /// What is wrong, naming the address and how to choose another.
    pub(crate) async fn bind(&self, address: SocketAddr) -> Result<TcpListener> {
        listen::bind(address).await
    }

    /// Serves connections to a listener, from a task of its own.
    pub(crate) fn serve(&self, listener: TcpListener) {
        let accepting = listen::accept(listener, self.0.core.clone(), self.0.edge.clone());
        self.loops().spawn(accepting);
    }

    /// Answers a call in process: everything but the wire.
    pub(crate) async fn call(&self, mut request: Request) -> Result<Response> {
        let core = &self.0.core;
        let path = request.spec.path;
        let route =
            core.routes.get(path).ok_or_else(|| watched::signed(core.routes.unknown(path), &core.service))?;
        // The call's end is not the end of what its caller does.
        request.info.cancel = request.info.cancel.child();
        core.call(route, request).await
    }

    /// Makes the route of a subscriber, for [`deliver`](Server::deliver).
    pub(crate) fn route(&self, spec: &'static Spec, endpoint: Arc<dyn Endpoint>) -> Route {
        self.0.core.routes.route(spec, endpoint)
    }

    /// Has a subscriber handle an event: everything that a call goes through, without a route that callers could
    /// reach.
    pub(crate) async fn deliver(&self, subscriber: &Route, request: Request) -> Result<()> {
        self.0.core.call(subscriber, request).await.map(drop)
    }

    /// Returns how many calls run.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.core.calls.now()
    }

    /// Refuses new calls from now on, in a way that says they did not run, and tells the peers of open
    /// connections to go elsewhere. The port stays open, so that late comers are told too.
    pub(crate) fn refuse(&self) {
        self.0.core.advance(Phase::Refusing);
    }

    /// Waits for the calls in flight for at most `limit`. Returns how many are left. The port stays open.
    pub(crate) async fn finish(&self, limit: Duration) -> usize {
        let core = &self.0.core;
        let calls = async {
            core.calls.zero().await;
            core.exchanges.zero().await;
        };
        let ended = match Instant::now().checked_add(limit) {
            Some(end) => timeout_at(end, calls).await.is_ok(),
            None => {
                calls.await;
                true
            }
        };
        match ended {
            true => 0,
            // An exchange is a call whose answer is still on its way out; calls in process have none.
            false => core.calls.now().max(core.exchanges.now()),
        }
    }

    /// Closes the ports, lets every connection say goodbye, and ends everything. After `now`, which cuts off what
    /// still runs, nobody says goodbye.
    pub(crate) async fn close(&self, now: bool) {
        let core = &self.0.core;
        core.advance(Phase::Draining);
        let mut loops = std::mem::take(&mut *self.loops());
        if !now {
            // What is on its way now are refusals. Peers that do not answer the goodbye are not waited for.
            let goodbye = async { while loops.join_next().await.is_some() {} };
            let _ = timeout(GOODBYE, goodbye).await.is_ok();
        }
        // They only have to be told, loops and calls; the bound is for a runtime that is stuck, and for calls in
        // process, which end with their callers.
        let ended = async {
            loops.shutdown().await;
            core.calls.zero().await;
            core.exchanges.zero().await;
        };
        let _ = timeout(GOODBYE, ended).await.is_ok();
    }

    fn loops(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
