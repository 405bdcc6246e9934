//! Where the clocks change: the vectors of E15.

use super::{DAILY, at, changes, dates, on, prepared, show, span};
use crate::window::Openness;

/// The bounds of a range on one date, read as an open one and as a closed one.
fn both(zone: &str, day: &str, start: &str, end: &str, from: &str, to: &str) -> [Vec<String>; 2] {
    let range = || vec![span(dates(day, day), start, end)];
    [
        changes(&prepared(zone, range(), Vec::new()), from, to),
        changes(&prepared(zone, Vec::new(), range()), from, to),
    ]
}

#[test]
fn a_start_in_a_gap_is_late_for_an_open_range_and_early_for_a_closed_one() {
    // E15: New York, 02:30 on 2026-03-08 is read as 06:30Z and as 07:30Z.
    let [open, closed] =
        both("America/New_York", "2026-03-08", "02:30", "05:00", "2026-03-08T00:00Z", "2026-03-09T00:00Z");
    assert_eq!(open, ["2026-03-08T07:30:00Z", "2026-03-08T09:00:00Z"]);
    assert_eq!(closed, ["2026-03-08T06:30:00Z", "2026-03-08T09:00:00Z"]);
    // E15: London, 01:30 on 2026-03-29 is read as 00:30Z and as 01:30Z.
    let [open, closed] =
        both("Europe/London", "2026-03-29", "01:00", "01:30", "2026-03-28T12:00Z", "2026-03-30T00:00Z");
    assert!(open.is_empty(), "the range has no time of its own on that day");
    assert_eq!(closed, ["2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"]);
    // E15: Lord Howe's clocks go forward by half an hour, from 02:00 to 02:30.
    let [open, closed] =
        both("Australia/Lord_Howe", "2026-10-04", "02:15", "04:00", "2026-10-03T00:00Z", "2026-10-05T00:00Z");
    assert_eq!(open, ["2026-10-03T15:45:00Z", "2026-10-03T17:00:00Z"]);
    assert_eq!(closed, ["2026-10-03T15:15:00Z", "2026-10-03T17:00:00Z"]);
}

#[test]
fn a_time_in_a_fold_is_read_both_ways() {
    // E15: New York, 01:30 on 2026-11-01 is read as 05:30Z and as 06:30Z.
    let [open, closed] =
        both("America/New_York", "2026-11-01", "01:30", "03:00", "2026-11-01T00:00Z", "2026-11-02T00:00Z");
    assert_eq!(open, ["2026-11-01T06:30:00Z", "2026-11-01T08:00:00Z"]);
    assert_eq!(closed, ["2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z"]);
    let [open, closed] =
        both("America/New_York", "2026-11-01", "00:00", "01:30", "2026-11-01T00:00Z", "2026-11-02T00:00Z");
    assert_eq!(open, ["2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"]);
    assert_eq!(closed, ["2026-11-01T04:00:00Z", "2026-11-01T06:30:00Z"]);
    // Both ends in the fold: an open range has no time that is certainly its own.
    let [open, closed] =
        both("America/New_York", "2026-11-01", "01:15", "01:45", "2026-11-01T00:00Z", "2026-11-02T00:00Z");
    assert!(open.is_empty());
    assert_eq!(closed, ["2026-11-01T05:15:00Z", "2026-11-01T06:45:00Z"]);
}

