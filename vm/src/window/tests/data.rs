//! Windows of other tools and of real deployments, from the folder of shared data.

use std::collections::BTreeMap;
use std::io::Read as _;

use holdpoint_isa::literal;
use holdpoint_isa::window::{Calendar, Date, Days, Span, Weekdays};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde_json::Value as Json;

use super::{DAILY, at, date, on, prepared, span};
use crate::shared_data::{bytes, lines};
use crate::window::{Openness, PreparedWindow, TZDB_VERSION};

/// Year, month, day and days of the month of every date of these years.
fn every_date(years: std::ops::RangeInclusive<i64>) -> impl Iterator<Item = (Date, [i64; 4])> {
    let number = |text: &str| text.parse::<i64>().unwrap();
    let (first, last) = (date(&format!("{}-01-01", years.start())), date(&format!("{}-12-31", years.end())));
    (first.0..=last.0).map(Date).map(move |date| {
        let parts = |date| literal::format_date(date).split('-').map(number).collect::<Vec<_>>();
        let today = parts(date);
        let length =
            (28..31).find(|day| parts(Date(date.0 + i32::try_from(day + 1 - today[2]).unwrap()))[2] == 1);
        (date, [today[0], today[1], today[2], length.unwrap_or(31)])
    })
}

/// A calendar of the dates for which year, month, day and length of the month have a property.
fn calendar(years: std::ops::RangeInclusive<i64>, has: impl Fn(Date, [i64; 4]) -> bool) -> Calendar {
    let edges = (date(&format!("{}-01-01", years.start())), date(&format!("{}-12-31", years.end())));
    let days = every_date(years).filter(|(date, parts)| has(*date, *parts)).map(|(date, _)| date).collect();
    Calendar { name: String::new(), valid_from: edges.0, valid_through: edges.1, days }
}

fn weekday(date: Date) -> u8 {
    u8::try_from((date.0 + 3).rem_euclid(7)).unwrap()
}

