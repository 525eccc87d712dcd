#[micro::service]
impl proto::greeter::v1::Say for Greeter {
    async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }
}

#[micro::service]
impl Greeter {
    #[micro::init]
    async fn open(service: &Service) -> Result<Self> {
        Ok(Greeter { name: service.name().to_owned() })
    }
}
