//! Tests of windows: vectors, data of other tools, and a naive definition to agree with.

mod changes;
mod data;
mod naive;
mod search;

use holdpoint_isa::literal;
use holdpoint_isa::window::{Calendar, Date, Days, Span, Weekdays, Window};

use super::{NextChange, Openness, PreparedWindow, Zones};

/// Every day of the week.
const DAILY: Days = Days::Weekdays(Weekdays::ALL);

/// Days of the week as bits; Monday is 0.
fn on(days: &[u8]) -> Days {
    Days::Weekdays(Weekdays(days.iter().fold(0, |bits, day| bits | (1 << day))))
}

fn date(text: &str) -> Date {
    literal::date(text).unwrap()
}

fn dates(first: &str, last: &str) -> Days {
    Days::Dates { first: date(first), last: date(last) }
}

/// A range from one time of day to another.
fn span(days: Days, start: &str, end: &str) -> Span {
    Span { days, start: literal::time_of_day(start).unwrap(), end: literal::time_of_day(end).unwrap() }
}

fn window(zone: &str, open: Vec<Span>, closed: Vec<Span>) -> Window {
    Window { name: "w".to_owned(), zone: zone.to_owned(), open, closed }
}

fn prepare(window: &Window) -> PreparedWindow {
    PreparedWindow::new(&Zones::bundled(), window).unwrap()
}

fn prepared(zone: &str, open: Vec<Span>, closed: Vec<Span>) -> PreparedWindow {
    prepare(&window(zone, open, closed))
}

/// A calendar that knows of 2026 only.
fn calendar(days: &[&str]) -> Calendar {
    let days = days.iter().map(|day| date(day)).collect();
    Calendar { name: "c".to_owned(), valid_from: date("2026-01-01"), valid_through: date("2026-12-31"), days }
}

fn at(text: &str) -> i64 {
    literal::instant_literal(text).unwrap()
}

fn show(change: NextChange) -> String {
    match change {
        NextChange::At(at) => literal::format_instant(at),
        NextChange::Never => "never".to_owned(),
        NextChange::Unknown(calendar) => format!("unknown {calendar}"),
    }
}

/// Where a window of one open range, and then of one closed range, changes within the days around an instant.
fn changes(window: &PreparedWindow, from: &str, to: &str) -> Vec<String> {
    let mut at = at(from);
    let end = self::at(to);
    let mut out = Vec::new();
    let mut open = window.is_open(&[], at) == Openness::Open;
    loop {
        let next = if open { window.next_close(&[], at) } else { window.next_open(&[], at) };
        let NextChange::At(next) = next else { return out };
        if next > end {
            return out;
        }
        assert!(next > at, "no progress");
        open = !open;
        out.push(literal::format_instant(next));
        at = next;
    }
}
