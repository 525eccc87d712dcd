//! A member: lines from the terminal go in, lines of everybody come out.

use micro::{Result, Streaming};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::proto::chat::v1::{RoomClient, Said};

/// Joins the room as `name` until the input ends.
pub async fn join(name: &str) -> Result<()> {
    let client = micro::Client::open().await?;
    let (sender, said) = Streaming::channel(16);
    let joining = Said { name: name.to_owned(), text: String::new() };
    // The channel has room for it, and the call is not made before it is awaited.
    let _ = sender.send(joining).await;
    let mut heard = RoomClient::new(&client).join(said).wait_for_ready().await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            word = heard.next() => match word.transpose()? {
                Some(word) if word.name.is_empty() => println!("* {}", word.text),
                Some(word) => println!("{}: {}", word.name, word.text),
                None => return Ok(()),
            },
            line = lines.next_line() => match line? {
                Some(text) => {
                    if sender.send(Said { name: String::new(), text }).await.is_err() {
                        return Ok(());
                    }
                }
                None => return Ok(()),
            },
        }
    }
}
