use std::fmt;

pub struct Printed;

#[micro::service]
impl fmt::Display for Printed { //~ ERROR@`Display`: `ROWS_of_a_trait_generated_by_micro_codegen`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("printed")
    }
}

fn main() {}
