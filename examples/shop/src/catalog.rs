//! The catalog, contract first: the trait that was generated from `proto/catalog.proto`, implemented as plain
//! Rust.

mod stock;

use std::sync::{Mutex, MutexGuard, PoisonError};

use micro::prelude::*;

use crate::names;
use crate::proto::shop::catalog::v1::*;
use stock::Stock;

/// Serves what is in stock.
///
/// The stock is in memory: every catalog process has its own, and it is full again after a restart. A real
/// one would be in a database, with each reservation as one transaction.
#[derive(Default)]
pub struct Shelves {
    stock: Mutex<Stock>,
}

#[micro::service]
impl Catalog for Shelves {
    async fn list(&self, _ctx: &Context, _request: ListRequest) -> Result<Streaming<Product>> {
        // Copied, as nobody else could buy while a slow caller reads.
        let products: Vec<Product> = self.stock().products().cloned().collect();
        Ok(Streaming::from_iter(products))
    }

    async fn get(&self, _ctx: &Context, request: GetRequest) -> Result<Product> {
        self.stock().get(&request.id).cloned()
    }

    async fn reserve(&self, _ctx: &Context, request: ReserveRequest) -> Result<Reservation> {
        names::check("key", &request.key)?;
        self.stock().reserve(request.key, &request.items)
    }
}

impl Shelves {
    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the service.
pub fn service() -> Service {
    Service::new("catalog").handle(Shelves::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    use micro::Code;

    #[tokio::test]
    async fn the_stream_lists_what_get_knows() {
        let client = micro::testing::client(service()).await.unwrap();
        let catalog = CatalogClient::new(&client);
        let products = catalog.list(ListRequest {}).await.unwrap().collect().await.unwrap();
        assert!(products.len() > 1);
        for product in products {
            assert_eq!(catalog.get(GetRequest { id: product.id.clone() }).await.unwrap(), product);
        }
    }

    #[tokio::test]
    async fn what_there_is_too_little_of_is_told_in_details() {
        let client = micro::testing::client(service()).await.unwrap();
        let items = vec![Item { product: "globe".into(), quantity: 2 }];
        let request = ReserveRequest { key: "ann-1".into(), items };
        let error = CatalogClient::new(&client).reserve(request).await.unwrap_err();
        assert_eq!((error.code(), error.id()), (Code::FailedPrecondition, "catalog"));
        let detail = crate::details::find::<OutOfStock>(&error).unwrap();
        assert_eq!((detail.wanted, detail.left), (2, 1));
    }

    #[tokio::test]
    async fn a_handler_is_a_plain_function() {
        let request = ReserveRequest { key: "not a key".into(), items: Vec::new() };
        let error = Shelves::default().reserve(&Context::test(), request).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}