#[test]
fn a_day_whose_midnight_is_missing_begins_both_ways() {
    // E15: Cairo skips 00:00 to 01:00 on 2026-04-24, Havana on 2026-03-08.
    let [open, closed] =
        both("Africa/Cairo", "2026-04-24", "00:00", "24:00", "2026-04-22T00:00Z", "2026-04-27T00:00Z");
    assert_eq!(open, ["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]);
    assert_eq!(closed, ["2026-04-23T21:00:00Z", "2026-04-24T21:00:00Z"]);
    let [open, closed] =
        both("America/Havana", "2026-03-08", "00:30", "06:00", "2026-03-07T00:00Z", "2026-03-10T00:00Z");
    assert_eq!(open, ["2026-03-08T05:30:00Z", "2026-03-08T10:00:00Z"]);
    assert_eq!(closed, ["2026-03-08T04:30:00Z", "2026-03-08T10:00:00Z"]);
    // The evening before ends at a midnight that does not exist.
    let [open, closed] =
        both("Africa/Cairo", "2026-04-23", "20:00", "24:00", "2026-04-22T00:00Z", "2026-04-27T00:00Z");
    assert_eq!(open, ["2026-04-23T18:00:00Z", "2026-04-23T21:00:00Z"]);
    assert_eq!(closed, ["2026-04-23T18:00:00Z", "2026-04-23T22:00:00Z"]);
}

#[test]
fn a_day_that_never_was_is_never_open_and_closes_its_neighbours() {
    // E15: Apia had no 2011-12-30.
    let [open, closed] =
        both("Pacific/Apia", "2011-12-30", "00:00", "24:00", "2011-12-26T00:00Z", "2012-01-03T00:00Z");
    assert!(open.is_empty());
    assert_eq!(closed, ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"]);
    let [open, closed] =
        both("Pacific/Apia", "2011-12-29", "22:00", "06:00", "2011-12-26T00:00Z", "2012-01-03T00:00Z");
    // The end, 06:00 on the missing day, is read a day apart.
    assert!(open.is_empty());
    assert_eq!(closed, ["2011-12-30T08:00:00Z", "2011-12-30T16:00:00Z"]);
    // Its night lasts into the day after next.
    let night =
        prepared("Pacific/Apia", Vec::new(), vec![span(dates("2011-12-29", "2011-12-29"), "22:00", "06:00")]);
    assert_eq!(night.is_open(&[], at("2011-12-31T05:59:59+14:00")), Openness::Closed);
    assert_eq!(night.is_open(&[], at("2011-12-31T06:00+14:00")), Openness::Open);
    // Read widely, a range of the missing day comes before one of the day before it.
    let ranges = vec![
        span(dates("2011-12-29", "2011-12-29"), "12:00", "13:00"),
        span(dates("2011-12-30", "2011-12-30"), "01:00", "02:00"),
    ];
    let next = prepared("Pacific/Apia", Vec::new(), ranges).next_close(&[], at("2011-12-28T00:00-10:00"));
    assert_eq!(show(next), "2011-12-29T11:00:00Z");
}

#[test]
fn a_night_is_as_long_as_the_clocks_make_it() {
    // E15, E17: New York, 22:00 to 06:00, named by the day on which it starts.
    let nights = |day: &str, from: &str, to: &str| both("America/New_York", day, "22:00", "06:00", from, to);
    let spring = ["2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z"];
    assert_eq!(nights("2026-03-07", "2026-03-07T00:00Z", "2026-03-09T00:00Z"), [spring, spring]);
    let autumn = ["2026-11-01T02:00:00Z", "2026-11-01T11:00:00Z"];
    assert_eq!(nights("2026-10-31", "2026-10-31T00:00Z", "2026-11-02T00:00Z"), [autumn, autumn]);
}

#[test]
fn a_weekday_names_the_day_on_which_a_range_starts() {
    // E17: open on Fridays 22:00 to 06:00; 2026-11-20 is a Friday.
    let night = prepared("UTC", vec![span(on(&[4]), "22:00", "06:00")], Vec::new());
    for (instant, expected) in [
        ("2026-11-20T05:00Z", Openness::Closed),
        ("2026-11-20T21:59:59Z", Openness::Closed),
        ("2026-11-20T22:00Z", Openness::Open),
        ("2026-11-21T05:59:59Z", Openness::Open),
        ("2026-11-21T06:00Z", Openness::Closed),
    ] {
        assert_eq!(night.is_open(&[], at(instant)), expected, "{instant}");
    }
}

#[test]
fn ranges_are_half_open_and_closed_wins() {
    // E18
    let spans = vec![span(DAILY, "09:00", "12:00"), span(DAILY, "12:00", "16:00")];
    let lunch = vec![span(DAILY, "12:00", "13:00")];
    let office = prepared("Europe/Berlin", spans, lunch);
    assert_eq!(
        changes(&office, "2026-06-01T00:00Z", "2026-06-02T00:00Z"),
        ["2026-06-01T07:00:00Z", "2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z", "2026-06-01T14:00:00Z"]
    );
    // Ranges that touch are one: the window closes at the end of the second.
    let joined =
        prepared("UTC", vec![span(DAILY, "09:00", "12:00"), span(DAILY, "12:00", "16:00")], Vec::new());
    assert_eq!(
        changes(&joined, "2026-06-01T00:00Z", "2026-06-02T00:00Z"),
        ["2026-06-01T09:00:00Z", "2026-06-01T16:00:00Z"]
    );
    // Nothing said: always open.
    assert_eq!(prepared("UTC", Vec::new(), Vec::new()).is_open(&[], 0), Openness::Open);
    // The same start and end are 24 hours.
    let noon = prepared("UTC", vec![span(dates("2026-06-01", "2026-06-01"), "12:00", "12:00")], Vec::new());
    assert_eq!(
        changes(&noon, "2026-06-01T00:00Z", "2026-06-03T00:00Z"),
        ["2026-06-01T12:00:00Z", "2026-06-02T12:00:00Z"]
    );
}
