use micro::{Context, Result, Service};

mod proto {
    micro::include_proto!();
}

use proto::greeter::v1::{HelloReply, HelloRequest, Say};

#[micro::message]
pub struct Total {
    pub cents: i64,
}

pub trait Store: Send + Sync + 'static {
    fn cents(&self) -> i64;
}

pub struct Memory;

impl Store for Memory {
    fn cents(&self) -> i64 {
        3
    }
}

pub struct Ledger<S>(S);

#[micro::service]
impl<S> Ledger<S>
where
    S: Store,
{
    #[micro::handler]
    async fn total(&self, _: ()) -> Result<Total> {
        Ok(Total { cents: self.0.cents() })
    }
}

pub struct Greeter<S>(S);

#[micro::service]
impl<S: Store> Say for Greeter<S> {
    async fn hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: format!("{} {}", self.0.cents(), request.name) })
    }
}

fn main() {
    let _ = Service::new("shop").mount(Ledger(Memory)).mount(Greeter(Memory));
}
