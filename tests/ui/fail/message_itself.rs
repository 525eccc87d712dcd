#[micro::message]
pub struct Node { //~ ERROR: cycle detected when
    pub next: Box<Node>,
}

fn main() {}
