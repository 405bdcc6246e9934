//! A naive definition of windows, made from nothing but offsets at instants, and the agreement with it.

use std::collections::BTreeMap;

use holdpoint_isa::window::{Calendar, Date, Days, Span, Weekdays, Window};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::{at, prepare};
use crate::window::{NextChange, Openness, PreparedWindow};

/// Ranges, instants and changes of clocks of this test all fall on quarters of an hour.
const QUARTER: i64 = 900;
const DAY: i64 = 86_400;
const NANOS: i64 = 1_000_000_000;

/// The clock on the wall at every quarter of an hour of some days, in seconds.
struct Table {
    /// Instants with what the clock shows.
    shown: Vec<(i64, i64)>,
    /// The instants at which the clock shows a time.
    instants: BTreeMap<i64, Vec<i64>>,
}

impl Table {
    fn new(zone: &TimeZone, around: i64) -> Self {
        let start = (around - 12 * DAY).div_euclid(QUARTER);
        let instants = (start..start + 24 * 96).map(|quarter| quarter * QUARTER);
        let wall = |at: i64| at + i64::from(zone.to_offset(Timestamp::from_second(at).unwrap()).seconds());
        let shown: Vec<(i64, i64)> = instants.map(|at| (at, wall(at))).collect();
        let mut instants = BTreeMap::<i64, Vec<i64>>::new();
        for (at, wall) in &shown {
            instants.entry(*wall).or_default().push(*at);
        }
        Self { shown, instants }
    }

    /// Every instant that a wall-clock time names; in a gap, those of the offsets on both sides.
    fn readings(&self, wall: i64) -> Vec<i64> {
        if let Some(instants) = self.instants.get(&wall) {
            return instants.clone();
        }
        let jump = self.shown.windows(2).find(|pair| pair[0].1 < wall && wall < pair[1].1).unwrap();
        jump.iter().map(|(at, shown)| at + (wall - shown)).collect()
    }

    /// Whether a range covers an instant, on any of the days that the table holds: for certain, or perhaps.
    fn covers(&self, span: &Span, closed: bool, calendars: &[Calendar], instant: i64) -> (bool, bool) {
        let today = instant.div_euclid(DAY);
        let mut found = (false, false);
        for day in today - 4..=today + 4 {
            let midnight = day * DAY;
            let end_day = if span.end <= span.start { DAY } else { 0 };
            let starts = self.readings(midnight + i64::from(span.start) * 60);
            let ends = self.readings(midnight + end_day + i64::from(span.end) * 60);
            let covers = if closed {
                starts.iter().any(|start| *start <= instant) && ends.iter().any(|end| instant < *end)
            } else {
                starts.iter().all(|start| *start <= instant) && ends.iter().all(|end| instant < *end)
            };
            let date = Date(i32::try_from(day).unwrap());
            match &span.days {
                _ if !covers => {}
                Days::Weekdays(days) => {
                    found.0 |= days.contains(u8::try_from((day + 3).rem_euclid(7)).unwrap())
                }
                Days::Dates { first, last } => found.0 |= (*first..=*last).contains(&date),
                Days::Calendar(index) => {
                    let calendar = &calendars[usize::from(*index)];
                    let known = (calendar.valid_from..=calendar.valid_through).contains(&date);
                    found.0 |= known && calendar.days.contains(&date);
                    found.1 |= !known;
                }
            }
        }
        found
    }

    fn is_open(&self, window: &Window, calendars: &[Calendar], instant: i64) -> Option<bool> {
        let any = |spans: &[Span], closed| {
            let found = spans.iter().map(|span| self.covers(span, closed, calendars, instant));
            found.fold((false, false), |all, one| (all.0 | one.0, all.1 | one.1))
        };
        let (closed, maybe_closed) = any(&window.closed, true);
        let (mut open, maybe_open) = any(&window.open, false);
        open |= window.open.is_empty();
        if closed || (!open && !maybe_open) {
            return Some(false);
        }
        if maybe_closed || !open { None } else { Some(true) }
    }
}

fn known(openness: Openness) -> Option<bool> {
    match openness {
        Openness::Open => Some(true),
        Openness::Closed => Some(false),
        Openness::Unknown(_) => None,
    }
}

