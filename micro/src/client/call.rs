//! `Call`: one call as its caller holds it.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::plan::{Answer, Plan};
use super::reply::Reply;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::layer::BoxFuture;
use crate::transfer::{Arrived, Output};

/// A call that has not been made yet: a future that makes it. Dropping it, or the stream it replied with,
/// cancels the call at the node.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(call: micro::Call<micro::Streaming<Reading>>) -> micro::Result<()> {
/// let mut readings = call.timeout(Duration::from_secs(60)).metadata("tenant", "acme").await?;
/// while let Some(reading) = readings.next().await {
///     println!("{}", reading?.celsius);
/// }
/// # Ok(()) }
/// # #[micro::message]
/// # struct Reading { celsius: f64 }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    course: Course,
    reply: PhantomData<fn() -> O>,
}

/// How far a call has come. It knows nothing of the reply's type, so that all of it is compiled once.
struct Course {
    state: State,
    /// What came back, to be decoded in its place.
    answer: Option<Answer>,
}

enum State {
    New(Box<Plan>),
    Running(BoxFuture<'static, Result<Answer>>),
    Done,
}

impl Course {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<&mut Arrived>> {
        let state = &mut self.state;
        if matches!(state, State::New(_))
            && let State::New(plan) = std::mem::replace(state, State::Done)
        {
            *state = State::Running(Box::pin(plan.run()));
        }
        let State::Running(running) = state else {
            return Poll::Ready(Err(Error::internal("the call is over already")));
        };
        let result = ready!(running.as_mut().poll(context));
        *state = State::Done;
        Poll::Ready(result.map(|answer| &mut self.answer.insert(answer).arrived))
    }

    async fn run(self) -> Result<Answer> {
        match self.state {
            State::New(plan) => plan.run().await,
            // Setters and `response` take the call by value, so it can only have been polled before.
            State::Running(_) | State::Done => Err(Error::internal("the call has been made already")),
        }
    }
}

impl<O: Output> Call<O> {
    pub(super) fn new(plan: Box<Plan>) -> Self {
        Call { course: Course { state: State::New(plan), answer: None }, reply: PhantomData }
    }

    /// Sets how long the call may take, the reading of a reply stream included. By default it is the `timeout` of the
    /// method's [`Spec`]; of a method without one 5 s for unary calls, and no end for streams. The deadline of the call
    /// this one is made for, if there is one, stays.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.plan(|plan| plan.timeout = Some(timeout))
    }

    /// Sets a text value of the request's metadata. A bad key or value is told when the call is awaited.
    pub fn metadata(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.plan(|plan| {
            if let Err(error) = plan.metadata.insert(key.as_ref(), value) {
                plan.mistake.get_or_insert(error);
            }
        })
    }

    /// Calls the node at this address (`host:port`), whatever the registry says. A bad address is told when the
    /// call is awaited.
    pub fn to(self, address: impl fmt::Display) -> Self {
        self.plan(|plan| match address.to_string().parse::<Address>() {
            Ok(address) => plan.to = Some(address),
            Err(error) => _ = plan.mistake.get_or_insert(error),
        })
    }

    /// Sets how often the call is tried in all, at least once. By default 3 times, of which the later ones only
    /// when the call provably did not run.
    pub fn attempts(self, attempts: u32) -> Self {
        self.plan(|plan| plan.attempts = attempts.max(1))
    }

    /// Waits for a node when there is none, until the deadline. Without one, as for streams, until there is one.
    pub fn wait_for_ready(self) -> Self {
        self.plan(|plan| plan.wait_for_ready = true)
    }

    /// Makes the call, for the reply together with its metadata.
    pub fn response(self) -> impl Future<Output = Result<Reply<O>>> + Send + 'static {
        let answer = self.course.run();
        async move { answer.await?.reply() }
    }

    fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        if let State::New(plan) = &mut self.course.state {
            change(plan);
        }
        self
    }
}

impl<O: Output> Future for Call<O> {
    type Output = Result<O>;

    // Without a combinator, as each would be compiled anew for every reply.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut().course.poll(context) {
            Poll::Ready(Ok(arrived)) => Poll::Ready(O::receive(arrived)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<O> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.course.state {
            State::New(plan) => write!(f, "Call({}, new)", plan.spec.path),
            State::Running(_) => f.write_str("Call(running)"),
            State::Done => f.write_str("Call(done)"),
        }
    }
}
