use micro::{Error, Result, Service};

#[micro::message]
pub struct Total {
    pub cents: i64,
}

pub struct Shelf<S>(S);

#[micro::service]
impl<S: Send + Sync + 'static> Shelf<S> {
    #[micro::init]
    async fn open(_: &Service) -> Result<Self> { //~ ERROR@`open`: a type with parameters is made by you and handed over, `.mount(value)`
        Err(Error::internal("nothing to put on it"))
    }

    #[micro::handler]
    async fn total(&self, request: Total) -> Result<Total> {
        let _ = &self.0;
        Ok(request)
    }
}

fn main() {
    // Nothing else is told: what is mounted is there.
    let _ = Service::new("shop").mount(Shelf(1_u8));
}
