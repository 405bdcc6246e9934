//! Windows and calendars as a module holds them. Their meaning is in the chapter on windows of `spec/`.

use serde::{Deserialize, Serialize};

/// Days of the week as bits: Monday is bit 0, Sunday bit 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Weekdays(pub u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0x7f);

    /// Whether a day is among them; Monday is 0.
    pub fn contains(self, monday_offset: u8) -> bool {
        1u8.checked_shl(u32::from(monday_offset)).is_some_and(|bit| self.0 & bit != 0)
    }
}

/// A calendar date, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(pub i32);

/// Which days a range of a window starts on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Days {
    /// On these days of the week.
    Weekdays(Weekdays),
    /// From the first to the last date, both within.
    Dates {
        /// First date.
        first: Date,
        /// Last date.
        last: Date,
    },
    /// On each day that the calendar with this index lists.
    Calendar(u16),
}

/// One `open` or `closed` range: on each of its days from `start` to `end`, half-open.
///
/// `end` at or before `start` reaches into the following day. A whole day is 0 to 1440.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Days on which the range starts.
    pub days: Days,
    /// Minutes after midnight, 0 to 1439.
    pub start: u16,
    /// Minutes after midnight, 1 to 1440.
    pub end: u16,
}

/// A time zone, as a module carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Zone {
    /// IANA name.
    pub name: String,
    /// What its clocks do: the bytes of a TZif file (RFC 9636).
    pub tzif: Vec<u8>,
}

/// A window in time. No `open` range means open whenever it is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Name in the source.
    pub name: String,
    /// IANA time zone.
    pub zone: String,
    /// When it is open; the union counts.
    pub open: Vec<Span>,
    /// When it is closed, whatever `open` says.
    pub closed: Vec<Span>,
}

/// Days that a calendar lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Calendar {
    /// Name in the source, such as `holidays.germany`.
    pub name: String,
    /// First date of which the calendar knows.
    pub valid_from: Date,
    /// Last date of which the calendar knows; past it the answer is unknown.
    pub valid_through: Date,
    /// The days, ascending.
    pub days: Vec<Date>,
}
