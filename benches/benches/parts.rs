//! Each part by itself, in groups of criterion.

fn main() {}