#[test]
fn real_deployments_are_in_the_windows_that_were_worked_out_for_them() {
    let Some(packed) = bytes("truth_windows_sample.ndjson.gz") else { return };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let by = |has: fn(Date, [i64; 4]) -> bool| vec![calendar(2000..=2030, has)];
    let whole = |days: Days| span(days, "00:00", "24:00");
    let listed = || whole(Days::Calendar(0));
    let weekdays = || on(&[0, 1, 2, 3, 4]);
    let windows: Vec<(&str, &str, Span, Vec<Calendar>)> = vec![
        ("london_business_hours", "Europe/London", span(weekdays(), "09:00", "17:00"), vec![]),
        ("london_mon_thu_0930_1600", "Europe/London", span(on(&[0, 1, 2, 3]), "09:30", "16:00"), vec![]),
        ("london_friday_after_1500", "Europe/London", span(on(&[4]), "15:00", "24:00"), vec![]),
        ("newyork_business_hours", "America/New_York", span(weekdays(), "09:00", "17:00"), vec![]),
        ("kolkata_night_2200_0600", "Asia/Kolkata", span(DAILY, "22:00", "06:00"), vec![]),
        ("kathmandu_0545_0600", "Asia/Kathmandu", span(DAILY, "05:45", "06:00"), vec![]),
        ("lord_howe_sat", "Australia/Lord_Howe", whole(on(&[5])), vec![]),
        ("sunday_0000_0400_sao_paulo", "America/Sao_Paulo", span(on(&[6]), "00:00", "04:00"), vec![]),
        ("last_3_days_of_month_utc", "UTC", listed(), by(|_, [_, _, day, length]| day > length - 3)),
        (
            "quarter_end_last_week_utc",
            "UTC",
            listed(),
            by(|_, [_, month, day, length]| month % 3 == 0 && day > length - 7),
        ),
        (
            "second_tuesday_la",
            "America/Los_Angeles",
            listed(),
            by(|date, [_, _, day, _]| weekday(date) == 1 && (8..=14).contains(&day)),
        ),
        (
            "xmas_freeze_dec20_jan2_london",
            "Europe/London",
            listed(),
            by(|_, [_, month, day, _]| (month == 12 && day >= 20) || (month == 1 && day <= 2)),
        ),
    ];
    let open = |(_, zone, span, _): &(_, &str, Span, _)| prepared(zone, vec![span.clone()], vec![]);
    let prepared: Vec<PreparedWindow> = windows.iter().map(open).collect();
    let mut judged = 0;
    for row in text.lines() {
        let row: Json = serde_json::from_str(row).unwrap();
        let at = at(row["at"].as_str().unwrap());
        let inside: Vec<&str> =
            row["inside"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        for ((name, _, _, calendars), window) in windows.iter().zip(&prepared) {
            let expected = if inside.contains(name) { Openness::Open } else { Openness::Closed };
            assert_eq!(window.is_open(calendars, at), expected, "{name} {row}");
            judged += 1;
        }
    }
    assert!(judged > 30_000, "{judged}");
}

/// The number of a name in a list, or of digits.
fn number(names: &[&str], text: &str) -> i64 {
    let found = names.iter().position(|name| *name == text.to_lowercase());
    found.map_or_else(|| text.parse().unwrap(), |found| i64::try_from(found).unwrap() + 1)
}

/// Whether a value is in one of the ranges, written `a:b` or `a`; negative days count from the month's end.
fn within(ranges: &Json, names: &[&str], value: i64, length: Option<i64>) -> bool {
    let Some(ranges) = ranges.as_array() else { return true };
    let place = |text: &str| match (number(names, text), length) {
        (number, Some(length)) if number < 0 => length + 1 + number,
        (number, _) => number,
    };
    ranges.iter().any(|range| {
        let range = range.as_str().unwrap();
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        (place(first)..=place(last)).contains(&value)
    })
}

const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether an interval of Alertmanager contains an instant: its dates as a calendar, its times as ranges.
fn alertmanager_contains(interval: &Json, instant: i64) -> bool {
    let listed = calendar(2005..=2036, |date, [year, month, day, length]| {
        within(&interval["years"], &[], year, None)
            && within(&interval["months"], MONTHS, month, None)
            && within(&interval["days_of_month"], &[], day, Some(length))
            && within(&interval["weekdays"], WEEKDAYS, i64::from(weekday(date)) + 1, None)
    });
    let time = |time: &Json, name: &str, other: &str| {
        time[name].as_str().or(time[other].as_str()).unwrap().to_owned()
    };
    let times = interval["times"].as_array().map(|times| {
        let spans = times.iter().map(|times| {
            let (start, end) = (time(times, "start", "start_time"), time(times, "end", "end_time"));
            span(Days::Calendar(0), &start, &end)
        });
        spans.collect::<Vec<_>>()
    });
    let open = times.unwrap_or_else(|| vec![span(Days::Calendar(0), "00:00", "24:00")]);
    let window = prepared(interval["location"].as_str().unwrap_or("UTC"), open, Vec::new());
    window.is_open(&[listed], instant) == Openness::Open
}

/// The range that a schedule of Renovate stands for, where it is one of those with our meaning.
///
/// Left out are days and months by number, "first day of the month", "every two weeks" and the like: this language has
/// calendars for them.
fn renovate_range(schedule: &str) -> Option<Span> {
    let range = match schedule {
        "after 4pm" | "after 4:00pm" => span(DAILY, "16:00", "24:00"),
        "before 4am on Monday" => span(on(&[0]), "00:00", "04:00"),
        "before 4:00pm" => span(DAILY, "00:00", "16:00"),
        "before 4:00am" => span(DAILY, "00:00", "04:00"),
        "* 10 * * *" => span(DAILY, "10:00", "11:00"),
        "* 11 * * *" => span(DAILY, "11:00", "12:00"),
        "* * * * 0" => span(on(&[6]), "00:00", "24:00"),
        "* * * * 1" => span(on(&[0]), "00:00", "24:00"),
        "* * * * 5" => span(on(&[4]), "00:00", "24:00"),
        "* * * * 6" => span(on(&[5]), "00:00", "24:00"),
        "on friday and saturday" => span(on(&[4, 5]), "00:00", "24:00"),
        "on monday and tuesday" => span(on(&[0, 1]), "00:00", "24:00"),
        "every weekday" => span(on(&[0, 1, 2, 3, 4]), "00:00", "24:00"),
        "every weekend" => span(on(&[5, 6]), "00:00", "24:00"),
        "before 11:00am every weekday" => span(on(&[0, 1, 2, 3, 4]), "00:00", "11:00"),
        _ => return None,
    };
    Some(range)
}

#[test]
fn windows_of_other_tools_contain_what_they_say() {
    let Some(rows) = lines("windows.ndjson") else { return };
    // Rows of the kinds `valid-window` and `invalid-window` are about another tool's syntax. Alertmanager refuses a
    // range over midnight and one that starts where it ends; here both have a meaning. Its intervals agree otherwise,
    // but for changes of clocks, of which no row knows.
    let mut judged = BTreeMap::new();
    for row in rows {
        let row: Json = serde_json::from_str(&row).unwrap();
        let (kind, windows) = (row["kind"].as_str().unwrap(), row["windows"].as_array().unwrap());
        if kind.ends_with("valid-window") {
            continue;
        }
        let at = at(row["at"].as_str().unwrap());
        if let Some(schedule) = windows[0]["schedule"].as_str() {
            let Some(range) = renovate_range(schedule) else { continue };
            let zone = windows[0]["timeZone"].as_str().unwrap();
            let open = prepared(zone, vec![range], Vec::new()).is_open(&[], at) == Openness::Open;
            assert_eq!(Some(open), row["expect"].as_bool(), "{row}");
        } else if kind == "contains" {
            let open = windows.iter().any(|window| alertmanager_contains(window, at));
            assert_eq!(Some(open), row["expect"].as_bool(), "{row}");
        } else {
            let holds = windows.iter().filter(|window| alertmanager_contains(window, at));
            let names: Vec<&Json> = holds.map(|window| &window["name"]).collect();
            assert_eq!(names, row["expect"].as_array().unwrap().iter().collect::<Vec<_>>(), "{row}");
        }
        *judged.entry(kind.to_owned()).or_insert(0) += 1;
    }
    assert!(judged["contains"] >= 76 && judged["which-windows"] == 6, "{judged:?}");
}

#[test]
fn the_bundled_zones_change_when_the_world_says() {
    let Some(rows) = lines("tz_transitions.ndjson") else { return };
    let zones = TimeZoneDatabase::bundled();
    let (mut same, mut differ) = (0, BTreeMap::<String, u32>::new());
    for row in rows {
        let row: Json = serde_json::from_str(&row).unwrap();
        let name = row["zone"].as_str().unwrap();
        let at = Timestamp::from_nanosecond(i128::from(at(row["at"].as_str().unwrap()))).unwrap();
        let before = Timestamp::from_second(at.as_second() - 1).unwrap();
        let Ok(zone) = zones.get(name) else { panic!("no zone {name}") };
        let offset = |at| i64::from(zone.to_offset(at).seconds());
        let expected = (row["offset_before"].as_i64().unwrap(), row["offset_after"].as_i64().unwrap());
        if (offset(before), offset(at)) == expected {
            same += 1;
        } else {
            *differ.entry(name.to_owned()).or_default() += 1;
        }
    }
    // Governments change their minds, and the data may be of another version of the database: a few rows may differ.
    assert!(same > 1900, "{same} rows agree with {TZDB_VERSION}, these do not: {differ:?}");
}

#[test]
fn weekdays_of_the_tests_are_those_of_the_calendar() {
    assert_eq!(weekday(date("2026-11-20")), 4);
    assert!(Weekdays(1 << 4).contains(weekday(date("2026-11-20"))));
}
