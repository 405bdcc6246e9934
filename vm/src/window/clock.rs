//! The clock on the wall in a time zone: which day an instant is in, and which instants a wall-clock time names.
//!
//! Everything is in seconds: instants since 1970-01-01T00:00:00Z, wall-clock times since 1970-01-01T00:00:00 on that
//! clock.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// No two offsets in any zone are further apart than this many seconds.
const OFFSETS_APART_MAX: i64 = 2 * DAY;

/// The first and the last instant that a wall-clock time names. They differ only where the clocks change: in a fold
/// the time occurs twice, in a gap it is read by the offset before and by the one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Readings {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// A zone's clock. It remembers the stretch of time without a change that it was asked about last.
#[derive(Debug)]
pub(super) struct Clock<'a> {
    zone: &'a TimeZone,
    steady: Steady,
}

/// A stretch of time with one offset.
#[derive(Debug, Clone, Copy)]
struct Steady {
    from: i64,
    to: i64,
    offset: i64,
}

impl<'a> Clock<'a> {
    /// A clock, given the zone's [`only_offset`].
    pub(super) const fn new(zone: &'a TimeZone, only_offset: Option<i64>) -> Self {
        let steady = match only_offset {
            Some(offset) => Steady { from: i64::MIN, to: i64::MAX, offset },
            None => Steady { from: 0, to: 0, offset: 0 },
        };
        Self { zone, steady }
    }

    /// The day on the wall, counted from 1970-01-01.
    pub(super) fn day(&mut self, at: i64) -> i64 {
        at.saturating_add(self.steady_at(at).offset).div_euclid(DAY)
    }

    /// The instants that a wall-clock time names.
    pub(super) fn readings(&mut self, wall: i64) -> Readings {
        // A zone's offset is less than a day, so this instant is near enough to find the stretch of time meant.
        let steady = self.steady_at(wall);
        let at = wall.saturating_sub(steady.offset);
        let from = steady.from.saturating_add(OFFSETS_APART_MAX);
        let to = steady.to.saturating_sub(OFFSETS_APART_MAX);
        if from <= at && at < to {
            // Any other offset holds too far away to give this time a second reading.
            return Readings { first: at, last: at };
        }
        self.near_change(wall)
    }

    /// The readings of a time close to a change of clocks.
    fn near_change(&self, wall: i64) -> Readings {
        let at = |offset: Offset| wall.saturating_sub(i64::from(offset.seconds()));
        let (one, other) = match Timestamp::from_second(wall) {
            Ok(wall) => match self.zone.to_ambiguous_timestamp(Offset::UTC.to_datetime(wall)).offset() {
                AmbiguousOffset::Unambiguous { offset } => (at(offset), at(offset)),
                AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                    (at(before), at(after))
                }
            },
            // No instant in nanoseconds is anywhere near.
            Err(_) => (wall, wall),
        };
        Readings { first: one.min(other), last: one.max(other) }
    }

    fn steady_at(&mut self, at: i64) -> Steady {
        if self.steady.from <= at && at < self.steady.to {
            return self.steady;
        }
        if let Ok(instant) = Timestamp::from_second(at) {
            self.steady = find_steady(self.zone, instant);
        }
        self.steady
    }
}

/// The offset of a zone whose clocks never change, in seconds east of UTC.
pub(super) fn only_offset(zone: &TimeZone) -> Option<i64> {
    let never_changes = zone.following(Timestamp::MIN).next().is_none();
    never_changes.then(|| i64::from(zone.to_offset(Timestamp::MIN).seconds()))
}

/// The stretch of time around an instant that has its offset, between the changes before and after it.
fn find_steady(zone: &TimeZone, instant: Timestamp) -> Steady {
    let next_second = Timestamp::from_second(instant.as_second().saturating_add(1)).unwrap_or(instant);
    // A change at the instant itself is before it, but `preceding` leaves its own instant out.
    let before = zone.preceding(next_second).next();
    let after = zone.following(instant).next();
    Steady {
        from: before.map_or(i64::MIN, |change| change.timestamp().as_second()),
        to: after.map_or(i64::MAX, |change| change.timestamp().as_second()),
        offset: i64::from(zone.to_offset(instant).seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Zones;
    use super::only_offset;

    #[test]
    fn only_a_zone_whose_clocks_never_change_has_one_offset() {
        let zone = |name| only_offset(&Zones::bundled().get(name).unwrap());
        assert_eq!(zone("UTC"), Some(0));
        assert_eq!(zone("Europe/Berlin"), None);
        // Its clocks changed from the sun's to the railway's, and never since.
        assert_eq!(zone("Asia/Kathmandu"), None);
    }
}
