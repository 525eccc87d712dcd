//! The package has no `build.rs`.

mod proto {
    micro::include_proto!(); //~ ERROR: there is no generated code: the `build.rs` of this package is missing
}

fn main() {}
