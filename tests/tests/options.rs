//! What the options of a method say is done: in a contract that is a `.proto`, and in one that is code.

#[path = "options/code_first.rs"]
mod code_first;
#[path = "options/contract_first.rs"]
mod contract_first;
#[path = "options/told.rs"]
mod told;

mod proto {
    ::micro::include_proto!();
}

use std::time::Duration;

use micro::Code;
use micro::prelude::*;

use proto::watch::v1::Nap;

/// Longer than any timeout here, and than what a client waits by itself.
const LONG: Duration = Duration::from_secs(60);

/// What makes a method wait until its call is over.
const FOR_EVER: &str = "for ever";

fn nap(text: &str) -> Nap {
    Nap { text: text.to_owned() }
}

/// Does what a nap asks for.
async fn sleep(request: &Nap) {
    if request.text == FOR_EVER {
        std::future::pending::<()>().await;
    }
}

/// Replies once, and then not until the call is over.
fn once(ctx: &Context, reply: Nap) -> Streaming<Nap> {
    let (sender, replies) = Streaming::channel(1);
    let ctx = ctx.clone();
    tokio::spawn(async move {
        if sender.send(reply).await.is_ok() {
            ctx.cancellation().cancelled().await;
        }
    });
    replies
}

/// Checks that a call was ended by the service `by`, as it took longer than the method allows.
#[track_caller]
fn assert_ended<T>(result: Result<T>, by: &str) {
    let Err(error) = result else { panic!("a call without an end came to an end") };
    assert_eq!((error.code(), error.id()), (Code::DeadlineExceeded, by), "{error:?}");
    assert!(error.message().contains("longer than the 3s that the method allows"), "{error:?}");
}

/// Checks that a call was ended by the deadline its client gave it, of which the service learns with the call.
#[track_caller]
fn assert_given_up<T>(result: Result<T>) {
    let Err(error) = result else { panic!("a call without an end came to an end") };
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error:?}");
    assert!(!error.message().contains("the method allows"), "{error:?}");
}

/// Reads one reply, which arrives, and then the next one.
async fn second(replies: Result<Streaming<Nap>>) -> Result<Option<Nap>> {
    let mut replies = replies?;
    let first = replies.next().await.expect("a reply")?;
    assert_eq!(first.text, "first");
    replies.next().await.transpose()
}
