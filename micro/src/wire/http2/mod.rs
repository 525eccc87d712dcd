//! HTTP/2 connections of our own, to any number of nodes.
//!
//! An `h2` stream is driven from the task of its caller: a unary call costs no task and no channel. [`Pool`]
//! keeps one connection a node address, dials once however many callers wait, waits longer after each failed
//! dial, and closes what nobody uses. What an error says about the work behind the call is decided in one
//! place, [`classify`].

mod backoff;
mod body;
mod call;
mod classify;
mod connection;
mod plain;
mod pool;
mod send;
mod slot;

pub(crate) use plain::Post;
pub(crate) use pool::{Options, Pool};

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

/// A task that ends with its owner.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Task {
    fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Task(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Locks. Every change under these locks is one step, so what a panic left behind is still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
