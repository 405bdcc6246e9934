//! Compiler and machine against the interpreter, the theorems of the language, the soundness of what loads, and the
//! bytes of modules.
// Helpers stand under `cfg(test)` too, so that what a test may do, they may.

#[cfg(test)]
mod differential;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod regressions;
#[cfg(test)]
mod rollouts;
#[cfg(test)]
mod soundness;
#[cfg(test)]
mod theorems;
