//! What travels to and from the carts.

/// What to put into a cart.
#[micro::message(package = "shop.cart.v1")]
#[derive(Clone, Debug, Default)]
pub struct AddRequest {
    /// Whose cart.
    pub customer: String,
    /// The id of the product.
    pub product: String,
    /// How many pieces.
    pub quantity: u32,
}

/// Whose cart to show.
#[micro::message(package = "shop.cart.v1")]
#[derive(Clone, Debug, Default)]
pub struct ShowRequest {
    /// Whose cart.
    pub customer: String,
}

/// What to take out of a cart.
#[micro::message(package = "shop.cart.v1")]
#[derive(Clone, Debug, Default)]
pub struct RemoveRequest {
    /// Whose cart.
    pub customer: String,
    /// What to take out.
    pub lines: Vec<Line>,
}

/// What a cart holds.
#[micro::message(package = "shop.cart.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Whose cart.
    pub customer: String,
    /// The products, by id, each once.
    pub lines: Vec<Line>,
}

/// Pieces of one product.
#[micro::message(package = "shop.cart.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The id of the product.
    pub product: String,
    /// How many.
    pub quantity: u32,
}
