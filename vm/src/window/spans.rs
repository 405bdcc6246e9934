//! Ranges of a window laid on the line of time.

use holdpoint_isa::window::{Calendar, Date, Days, Span};

use super::clock::{Clock, DAY};

/// How a range is read where the clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// From the first reading of its start to the last reading of its end.
    Widest,
    /// From the last reading of its start to the first reading of its end.
    Narrowest,
}

/// Whether a range starts on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    Yes,
    No,
    /// The calendar with this index does not know of the day.
    Unknown(u16),
}

/// What ranges say of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cover {
    /// Where a range covers the instant, the latest end of those that do.
    pub(super) until: Option<i64>,
    /// Where a range might cover it, the first calendar that would have to be known.
    pub(super) unknown: Option<u16>,
}

/// Days before the day of an instant on which a range can start that covers it: a range may reach into the next day,
/// and a change of clocks may skip a whole day.
const DAYS_BEFORE: i64 = 2;
/// Days after it: where a change of clocks skips the beginning of a day, that may be read as an end of the day before.
const DAYS_AFTER: i64 = 1;

/// What ranges say of an instant.
pub(super) fn cover(
    spans: &[Span],
    reach: Reach,
    calendars: &[Calendar],
    clock: &mut Clock<'_>,
    at: i64,
) -> Cover {
    let mut cover = Cover::default();
    let today = clock.day(at);
    for span in spans {
        for day in today.saturating_sub(DAYS_BEFORE)..=today.saturating_add(DAYS_AFTER) {
            let starts = starts(&span.days, calendars, day);
            if starts == Starts::No {
                continue;
            }
            let Some((start, end)) = interval(span, reach, clock, day) else { continue };
            if at < start || end <= at {
                continue;
            }
            match starts {
                Starts::Unknown(calendar) => cover.unknown = cover.unknown.or(Some(calendar)),
                _ => cover.until = cover.until.max(Some(end)),
            }
        }
    }
    cover
}

/// The earliest start after an instant, up to a last one, of a range that starts or might start.
pub(super) fn next_start(
    spans: &[Span],
    reach: Reach,
    calendars: &[Calendar],
    clock: &mut Clock<'_>,
    after: i64,
    last: i64,
) -> Option<i64> {
    let mut best: Option<i64> = None;
    let mut last_day = clock.day(last).saturating_add(DAYS_AFTER);
    let mut day = clock.day(after).saturating_sub(DAYS_BEFORE);
    while day <= last_day {
        for span in spans.iter().filter(|span| starts(&span.days, calendars, day) != Starts::No) {
            let start = interval(span, reach, clock, day).map(|(start, _)| start);
            if let Some(start) = start.filter(|start| after < *start && *start <= last) {
                best = Some(best.map_or(start, |best| best.min(start)));
                // A change of clocks may put a range of a later day first, but not one of a much later day.
                last_day = last_day.min(day.saturating_add(DAYS_BEFORE));
            }
        }
        day = day.saturating_add(1);
    }
    best
}

/// The interval of a range that starts on a day, or `None` where nothing is left of it.
fn interval(span: &Span, reach: Reach, clock: &mut Clock<'_>, day: i64) -> Option<(i64, i64)> {
    let (start, end) = wall_times(span, day);
    let (start, end) = (clock.readings(start), clock.readings(end));
    let (start, end) = match reach {
        Reach::Widest => (start.first, end.last),
        Reach::Narrowest => (start.last, end.first),
    };
    (start < end).then_some((start, end))
}

/// Start and end on the clock on the wall. An end at or before the start is on the following day.
pub(super) fn wall_times(span: &Span, day: i64) -> (i64, i64) {
    let midnight = day.saturating_mul(DAY);
    let minute = |minutes: u16| midnight.saturating_add(i64::from(minutes).saturating_mul(60));
    let next_day = if span.end <= span.start { DAY } else { 0 };
    (minute(span.start), minute(span.end).saturating_add(next_day))
}

/// Whether a range with these days starts on a day.
pub(super) fn starts(days: &Days, calendars: &[Calendar], day: i64) -> Starts {
    let listed = match days {
        Days::Weekdays(weekdays) => weekdays.contains(weekday(day)),
        Days::Dates { first, last } => i64::from(first.0) <= day && day <= i64::from(last.0),
        Days::Calendar(index) => match calendars.get(usize::from(*index)).and_then(|it| lists(it, day)) {
            Some(listed) => listed,
            None => return Starts::Unknown(*index),
        },
    };
    if listed { Starts::Yes } else { Starts::No }
}

/// Whether a calendar lists a day, if it knows of it.
fn lists(calendar: &Calendar, day: i64) -> Option<bool> {
    let date = i32::try_from(day).ok().map(Date)?;
    let knows = calendar.valid_from <= date && date <= calendar.valid_through;
    knows.then(|| calendar.days.binary_search(&date).is_ok())
}

/// The day of the week; Monday is 0. The first of January 1970 was a Thursday.
fn weekday(day: i64) -> u8 {
    u8::try_from(day.saturating_add(3).rem_euclid(7)).unwrap_or_default()
}
