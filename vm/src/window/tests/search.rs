//! Searches, calendars and bounds.

use std::time::Instant;

use holdpoint_isa::window::{Days, Weekdays};

use super::{DAILY, at, calendar, dates, on, prepared, show, span, window};
use crate::window::{NextChange, Openness, PreparedWindow, TZDB_VERSION, Zones, never_open};

const DAY: i64 = 86_400_000_000_000;

#[test]
fn the_example_of_the_language_opens_on_monday() {
    let open = vec![span(on(&[0, 1, 2, 3]), "09:00", "16:00")];
    let freeze = span(dates("2026-12-18", "2027-01-03"), "00:00", "24:00");
    let office = prepared("Europe/Berlin", open, vec![freeze, span(Days::Calendar(0), "00:00", "24:00")]);
    let holidays = [calendar(&["2026-11-23"])];
    let next = |text: &str| show(office.next_open(&holidays, at(text)));
    // The Monday is a holiday, so it is Tuesday.
    assert_eq!(next("2026-11-20T15:30+01:00"), "2026-11-24T08:00:00Z");
    assert_eq!(next("2026-11-24T09:00+01:00"), "2026-11-24T08:00:00Z");
    assert_eq!(next("2026-11-24T08:00:00.5Z"), "2026-11-24T08:00:00.5Z");
    assert_eq!(next("2026-11-24T07:59:59.999999999Z"), "2026-11-24T08:00:00Z");
    // E19: in 2027 nobody knows the holidays, so nobody knows when the window opens after the freeze.
    assert_eq!(next("2026-12-17T16:00+01:00"), "unknown 0");
    assert_eq!(show(office.next_close(&holidays, at("2026-11-24T10:00+01:00"))), "2026-11-24T15:00:00Z");
    assert_eq!(show(office.next_close(&holidays, at("2026-11-20T10:00+01:00"))), "2026-11-20T09:00:00Z");
}

#[test]
fn a_calendar_past_its_dates_is_unknown_only_where_it_matters() {
    // E19
    let holidays = [calendar(&["2026-12-25"])];
    let closed_on = |extra| {
        let closed = vec![span(Days::Calendar(0), "00:00", "24:00"), extra];
        prepared("UTC", vec![span(DAILY, "09:00", "17:00")], closed)
    };
    let freeze = closed_on(span(dates("2027-02-01", "2027-02-01"), "00:00", "24:00"));
    for (instant, expected) in [
        ("2026-12-24T10:00Z", Openness::Open),
        ("2026-12-25T10:00Z", Openness::Closed),
        ("2027-01-04T10:00Z", Openness::Unknown(0)),
        // Outside the open hours, and in the freeze, the calendar decides nothing.
        ("2027-01-04T08:00Z", Openness::Closed),
        ("2027-02-01T10:00Z", Openness::Closed),
        ("2025-12-31T10:00Z", Openness::Unknown(0)),
    ] {
        assert_eq!(freeze.is_open(&holidays, at(instant)), expected, "{instant}");
    }
    let opened = prepared("UTC", vec![span(Days::Calendar(0), "09:00", "17:00")], Vec::new());
    for (instant, expected) in [
        ("2026-12-25T10:00Z", Openness::Open),
        ("2026-12-24T10:00Z", Openness::Closed),
        ("2027-01-04T10:00Z", Openness::Unknown(0)),
        ("2027-01-04T08:00Z", Openness::Closed),
    ] {
        assert_eq!(opened.is_open(&holidays, at(instant)), expected, "{instant}");
    }
    assert_eq!(show(opened.next_open(&holidays, at("2026-12-20T00:00Z"))), "2026-12-25T09:00:00Z");
    assert_eq!(show(opened.next_open(&holidays, at("2026-12-26T00:00Z"))), "unknown 0");
    // A calendar that a module does not have knows nothing.
    assert_eq!(opened.is_open(&[], at("2026-12-25T10:00Z")), Openness::Unknown(0));
    // A night that starts on the last known day is known on the day after.
    let night = prepared("UTC", Vec::new(), vec![span(Days::Calendar(0), "22:00", "06:00")]);
    let eve = [calendar(&["2026-12-31"])];
    assert_eq!(night.is_open(&eve, at("2027-01-01T05:00Z")), Openness::Closed);
    assert_eq!(night.is_open(&eve, at("2027-01-01T06:00Z")), Openness::Open);
    assert_eq!(night.is_open(&eve, at("2027-01-01T22:00Z")), Openness::Unknown(0));
}

