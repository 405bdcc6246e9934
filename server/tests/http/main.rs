//! The server's answers: the router in memory, and the whole server over sockets.
// Helpers stand under `cfg(test)` too, so that what a test may do, they may.

#[cfg(test)]
mod access;
#[cfg(test)]
mod decide;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod keeper;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod read;
#[cfg(test)]
mod repeat;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tree;
