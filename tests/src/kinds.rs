//! A code-first service with one method of each kind, whose behaviour the request chooses.

use micro::prelude::*;
use micro::registry::Memory;
use micro::{Code, Streaming};

/// What travels in both directions.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// What is said; some words are orders, see [`obey`].
    pub text: String,
}

/// Makes a message of `text`.
pub fn text(text: impl Into<String>) -> Text {
    Text { text: text.into() }
}

/// One method of each kind.
#[derive(Default)]
pub struct Kinds;

#[micro::service(package = "tests")]
impl Kinds {
    /// Says the same again.
    #[micro::handler]
    async fn unary(&self, ctx: &Context, request: Text) -> Result<Text> {
        obey(ctx, &request.text).await?;
        Ok(request)
    }

    /// Joins everything said with a comma.
    #[micro::handler]
    async fn collect(&self, ctx: &Context, mut requests: Streaming<Text>) -> Result<Text> {
        let mut all = Vec::new();
        while let Some(request) = requests.next().await {
            let request = request?;
            obey(ctx, &request.text).await?;
            all.push(request.text);
        }
        Ok(text(all.join(",")))
    }

    /// Says the words one by one.
    #[micro::handler]
    async fn split(&self, ctx: &Context, request: Text) -> Result<Streaming<Text>> {
        let (sender, replies) = Streaming::channel(1);
        let ctx = ctx.clone();
        tokio::spawn(async move {
            for word in request.text.split(',') {
                if let Err(error) = obey(&ctx, word).await {
                    let _ = sender.fail(error).await;
                    return;
                }
                if sender.send(text(word)).await.is_err() {
                    return;
                }
            }
        });
        Ok(replies)
    }

    /// Says everything again as it comes.
    #[micro::handler]
    async fn echo(&self, ctx: &Context, mut requests: Streaming<Text>) -> Result<Streaming<Text>> {
        let (sender, replies) = Streaming::channel(1);
        let ctx = ctx.clone();
        tokio::spawn(async move {
            while let Some(request) = requests.next().await {
                let result = match request {
                    Ok(request) => obey(&ctx, &request.text).await.map(|()| request),
                    Err(error) => Err(error),
                };
                let sent = match result {
                    Ok(reply) => sender.send(reply).await,
                    Err(error) => {
                        let _ = sender.fail(error).await;
                        return;
                    }
                };
                if sent.is_err() {
                    return;
                }
            }
        });
        Ok(replies)
    }
}

/// Does what some words ask for: `panic`, `fail`, `hang` (until the call is over), `tell:<key>` (fails with the
/// value of that metadata key as its message).
async fn obey(ctx: &Context, word: &str) -> Result<()> {
    match word {
        "panic" => panic!("the request asked for a panic"),
        "fail" => Err(micro::Error::new(Code::FailedPrecondition, "asked to fail")
            .with_detail("type.googleapis.com/tests.Text", micro_bytes(&text("why")))),
        "hang" => {
            ctx.cancellation().cancelled().await;
            Err(micro::Error::cancelled("hung until the call was over"))
        }
        _ => match word.strip_prefix("tell:") {
            Some(key) => Err(micro::Error::aborted(ctx.metadata().get(key).unwrap_or("nothing").to_owned())),
            None => Ok(()),
        },
    }
}

fn micro_bytes(message: &Text) -> Vec<u8> {
    prost::Message::encode_to_vec(message)
}

/// What came of one call, flattened to text so that the four kinds compare.
pub type Said = std::result::Result<Vec<String>, micro::Error>;

/// Sends `words` through the method of each kind and returns what came back, named by kind. Unary and
/// server-streaming requests send the words joined by a comma.
pub async fn call_all(client: &KindsClient, words: &[&str]) -> Vec<(&'static str, Said)> {
    let joined = words.join(",");
    let requests = || Streaming::from_iter(words.iter().map(|word| text(*word)).collect::<Vec<_>>());
    vec![
        ("unary", client.unary(text(&*joined)).await.map(|reply| vec![reply.text])),
        ("client_streaming", client.collect(requests()).await.map(|reply| vec![reply.text])),
        ("server_streaming", drain(client.split(text(&*joined)).await).await),
        ("bidirectional", drain(client.echo(requests()).await).await),
    ]
}

async fn drain(replies: Result<Streaming<Text>>) -> Said {
    Ok(replies?.collect().await?.into_iter().map(|reply| reply.text).collect())
}

/// Starts `service` on a free loopback port with a registry of its own, and a client that finds it there.
pub async fn start(service: micro::Service) -> Result<(micro::Service, micro::Client)> {
    start_with(service, |client| client).await
}

/// As [`start`], with a say in how the client is built.
pub async fn start_with(
    service: micro::Service,
    configure: impl FnOnce(micro::client::ClientBuilder) -> micro::client::ClientBuilder,
) -> Result<(micro::Service, micro::Client)> {
    let registry = Memory::new();
    let service = service.registry(registry.clone());
    service.start().await?;
    let client = configure(micro::Client::builder().registry(registry)).open().await?;
    Ok((service, client))
}
