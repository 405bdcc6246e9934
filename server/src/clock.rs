//! The only place that reads the time of day.
//!
//! Each decision reads it once; from there the instant is data, kept in the record and used by every replay.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the instant of a decision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The clock of the operating system.
    System,
    /// Always this instant, in nanoseconds since 1970 in UTC.
    Fixed(i64),
}

impl Clock {
    /// Nanoseconds since 1970 in UTC; `None` where the clock stands before 1970 or past 2262.
    pub fn now(self) -> Option<i64> {
        match self {
            Self::Fixed(at) => Some(at),
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
                i64::try_from(since.as_nanos()).ok()
            }
        }
    }
}
