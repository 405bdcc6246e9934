//! Wikimedia's backport windows at the instants of its real changes to production, each asked as if it were a backport.
//! What the clocks of San Francisco show then is worked out here from the law alone, without a time zone database: since
//! 2007, summer time lasts from 10:00Z on the second Sunday of March to 09:00Z on the first Sunday of November.

use std::collections::BTreeMap;

use holdpoint_isa::literal::{format_instant, instant};
use holdpoint_tests::example::Example;
use holdpoint_tests::shared_data::rows;
use serde_json::json;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// 1970-01-01 was a Thursday; Monday is nought.
const FIRST_WEEKDAY: i64 = 3;

fn weekday(days: i64) -> i64 {
    (days + FIRST_WEEKDAY).rem_euclid(7)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the first of January of a year.
fn new_year(year: i64) -> i64 {
    (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400
}

/// The n-th Sunday on or after a day.
fn sunday(day: i64, n: i64) -> i64 {
    day + (6 - weekday(day)).rem_euclid(7) + 7 * (n - 1)
}

/// Hours that the clocks of San Francisco are behind those of Greenwich.
fn behind(at: i64) -> i64 {
    let year = (1970 + at / (366 * DAY)..).find(|year| new_year(year + 1) * DAY > at).unwrap();
    let leap = i64::from(is_leap(year));
    let march = new_year(year) + 59 + leap;
    let november = new_year(year) + 304 + leap;
    let summer = sunday(march, 2) * DAY + 10 * HOUR..sunday(november, 1) * DAY + 9 * HOUR;
    if summer.contains(&at) { 7 } else { 8 }
}

fn is_open(at: i64) -> bool {
    let local = at - behind(at) * HOUR;
    let (day, hour) = (weekday(local.div_euclid(DAY)), local.rem_euclid(DAY) / HOUR);
    day < 4 && (matches!(hour, 4 | 16) || (hour == 11 && day != 1))
}

/// The next opening: windows open at full hours, as do the hours of San Francisco.
fn next_open(at: i64) -> i64 {
    let full = at.div_euclid(HOUR) * HOUR;
    (1..).map(|hours| full + hours * HOUR).find(|at| is_open(*at)).unwrap()
}

#[test]
fn the_windows_are_those_of_san_francisco_at_the_instant_of_every_change() {
    let Some(changes) = rows("deploys.ndjson.gz").unwrap() else { return };
    let mut example = Example::load("examples/wikimedia").unwrap();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for row in changes.iter().filter(|row| row["stream"] == "wikimedia_puppet") {
        let (at, is_revert) = (row["at"].as_str().unwrap(), row["is_revert"].as_bool().unwrap());
        let request = json!({
            "change": row["commit"], "target": "production", "deployer": row["committer"], "author": row["author"],
            "author_is_there": true,
        });
        let decision = example.decide(&request, &json!({ "is_revert": is_revert }), at).unwrap();
        let seconds = instant(at).unwrap() / 1_000_000_000;
        let expected = match (is_open(seconds), is_revert) {
            (true, _) => ("allow", None),
            (false, true) => ("escalate", None),
            (false, false) => ("delay", Some(format_instant(next_open(seconds) * 1_000_000_000))),
        };
        assert_eq!((decision.verdict.word(), decision.retry_at.map(format_instant)), expected, "{row}");
        *counts.entry(expected.0).or_default() += 1;
    }
    assert_eq!(counts.values().sum::<u32>(), 60_897);
    assert_eq!(counts, [("allow", 6_031), ("delay", 53_077), ("escalate", 1_789)].into());
}