#[test]
fn a_search_ends_at_the_horizon() {
    let from = at("2026-01-01T00:00Z");
    let opens = |day: &str| prepared("UTC", vec![span(dates(day, day), "00:00", "24:00")], Vec::new());
    // 400 days after the first of January is 2027-02-05.
    assert_eq!(opens("2027-02-05").next_open(&[], from), NextChange::At(from + 400 * DAY));
    assert_eq!(opens("2027-02-06").next_open(&[], from), NextChange::Never);
    assert_eq!(opens("2025-12-31").next_open(&[], from), NextChange::Never);
    let freeze = prepared("UTC", Vec::new(), vec![span(dates("2026-01-01", "2030-01-01"), "00:00", "24:00")]);
    assert_eq!(freeze.next_open(&[], from), NextChange::Never);
    assert_eq!(prepared("UTC", Vec::new(), Vec::new()).next_close(&[], from), NextChange::Never);
    let daily = prepared("UTC", vec![span(DAILY, "00:00", "24:00")], Vec::new());
    assert_eq!(daily.next_close(&[], from), NextChange::Never);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let zones = ["UTC", "Europe/Berlin", "Pacific/Apia", "America/New_York", "Africa/Casablanca"];
    let instants = [i64::MIN, i64::MIN + 1, i64::MIN + DAY, -1, 0, i64::MAX - DAY, i64::MAX - 1, i64::MAX];
    let extremes = Days::Dates {
        first: holdpoint_isa::window::Date(i32::MIN),
        last: holdpoint_isa::window::Date(i32::MAX),
    };
    for zone in zones {
        for days in [DAILY, extremes.clone(), Days::Calendar(7), on(&[])] {
            // Times that no verified module has are no trouble either.
            let wild = holdpoint_isa::window::Span { days: days.clone(), start: u16::MAX, end: u16::MAX };
            let tame = span(days, "22:00", "06:00");
            for (open, closed) in [(vec![tame.clone()], vec![wild.clone()]), (vec![wild], vec![tame])] {
                let window = prepared(zone, open, closed);
                for instant in instants {
                    let _ = (window.is_open(&[], instant), window.next_open(&[], instant));
                    let _ = window.next_close(&[], instant);
                }
            }
        }
    }
    let always = prepared("UTC", Vec::new(), Vec::new());
    assert_eq!(always.next_open(&[], i64::MIN), NextChange::At(i64::MIN));
    assert_eq!(always.next_open(&[], i64::MAX), NextChange::At(i64::MAX));
}

#[test]
fn a_long_search_takes_little_time() {
    let mut closed: Vec<_> = (0..16).map(|_| span(DAILY, "00:00", "23:59")).collect();
    closed.push(span(DAILY, "23:59", "24:00"));
    let window = prepared("Europe/Berlin", vec![span(DAILY, "09:00", "17:00")], closed);
    let start = Instant::now();
    assert_eq!(window.next_open(&[], at("2026-01-01T00:00Z")), NextChange::Never);
    // A hundred times what it takes without optimisation; a search by minutes would take longer still.
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn a_window_that_is_never_open_is_found_where_it_is_certain() {
    let never =
        |open, closed| never_open(&window("Europe/Berlin", open, closed), &[calendar(&["2026-12-25"])]);
    let always = || span(DAILY, "00:00", "24:00");
    let office = || span(on(&[0, 1, 2, 3, 4]), "09:00", "17:00");
    assert!(!never(vec![], vec![]));
    assert!(never(vec![], vec![always()]));
    assert!(never(vec![], vec![span(DAILY, "06:00", "20:00"), span(DAILY, "20:00", "06:00")]));
    assert!(!never(vec![], vec![span(DAILY, "06:00", "20:00"), span(DAILY, "20:01", "06:00")]));
    assert!(!never(vec![], vec![span(on(&[0, 1, 2, 3, 4, 5]), "00:00", "24:00")]));
    assert!(!never(vec![office()], vec![]));
    assert!(never(vec![office()], vec![span(on(&[0, 1, 2, 3, 4]), "08:00", "18:00")]));
    assert!(!never(vec![office()], vec![span(on(&[0, 1, 2, 3]), "08:00", "18:00")]));
    // A night from Sunday to Monday, closed by two ranges.
    let night = || span(on(&[6]), "22:00", "06:00");
    assert!(never(vec![night()], vec![span(on(&[6]), "20:00", "24:00"), span(on(&[0]), "00:00", "07:00")]));
    assert!(!never(vec![night()], vec![span(on(&[6]), "20:00", "24:00")]));
    // Dates that are all closed, by dates or by a calendar that lists them.
    let christmas = || span(dates("2026-12-24", "2026-12-25"), "09:00", "12:00");
    assert!(never(vec![christmas()], vec![span(dates("2026-12-20", "2026-12-31"), "00:00", "24:00")]));
    let eve = || span(dates("2026-12-24", "2026-12-24"), "00:00", "24:00");
    assert!(never(vec![christmas()], vec![eve(), span(Days::Calendar(0), "00:00", "24:00")]));
    assert!(!never(vec![christmas()], vec![eve()]));
    // No day at all.
    assert!(never(vec![span(Days::Weekdays(Weekdays(0)), "09:00", "12:00")], vec![]));
    assert!(never(vec![span(dates("2026-12-25", "2026-12-24"), "09:00", "12:00")], vec![]));
    // What a freeze of many years leaves open after it is not overlooked, and a calendar may always list a day.
    assert!(!never(vec![office()], vec![span(dates("2020-01-01", "2099-01-01"), "00:00", "24:00")]));
    assert!(!never(vec![span(Days::Calendar(0), "09:00", "12:00")], vec![]));
    assert!(never(vec![span(Days::Calendar(0), "09:00", "12:00")], vec![always()]));
}

#[test]
fn a_zone_has_one_name() {
    // E16
    let prepare =
        |zone: &str| PreparedWindow::new(&Zones::bundled(), &window(zone, vec![], vec![])).map(|_| ());
    assert_eq!(prepare("Europe/Berlin"), Ok(()));
    assert_eq!(prepare("UTC"), Ok(()));
    let error = prepare("europe/berlin").unwrap_err();
    assert_eq!(error.to_string(), "unknown time zone `europe/berlin`, did you mean `Europe/Berlin`?");
    for zone in ["", "Berlin", "Mars/Olympus", "+01:00", "../etc/passwd", "localtime"] {
        assert!(prepare(zone).is_err(), "{zone}");
    }
    assert!(TZDB_VERSION.starts_with("20"), "{TZDB_VERSION}");
}
