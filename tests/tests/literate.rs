//! Runs every block of the specification, of the cases and of the library's documentation.
//!
//! `cargo test -p holdpoint-tests --test literate -- PART` runs those whose name has a part; `cargo bless` rewrites
//! the blocks that show what the code does.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdpoint_tests::harness::main(std::env::args().skip(1))
}
