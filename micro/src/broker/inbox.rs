//! The end of a broker that lives in a service's port.

use crate::error::Result;
use crate::layer::BoxFuture;
use crate::registry::Subscription;
use crate::wire::HttpBody;

/// Tells everybody what is subscribed to from now on.
pub type Announce = Box<dyn Fn(Vec<Subscription>) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What a service does for a backend that events are pushed to: it answers below [`path`](Inbox::path), and announces
/// what is subscribed to in its registry node.
pub trait Inbox: Send + Sync + 'static {
    /// Returns the path below which events arrive: `/micro/events/`.
    fn path(&self) -> &'static str;

    /// Answers a request below the path.
    fn answer(&self, request: http::Request<HttpBody>) -> BoxFuture<'static, http::Response<HttpBody>>;

    /// Lists what is subscribed to.
    fn subscriptions(&self) -> Vec<Subscription>;

    /// Learns how changes of the list are announced. Until then nothing is: the first announcement asks for the
    /// list.
    fn attach(&self, announce: Announce);

    /// Sets the largest event that is taken, in bytes.
    fn limit(&self, bytes: usize);

    /// Refuses what arrives from now on, in a way that lets the publisher try another member of the queue.
    fn refuse(&self);
}
