#[micro::message]
pub struct Measured {
    pub größe: u32, //~ ERROR@`größe`: `größe` is no protobuf name: use ASCII letters, digits and `_`
    pub some_size: u32,
    #[allow(non_snake_case)]
    pub someSize: u32, //~ ERROR@`someSize`: `some_size` and `someSize` are one name in protobuf
}

#[micro::message]
pub enum Size {
    Small,
    Größer, //~ ERROR@`Größer`: `Größer` is no protobuf name
}

fn main() {}
