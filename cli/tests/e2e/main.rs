//! The real binary, as its users run it.

mod bad_input;
mod examples;
mod readme;
mod run;
mod serving;
