//! The carts, code first: the contract is what this code says.

mod carts;
mod messages;

pub use messages::*;

use std::sync::{Mutex, MutexGuard, PoisonError};

use micro::prelude::*;

use crate::names;
use crate::proto::shop::catalog::v1::{CatalogClient, GetRequest};
use carts::Carts;

/// Serves the carts of all customers.
///
/// The carts are in memory: every cart process has its own, and they are gone after a restart.
#[derive(Default)]
pub struct Cart {
    carts: Mutex<Carts>,
}

/// Keeps the cart of each customer.
#[micro::service(package = "shop.cart.v1")]
impl Cart {
    /// Puts pieces of a product into a cart and returns what it holds. A product that the catalog does not
    /// know is not found.
    #[micro::handler]
    async fn add(&self, ctx: &Context, request: AddRequest) -> Result<Contents> {
        let AddRequest { customer, product, quantity } = request;
        names::check("customer", &customer)?;
        // A client of this call: the catalog has as much time as is left of it, and sees the same trace. What
        // it fails with goes on as it is, with the catalog's name.
        ctx.client::<CatalogClient>().get(GetRequest { id: product.clone() }).await?;
        let mut carts = self.carts();
        carts.add(&customer, product, quantity)?;
        Ok(Contents { lines: carts.lines(&customer), customer })
    }

    /// Returns what a cart holds: nothing, for a customer who never came.
    #[micro::handler(readonly)]
    async fn show(&self, request: ShowRequest) -> Result<Contents> {
        let ShowRequest { customer } = request;
        Ok(Contents { lines: self.carts().lines(&customer), customer })
    }

    /// Takes pieces out of a cart, as far as they are in it, and returns what is left.
    #[micro::handler]
    async fn remove(&self, request: RemoveRequest) -> Result<Contents> {
        let RemoveRequest { customer, lines } = request;
        let mut carts = self.carts();
        carts.remove(&customer, &lines);
        Ok(Contents { lines: carts.lines(&customer), customer })
    }
}

impl Cart {
    fn carts(&self) -> MutexGuard<'_, Carts> {
        self.carts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the service.
pub fn service() -> Service {
    Service::new("cart").handle(Cart::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use micro::Code;

    #[tokio::test]
    async fn a_handler_that_calls_another_service_is_a_plain_function_too() {
        let client = micro::testing::client(crate::catalog::service()).await.unwrap();
        let ctx = Context::test().with_client(&client);
        let cart = Cart::default();
        let add = |product: &str| AddRequest { customer: "ann".into(), product: product.into(), quantity: 2 };

        let lamps = Line { product: "lamp".into(), quantity: 2 };
        assert_eq!(cart.add(&ctx, add("lamp")).await.unwrap().lines, std::slice::from_ref(&lamps));
        let error = cart.add(&ctx, add("unicorn")).await.unwrap_err();
        assert_eq!((error.code(), error.id()), (Code::NotFound, "catalog"));

        let show = || cart.show(ShowRequest { customer: "ann".into() });
        assert_eq!(show().await.unwrap().lines, std::slice::from_ref(&lamps));
        let request = RemoveRequest { customer: "ann".into(), lines: vec![lamps] };
        assert!(cart.remove(request).await.unwrap().lines.is_empty());
        assert!(show().await.unwrap().lines.is_empty());
    }

    #[tokio::test]
    async fn a_call_that_is_out_of_time_is_not_passed_on() {
        let client = micro::testing::client(crate::catalog::service()).await.unwrap();
        let ctx = Context::test().with_client(&client).with_deadline(Duration::ZERO);
        let request = AddRequest { customer: "ann".into(), product: "lamp".into(), quantity: 1 };
        let error = Cart::default().add(&ctx, request).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
    }

    #[tokio::test]
    async fn a_customer_has_a_name() {
        let request = AddRequest { customer: String::new(), product: "lamp".into(), quantity: 1 };
        let error = Cart::default().add(&Context::test(), request).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}
