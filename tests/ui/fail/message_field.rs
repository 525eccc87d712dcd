use std::rc::Rc;

#[micro::message]
pub struct Shared { //~ ERROR: cannot be sent between threads safely
    pub text: Rc<str>, //~ ERROR@`Rc<str>`: `Rc<str>` cannot be a field of a message
}

#[micro::message]
pub struct Named {
    pub initial: char, //~ ERROR@`char`: `char` cannot be a field of a message
}

fn main() {}
