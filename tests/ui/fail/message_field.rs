use std::rc::Rc;

#[micro::message]
pub struct Shared {
    pub text: Rc<str>, //~ ERROR: cannot be a field of a message
}

fn main() {}
