//! A shopper: a client that serves nothing. It looks around, buys, and tries what cannot be bought.

use std::time::Duration;

use micro::{Client, Code, Error, Result};

use crate::cart::{AddRequest, CartClient, Line, RemoveRequest};
use crate::orders::{OrdersClient, PlaceRequest};
use crate::proto::shop::catalog::v1::{CatalogClient, ListRequest, OutOfStock, Product};
use crate::{details, money};

/// Walks through the shop as `customer`.
///
/// # Errors
///
/// What a service fails with, but for the two refusals that belong to the walk; `internal` when one of them
/// does not come.
pub async fn run(customer: &str) -> Result<()> {
    let client = Client::open().await?;
    look_around(&client).await?;
    buy(&client, customer).await?;
    ask_for_a_unicorn(&client, customer).await?;
    order_too_much(&client, customer).await
}

async fn look_around(client: &Client) -> Result<()> {
    let catalog = CatalogClient::new(client);
    // The shop may have been opened at the same moment.
    let call = catalog.list(ListRequest {}).wait_for_ready().timeout(Duration::from_secs(10));
    let mut products = call.await?;
    while let Some(product) = products.next().await {
        let Product { id, name, cents, left } = product?;
        println!("shopper  sees {id}: {name} for {}, {left} left", money::show(cents));
    }
    Ok(())
}

async fn buy(client: &Client, customer: &str) -> Result<()> {
    let cart = CartClient::new(client);
    cart.add(some("lamp", 2, customer)).await?;
    cart.add(some("book", 1, customer)).await?;
    let orders = OrdersClient::new(client);
    // The key is the caller's: without an answer it asks again, and has ordered once. A UUID would be unique
    // everywhere.
    let key = format!("{customer}-{}", std::process::id());
    let place = || orders.place(PlaceRequest { key: key.clone(), customer: customer.to_owned() });
    let order = place().await?;
    let pay = money::show(order.cents);
    println!("shopper  places order {} of {} for {pay}", order.key, order.pieces());
    if place().await? != order {
        return Err(Error::internal(format!("the key {key} stands for two orders")));
    }
    println!("shopper  places order {} again, and it is the same one", order.key);
    Ok(())
}

async fn ask_for_a_unicorn(client: &Client, customer: &str) -> Result<()> {
    let added = CartClient::new(client).add(some("unicorn", 1, customer)).await;
    let error = refused(added, Code::NotFound)?;
    println!("shopper  cannot have a unicorn: {error} (says {})", error.id());
    Ok(())
}

async fn order_too_much(client: &Client, customer: &str) -> Result<()> {
    let cart = CartClient::new(client);
    cart.add(some("globe", 2, customer)).await?;
    let key = format!("{customer}-{}-globes", std::process::id());
    let request = PlaceRequest { key, customer: customer.to_owned() };
    let placed = OrdersClient::new(client).place(request).await;
    // The message is for people; programs act on the code and the details.
    let error = refused(placed, Code::FailedPrecondition)?;
    let found = details::find(&error);
    let OutOfStock { left, .. } = found.ok_or_else(|| Error::internal("the refusal has no details"))?;
    println!("shopper  cannot have two globes: {error} (says {})", error.id());
    println!("shopper  could have {left}, and puts them back");
    let lines = vec![Line { product: "globe".to_owned(), quantity: 2 }];
    cart.remove(RemoveRequest { customer: customer.to_owned(), lines }).await?;
    Ok(())
}

fn some(product: &str, quantity: u32, customer: &str) -> AddRequest {
    AddRequest { customer: customer.to_owned(), product: product.to_owned(), quantity }
}

/// Expects an error of this code; whatever else came is an error of this program.
fn refused<T>(result: Result<T>, code: Code) -> Result<Error> {
    match result {
        Err(error) if error.code() == code => Ok(error),
        Err(error) => Err(error),
        Ok(_) => Err(Error::internal(format!("something was sold that should be refused as {code}"))),
    }
}
