//! The load: requests, expected answers, and what engines without a calendar need of an instant.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Failure;

/// What a policy answers.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// The verdict.
    pub verdict: String,
    /// The names of the rules that object.
    pub objections: Vec<String>,
}

/// A request and its expected answer, whose objections are sorted.
pub struct Case {
    /// The name of its file.
    pub name: String,
    /// The request.
    pub body: String,
    /// The answer.
    pub expected: Answer,
}

/// Reads the load.
pub fn read(folder: &Path) -> Result<Vec<Case>, Failure> {
    let expected = fs::read_to_string(folder.join("expected.txt"))?;
    let case = |line: &str| {
        let (name, expected) = line.split_once(' ').ok_or("an expected answer without a name")?;
        let body = fs::read_to_string(folder.join("requests").join(format!("{name}.json")))?;
        let mut expected: Answer = serde_json::from_str(expected)?;
        expected.objections.sort();
        Ok(Case { name: name.to_owned(), body, expected })
    };
    expected.lines().map(case).collect()
}

/// The most restrictive verdict.
pub fn verdict(objections: impl Iterator<Item = &'static str>) -> String {
    let rank = |verdict: &&str| ["allow", "delay", "escalate", "block"].iter().position(|v| v == verdict);
    objections.max_by_key(rank).unwrap_or("allow").to_owned()
}

/// The verdict of a rule.
pub fn effect(rule: &str) -> &'static str {
    match rule {
        "P07-06" | "P07-10" | "P07-24" | "P07-27" => "escalate",
        "P07-13" | "P07-14" | "P07-28" => "delay",
        _ => "block",
    }
}

/// The day of the week, Monday as 0, and the hour of an instant such as `2026-11-17T09:23:00Z`.
pub fn clock(instant: &str) -> Option<(i64, i64)> {
    let number = |from: usize, to: usize| instant.get(from..to)?.parse::<i64>().ok();
    let (year, month, day, hour) = (number(0, 4)?, number(5, 7)?, number(8, 10)?, number(11, 13)?);
    // Sakamoto's method counts from Sunday.
    let offset = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4].get(usize::try_from(month - 1).ok()?)?;
    let year = if month < 3 { year - 1 } else { year };
    let from_sunday = (year + year / 4 - year / 100 + year / 400 + offset + day) % 7;
    Some(((from_sunday + 6) % 7, hour))
}
