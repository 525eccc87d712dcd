#[micro::message]
pub enum Choice {
    Text(String),
    Number(i64),
}

#[micro::message]
pub struct Asked { //~ ERROR: two fields of `Asked` have one name, or a reserved one
    pub text: String,
    pub choice: Option<Choice>,
}

#[micro::message(reserved("number"))]
pub struct Kept { //~ ERROR: two fields of `Kept` have one name, or a reserved one
    pub choice: Option<Choice>,
}

#[micro::message]
pub struct Inner {}

#[micro::message(reserved("choice", "inner"))]
pub struct Renamed {
    pub choice: Option<Choice>,
    pub inner: Option<Inner>, //~ ERROR: the name `inner` is reserved; choose another
}

fn main() {}
