//! The room: what one member says goes to the streams of all.

use micro::prelude::*;
use micro::{Error, Sender, Service, Streaming};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::proto::chat::v1::{Heard, Room, Said};

/// How many words a member may be behind. One that is further behind misses some, and is told.
const BEHIND: usize = 256;

/// The room.
pub struct Lobby {
    words: broadcast::Sender<Heard>,
}

impl Default for Lobby {
    fn default() -> Self {
        Lobby { words: broadcast::Sender::new(BEHIND) }
    }
}

#[micro::service]
impl Room for Lobby {
    async fn join(&self, ctx: &Context, mut said: Streaming<Said>) -> Result<Streaming<Heard>> {
        let first = said.next().await.ok_or_else(|| Error::invalid_argument("say your name first"))??;
        if first.name.is_empty() {
            return Err(Error::invalid_argument("the first message has no name"));
        }
        let heard = self.words.subscribe();
        let (sender, replies) = Streaming::channel(16);
        let member = Member { name: first.name, words: self.words.clone() };
        member.tell(format!("{} has joined", member.name));
        member.say(first.text);
        let over = ctx.cancellation().clone();
        // Ends with the member's stream, with the call, or when nobody reads the replies any more.
        tokio::spawn(async move {
            tokio::select! {
                () = member.listen(said) => {}
                () = pass_on(heard, &sender) => {}
                () = over.cancelled() => {}
            }
            member.tell(format!("{} has left", member.name));
        });
        Ok(replies)
    }
}

/// Somebody in the room.
struct Member {
    name: String,
    words: broadcast::Sender<Heard>,
}

impl Member {
    fn say(&self, text: String) {
        if !text.is_empty() {
            // Fails when nobody is there to hear it.
            let _ = self.words.send(Heard { name: self.name.clone(), text });
        }
    }

    fn tell(&self, text: String) {
        let _ = self.words.send(Heard { name: String::new(), text });
    }

    async fn listen(&self, mut said: Streaming<Said>) {
        while let Some(Ok(word)) = said.next().await {
            self.say(word.text);
        }
    }
}

async fn pass_on(mut heard: broadcast::Receiver<Heard>, member: &Sender<Heard>) {
    loop {
        let word = match heard.recv().await {
            Ok(word) => word,
            Err(RecvError::Lagged(missed)) => {
                Heard { name: String::new(), text: format!("you missed {missed} lines") }
            }
            Err(RecvError::Closed) => return,
        };
        if member.send(word).await.is_err() {
            return;
        }
    }
}

/// Makes the room, with its settings from `MICRO_*` where they are set.
pub fn service() -> Service {
    Service::new("chat").environment().handle(Lobby::default()).after_start(|_| async {
        println!("the room is open; join it with: cargo run -p chat -- join NAME");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::proto::chat::v1::RoomClient;

    fn said(name: &str, text: &str) -> Said {
        Said { name: name.into(), text: text.into() }
    }

    #[tokio::test]
    async fn everybody_hears_what_one_says() {
        let client = micro::testing::client(Service::new("chat").handle(Lobby::default())).await.unwrap();
        let room = RoomClient::new(&client);
        let (ann, lines) = Streaming::channel(1);
        ann.send(said("Ann", "")).await.unwrap();
        let mut heard_by_ann = room.join(lines).await.unwrap();
        assert_eq!(heard_by_ann.next().await.unwrap().unwrap().text, "Ann has joined");

        let (bob, lines) = Streaming::channel(1);
        bob.send(said("Bob", "hello")).await.unwrap();
        let mut heard_by_bob = room.join(lines).await.unwrap();
        for heard in [&mut heard_by_ann, &mut heard_by_bob] {
            assert_eq!(heard.next().await.unwrap().unwrap().text, "Bob has joined");
            let word = heard.next().await.unwrap().unwrap();
            assert_eq!((word.name.as_str(), word.text.as_str()), ("Bob", "hello"));
        }
        drop(bob);
        assert_eq!(heard_by_ann.next().await.unwrap().unwrap().text, "Bob has left");
    }

    #[tokio::test]
    async fn nobody_joins_without_a_name() {
        let client = micro::testing::client(Service::new("chat").handle(Lobby::default())).await.unwrap();
        let error = RoomClient::new(&client).join(Streaming::from_iter([said("", "x")])).await.unwrap_err();
        assert_eq!(error.code(), micro::Code::InvalidArgument);
    }
}
