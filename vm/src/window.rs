//! Windows in time: whether one is open at an instant, and when it opens or closes next (rules `window.*`).
//!
//! A range of a window starts at a wall-clock time of a day and ends at another. Where the clocks change, such a time
//! may name two instants, or none: then a closed range takes its widest reading and an open range its narrowest. So a
//! freeze never loses an hour to a change of clocks.
//!
//! A calendar knows only the dates it was made for. Outside them it might list a day or not; where the answer hangs on
//! that, it is unknown, and never "no holiday".
//!
//! Work is bounded: what is looked at is a few days around an instant, or at most [`HORIZON_DAYS`] days ahead. Time
//! zones come from the bundled database, through the module that carries them, and never from the machine.
//!
//! Reading order: `zones`, `clock`, `spans`, `check`.

mod check;
mod clock;
mod spans;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests;
mod zones;

use holdpoint_isa::limits::{HORIZON_DAYS, WINDOW_RANGES_MAX};
use holdpoint_isa::window::{Calendar, Span, Window};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use check::never_open;
pub use zones::{TZDB_VERSION, UnknownZone, Zones, bundled_zone};

use clock::{Clock, DAY};
use spans::{Cover, Reach, cover, next_start};

/// Steps of one search. Each goes from bound to bound of a range, and no window has as many within the horizon: this
/// ends a search in a time zone whose data makes no sense.
const STEPS_MAX: u32 = 4 * HORIZON_DAYS * WINDOW_RANGES_MAX;
/// Nanoseconds of a second.
const NANOS: i64 = 1_000_000_000;

/// Whether a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// It is open.
    Open,
    /// It is closed.
    Closed,
    /// It hangs on a calendar, named by its index, that does not know of the date.
    Unknown(u16),
}

/// The next instant at which a window opens, or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextChange {
    /// At this instant, in nanoseconds since 1970.
    At(i64),
    /// Not within the days that are looked ahead.
    Never,
    /// It hangs on a calendar, named by its index, that does not know of the dates.
    Unknown(u16),
}

/// What is added to a count of days since 1970-01-01, a Thursday, so that Mondays are multiples of seven.
const THURSDAY: i64 = 3;

/// A time zone made ready to be asked.
#[derive(Debug, Clone)]
pub struct PreparedZone(TimeZone);

impl PreparedZone {
    /// Prepares a time zone.
    pub fn new(zones: &Zones, name: &str) -> Result<Self, UnknownZone> {
        zones.get(name).map(Self)
    }

    /// The date on the zone's clocks at an instant, as days since 1970-01-01.
    pub fn date(&self, at: i64) -> i64 {
        let second = at.div_euclid(NANOS);
        // Every instant in nanoseconds is one that the database can be asked about.
        let offset = Timestamp::from_second(second).map_or(0, |at| i64::from(self.0.to_offset(at).seconds()));
        second.saturating_add(offset).div_euclid(DAY)
    }

    /// The day of the week on the zone's clocks at an instant; Monday is 0.
    pub fn weekday(&self, at: i64) -> i64 {
        self.date(at).saturating_add(THURSDAY).rem_euclid(7)
    }
}

/// A window made ready to be asked, with its time zone at hand.
#[derive(Debug, Clone)]
pub struct PreparedWindow {
    zone: TimeZone,
    /// The only offset of the zone, in seconds, where its clocks never change.
    only_offset: Option<i64>,
    open: Vec<Span>,
    closed: Vec<Span>,
}

impl PreparedWindow {
    /// Prepares a window. Calendars are given to each question instead, because windows share them.
    pub fn new(zones: &Zones, window: &Window) -> Result<Self, UnknownZone> {
        let zone = zones.get(&window.zone)?;
        let only_offset = clock::only_offset(&zone);
        Ok(Self { zone, only_offset, open: window.open.clone(), closed: window.closed.clone() })
    }

    /// Whether the window is open at an instant, in nanoseconds since 1970.
    pub fn is_open(&self, calendars: &[Calendar], at: i64) -> Openness {
        Question::new(self, calendars).openness(at.div_euclid(NANOS))
    }

    /// The earliest instant at or after another at which the window is open.
    pub fn next_open(&self, calendars: &[Calendar], at: i64) -> NextChange {
        Question::new(self, calendars).next_open(at.div_euclid(NANOS)).not_before(at)
    }

