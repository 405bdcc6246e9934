//! What a decision server is told when it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The port that a server listens at unless told otherwise.
pub const DEFAULT_PORT: u16 = 7117;

/// What a decision server is told when it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the decision log is kept.
    pub data_dir: PathBuf,
    /// What clients may ask of it.
    pub limits: Limits,
    /// How the log is looked after.
    pub keeping: Keeping,
    /// Whether a policy has to be activated by somebody else than who proposed it.
    pub two_people: bool,
}

impl Config {
    /// Listening at port 7117 of this machine only, with the usual limits.
    pub fn new(data_dir: PathBuf) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
        Self { listen, data_dir, limits: Limits::default(), keeping: Keeping::default(), two_people: false }
    }
}

/// What clients may ask of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at one time; further ones wait to be accepted.
    pub connections: usize,
    /// Until the first byte of a connection.
    pub first_byte: Duration,
    /// From there, or from the end of an answer, until a request's head is complete.
    pub head: Duration,
    /// Until a request's body is complete.
    pub body: Duration,
    /// Until a request is answered.
    pub request: Duration,
    /// Until a client takes more of an answer that is waiting for it.
    pub write: Duration,
    /// Until connections are cut when the server ends.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            first_byte: Duration::from_secs(5),
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            request: Duration::from_secs(15),
            write: Duration::from_secs(15),
            drain: Duration::from_secs(15),
        }
    }
}

/// How a log and its disk are looked after.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Nothing is decided while less is free than the smaller of this many bytes…
    pub free_bytes: u64,
    /// … and this share of the disk.
    pub free_percent: u8,
    /// How often the room is measured.
    pub measure_every: Duration,
    /// Rest after every few decisions that are read again.
    pub scrub_pause: Duration,
    /// Rest after all of them.
    pub scrub_rest: Duration,
    /// Rest after the log could not be read through; twice as long after each further time, up to `scrub_rest`.
    pub scrub_retry: Duration,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            free_bytes: 1 << 30,
            free_percent: 5,
            measure_every: Duration::from_secs(1),
            scrub_pause: Duration::from_millis(100),
            scrub_rest: Duration::from_secs(24 * 60 * 60),
            scrub_retry: Duration::from_secs(60),
        }
    }
}