/// Instants near which the clocks change, each in its zone.
const CHANGES: &[(&str, &str)] = &[
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Africa/Cairo", "2026-04-23T22:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00Z"),
    ("America/Havana", "2026-03-08T05:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("Asia/Kathmandu", "2026-06-01T00:00Z"),
    ("UTC", "2026-06-01T00:00Z"),
];

fn days(around: i64) -> impl Strategy<Value = Days> {
    let today = i32::try_from(around.div_euclid(DAY)).unwrap();
    prop_oneof![
        3 => (0u8..0x80).prop_map(|bits| Days::Weekdays(Weekdays(bits))),
        1 => Just(Days::Weekdays(Weekdays::ALL)),
        2 => (-4i32..4, 0i32..3).prop_map(move |(first, more)| Days::Dates {
            first: Date(today + first),
            last: Date(today + first + more),
        }),
        2 => (0u16..2).prop_map(Days::Calendar),
    ]
}

fn span(around: i64) -> impl Strategy<Value = Span> {
    let whole = Just((0u16, 1440u16));
    let part = (0u16..96, 1u16..=96).prop_map(|(start, end)| (start * 15, end * 15));
    let night = (84u16..96, 1u16..24).prop_map(|(start, end)| (start * 15, end * 15));
    // Times around those at which clocks change are the ones that matter.
    let small = (0u16..16, 1u16..=16).prop_map(|(start, end)| (start * 15, end * 15));
    let times = prop_oneof![1 => whole, 2 => part, 1 => night, 3 => small];
    (days(around), times).prop_map(|(days, (start, end))| Span { days, start, end })
}

#[derive(Debug)]
struct Case {
    window: Window,
    calendars: Vec<Calendar>,
    /// Seconds.
    around: i64,
}

fn case() -> impl Strategy<Value = Case> {
    prop::sample::select(CHANGES).prop_flat_map(|(zone, text)| {
        let around = at(text).div_euclid(NANOS);
        let today = i32::try_from(around.div_euclid(DAY)).unwrap();
        let calendar =
            (-3i32..1, 0i32..4, prop::collection::btree_set(-4i32..5, 0..4)).prop_map(move |found| {
                let (from, through, days) = found;
                Calendar {
                    name: String::new(),
                    valid_from: Date(today + from),
                    valid_through: Date(today + through),
                    days: days.into_iter().map(|day| Date(today + day)).collect(),
                }
            });
        let spans = |most| prop::collection::vec(span(around), 0..most);
        (spans(3), spans(3), prop::collection::vec(calendar, 2)).prop_map(move |(open, closed, calendars)| {
            Case { window: super::window(zone, open, closed), calendars, around }
        })
    })
}

/// The first quarter of an hour from an instant on that is not `skipped`, within three days.
fn first_other(table: &Table, case: &Case, from: i64, skipped: Option<bool>) -> Option<(i64, Option<bool>)> {
    let mut quarters = (0..3 * 96).map(|quarter| from + quarter * QUARTER);
    quarters.find_map(|at| {
        let open = table.is_open(&case.window, &case.calendars, at);
        (open != skipped).then_some((at, open))
    })
}

fn agrees(next: NextChange, naive: Option<(i64, Option<bool>)>, until: i64) -> bool {
    match (next, naive) {
        (NextChange::At(next), Some((at, Some(_)))) => next == at * NANOS,
        (NextChange::Unknown(_), Some((_, None))) => true,
        // Nothing within the days looked at.
        (NextChange::At(next), None) => next >= until * NANOS,
        (NextChange::Unknown(_) | NextChange::Never, None) => true,
        _ => false,
    }
}

fn check(case: &Case, prepared: &PreparedWindow, table: &Table, instant: i64) -> Result<(), TestCaseError> {
    let naive = table.is_open(&case.window, &case.calendars, instant);
    for within in [0, 1, 899 * NANOS + 999_999_999] {
        let openness = prepared.is_open(&case.calendars, instant * NANOS + within);
        prop_assert_eq!(known(openness), naive, "at {}", Timestamp::from_second(instant).unwrap());
    }
    let until = instant + 3 * DAY;
    let open = first_other(table, case, instant, Some(false));
    let next = prepared.next_open(&case.calendars, instant * NANOS);
    prop_assert!(agrees(next, open, until), "next open of {} is {:?}, not {:?}", instant, next, open);
    let close = first_other(table, case, instant, Some(true));
    let next = prepared.next_close(&case.calendars, instant * NANOS);
    prop_assert!(agrees(next, close, until), "next close of {} is {:?}, not {:?}", instant, next, close);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn windows_mean_what_the_naive_definition_says(case in case(), offsets in prop::collection::vec(-192i64..192, 4)) {
        let zone = TimeZoneDatabase::bundled().get(&case.window.zone).unwrap();
        let table = Table::new(&zone, case.around);
        let prepared = prepare(&case.window);
        for offset in offsets {
            check(&case, &prepared, &table, case.around.div_euclid(QUARTER) * QUARTER + offset * QUARTER)?;
        }
    }

    #[test]
    fn nothing_before_the_next_opening_is_open(case in case(), from in -400i64..400, samples in prop::collection::vec(any::<prop::sample::Index>(), 8)) {
        let prepared = prepare(&case.window);
        let from = (case.around + from * 3571) * NANOS;
        let next = prepared.next_open(&case.calendars, from);
        if let NextChange::At(at) = next {
            prop_assert!(at >= from);
            prop_assert_eq!(prepared.is_open(&case.calendars, at), Openness::Open);
        }
        let end = match next {
            NextChange::At(at) => at,
            NextChange::Never => from + 400 * DAY * NANOS,
            NextChange::Unknown(_) => from,
        };
        let seconds = usize::try_from((end - from) / NANOS).unwrap();
        if seconds > 0 {
            for sample in samples {
                let between = from + i64::try_from(sample.index(seconds)).unwrap() * NANOS;
                prop_assert_eq!(prepared.is_open(&case.calendars, between), Openness::Closed);
            }
        }
    }

    #[test]
    fn a_window_said_to_be_never_open_never_is(case in case(), offsets in prop::collection::vec(-2000i64..2000, 16)) {
        if crate::window::never_open(&case.window, &case.calendars) {
            let prepared = prepare(&case.window);
            for offset in offsets {
                let at = (case.around + offset * QUARTER) * NANOS;
                prop_assert_eq!(prepared.is_open(&case.calendars, at), Openness::Closed);
            }
            prop_assert_eq!(prepared.next_open(&case.calendars, case.around * NANOS), NextChange::Never);
        }
    }
}