    /// The earliest instant at or after another at which the window is not open.
    pub fn next_close(&self, calendars: &[Calendar], at: i64) -> NextChange {
        Question::new(self, calendars).next_close(at.div_euclid(NANOS)).not_before(at)
    }
}

/// A search for a change, in seconds since 1970. All bounds of ranges fall on whole seconds.
struct Question<'a> {
    window: &'a PreparedWindow,
    calendars: &'a [Calendar],
    clock: Clock<'a>,
}

impl<'a> Question<'a> {
    fn new(window: &'a PreparedWindow, calendars: &'a [Calendar]) -> Self {
        Self { window, calendars, clock: Clock::new(&window.zone, window.only_offset) }
    }

    /// What the closed ranges say of an instant.
    fn closed(&mut self, at: i64) -> Cover {
        cover(&self.window.closed, Reach::Widest, self.calendars, &mut self.clock, at)
    }

    /// What the open ranges say of an instant; where there is none, it is open for good.
    fn open(&mut self, at: i64) -> Cover {
        if self.window.open.is_empty() {
            return Cover { until: Some(i64::MAX), unknown: None };
        }
        cover(&self.window.open, Reach::Narrowest, self.calendars, &mut self.clock, at)
    }

    fn openness(&mut self, at: i64) -> Openness {
        let closed = self.closed(at);
        if closed.until.is_some() {
            return Openness::Closed;
        }
        let open = self.open(at);
        match (closed.unknown, open.until, open.unknown) {
            (Some(calendar), Some(_), _) => Openness::Unknown(calendar),
            (None, Some(_), _) => Openness::Open,
            (_, None, Some(calendar)) => Openness::Unknown(calendar),
            (_, None, None) => Openness::Closed,
        }
    }

    /// Goes from range to range; every step ends at a later bound of a range.
    fn next_open(&mut self, from: i64) -> NextChange {
        let horizon = horizon(from);
        let mut at = from;
        for _ in 0..STEPS_MAX {
            if at > horizon {
                break;
            }
            if let Some(end) = self.closed(at).until {
                at = end;
                continue;
            }
            match self.openness(at) {
                Openness::Open => return NextChange::at(at),
                Openness::Unknown(calendar) => return NextChange::Unknown(calendar),
                Openness::Closed => {}
            }
            let open = &self.window.open;
            let start = next_start(open, Reach::Narrowest, self.calendars, &mut self.clock, at, horizon);
            let Some(start) = start else { return NextChange::Never };
            at = start;
        }
        NextChange::Never
    }

    /// Goes from one open range to the next that joins it, up to the first closed one.
    fn next_close(&mut self, from: i64) -> NextChange {
        let horizon = horizon(from);
        let closed = &self.window.closed;
        let closing = next_start(closed, Reach::Widest, self.calendars, &mut self.clock, from, horizon);
        let mut at = from;
        for _ in 0..STEPS_MAX {
            if at > horizon {
                break;
            }
            match self.openness(at) {
                Openness::Closed => return NextChange::at(at),
                Openness::Unknown(calendar) => return NextChange::Unknown(calendar),
                Openness::Open => {}
            }
            // It is open, so an open range is known to reach further. The closed range found is still ahead; asking
            // makes sure that every step goes forward.
            let end = self.open(at).until.unwrap_or(i64::MAX);
            at = closing.filter(|closing| at < *closing).map_or(end, |closing| closing.min(end));
        }
        NextChange::Never
    }
}

impl NextChange {
    /// At a second; one past the last instant is out of reach, and the first one begins before the first instant.
    fn at(second: i64) -> Self {
        let first = (second < 0).then_some(i64::MIN);
        second.checked_mul(NANOS).or(first).map_or(Self::Never, Self::At)
    }

    /// The same, but no earlier than the instant asked about, which may lie within a second.
    fn not_before(self, from: i64) -> Self {
        match self {
            Self::At(at) => Self::At(at.max(from)),
            Self::Never | Self::Unknown(_) => self,
        }
    }
}

/// The last second that a search looks at.
fn horizon(from: i64) -> i64 {
    from.saturating_add(i64::from(HORIZON_DAYS).saturating_mul(DAY))
}
