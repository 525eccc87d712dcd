#[micro::message]
pub struct Clash {
    #[tag(3)]
    pub first: i64,
    #[tag(3)] //~ ERROR@`3`: tag 3 is used twice: by `first` and `second`
    pub second: i64,
}

#[micro::message(reserved(2, "old"))]
pub struct Kept {
    pub first: i64,
    #[tag(2)] //~ ERROR@`2`: tag 2 is reserved; give `second` another
    pub second: i64,
    pub old: i64, //~ ERROR@`old`: the name `old` is reserved
}

#[micro::message(pakage = "x")] //~ ERROR@`pakage`: unknown option `pakage`; `#[micro::message]` knows `package = "…"`, `name = "…"`, `reserved(3, 5..=7, "old")`, `crate = path`
pub struct Option {
    pub first: i64,
}

#[micro::message(reserved(5, 7..=9, 5))] //~ ERROR@`5`: 5 is reserved twice; once is enough
pub enum Kind {
    None,
    HttpServer,
    HTTPServer, //~ ERROR@`HTTPServer`: `HttpServer` and `HTTPServer` are one name in protobuf
}

fn main() {}
