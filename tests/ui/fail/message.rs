use std::rc::Rc;

#[micro::message]
pub struct Clash {
    #[tag(3)]
    pub first: i64,
    #[tag(3)] //~ ERROR: tag 3 is used twice
    pub second: i64,
}

#[micro::message(reserved(2, "old"))]
pub struct Kept {
    pub first: i64,
    #[tag(2)] //~ ERROR: reserved
    pub second: i64,
    pub old: i64, //~ ERROR: reserved
}

#[micro::message(pakage = "x")] //~ ERROR: unknown option `pakage`
pub struct Option {
    pub first: i64,
}

fn main() {}
