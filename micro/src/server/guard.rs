//! Panics of handlers and layers become errors of their calls, and end nothing else.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::error::{Error, Result};

/// Runs a future; its panic becomes `internal`.
pub(crate) async fn catch<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match poll(|| future.as_mut().poll(context)) {
        Ok(poll) => poll,
        Err(error) => Poll::Ready(Err(error)),
    })
    .await
}

/// Runs one step; its panic becomes `internal`. What it may have left broken must not be used again.
pub(crate) fn poll<T>(step: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|panic| panicked(&*panic))
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => *text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "the panic carries no text",
    };
    // The text is for the logs: it may say more than the caller should know.
    Error::internal("handler panicked").with_source(format!("panic: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    #[tokio::test]
    async fn a_panic_is_an_error_that_keeps_its_text_from_the_caller() {
        let panics = async {
            tokio::task::yield_now().await;
            std::hint::black_box(None::<()>).expect("the key is hunter2");
            Ok(())
        };
        let error = catch::<()>(panics).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Internal, "handler panicked"));
        assert!(format!("{error:?}").contains("hunter2"), "the logs see the text");
        assert_eq!(catch(async { Ok(1) }).await.unwrap(), 1);
    }
}
