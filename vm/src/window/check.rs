//! A window that is never open is a mistake; this finds those that certainly are.

use holdpoint_isa::window::{Calendar, Days, Span, Weekdays, Window};

use super::clock::DAY;
use super::spans::{Starts, starts, wall_times};

/// Days of a range of dates that are looked at one by one.
const DATES_MAX: i64 = 3660;
/// A Monday, in days since 1970.
const MONDAY: i64 = 4;

/// Whether a window is certainly never open. What hangs on dates that a calendar does not know is not certain.
///
/// Only the clock on the wall is looked at. That is enough: a closed range covers every instant whose wall-clock time
/// lies in it, and an open range covers no other instant, wherever the clocks change.
pub fn never_open(window: &Window, calendars: &[Calendar]) -> bool {
    let closed = Closed { spans: &window.closed, calendars };
    if window.open.is_empty() {
        return closed.every_week(Weekdays::ALL, 0, 1440);
    }
    window.open.iter().all(|span| closed.always_over(span))
}

struct Closed<'a> {
    spans: &'a [Span],
    calendars: &'a [Calendar],
}

impl Closed<'_> {
    /// Whether an open range lies within closed ones whenever it starts.
    fn always_over(&self, open: &Span) -> bool {
        match &open.days {
            Days::Weekdays(weekdays) => self.every_week(*weekdays, open.start, open.end),
            Days::Dates { first, last } => {
                let (first, last) = (i64::from(first.0), i64::from(last.0));
                let few = last.saturating_sub(first) < DATES_MAX;
                self.every_week(Weekdays::ALL, open.start, open.end)
                    || few && (first..=last).all(|day| self.covers(open, day, false))
            }
            Days::Calendar(_) => self.every_week(Weekdays::ALL, open.start, open.end),
        }
    }

    /// Whether closed ranges that come every week cover a range on these days of the week.
    fn every_week(&self, weekdays: Weekdays, start: u16, end: u16) -> bool {
        let open = Span { days: Days::Weekdays(weekdays), start, end };
        let week = MONDAY..MONDAY.saturating_add(7);
        let mut days = week.filter(|day| starts(&open.days, &[], *day) == Starts::Yes);
        days.all(|day| self.covers(&open, day, true))
    }

    /// Whether closed ranges cover the open range that starts on a day; `weekly` leaves out those with dates.
    fn covers(&self, open: &Span, day: i64, weekly: bool) -> bool {
        let (mut at, end) = wall_times(open, day);
        while at < end {
            match self.until(at, weekly) {
                Some(until) => at = until,
                None => return false,
            }
        }
        true
    }

    /// The latest end of the closed ranges that cover a wall-clock time.
    fn until(&self, at: i64, weekly: bool) -> Option<i64> {
        let today = at.div_euclid(DAY);
        let usable = |span: &&Span| !weekly || matches!(span.days, Days::Weekdays(_));
        let ends = self.spans.iter().filter(usable).flat_map(|span| {
            let days = [today.saturating_sub(1), today];
            let started =
                days.into_iter().filter(|day| starts(&span.days, self.calendars, *day) == Starts::Yes);
            started.map(|day| wall_times(span, day)).filter(|(start, end)| *start <= at && at < *end)
        });
        ends.map(|(_, end)| end).max()
    }
}
