//! Durations: `15m`, `1h30m`, `2w`. A day is 24 hours, a week seven days.
//!
//! Whole numbers with units, the largest first, each unit at most once. Only milliseconds may have a fraction, of up
//! to six digits, so that every count of nanoseconds has a spelling. A duration is written in days, hours, minutes,
//! seconds and milliseconds, never in weeks: `30d` reads better than `4w2d`.

use std::fmt::Write as _;

use super::{LiteralError, number};
use crate::dec::Dec;

/// A unit's name and its nanoseconds.
type Unit = (&'static str, i64);

/// Units by falling size, with their nanoseconds.
const UNITS: &[Unit] = &[
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", NANOS_PER_MILLI),
];
/// Nanoseconds in a millisecond.
const NANOS_PER_MILLI: i64 = 1_000_000;
/// Billionths in one.
const BILLION: i128 = 1_000_000_000;

/// A duration in nanoseconds. A minus sign may stand before the whole.
pub fn duration(text: &str) -> Result<i64, LiteralError> {
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut units = UNITS;
    let mut total = 0i128;
    if rest.is_empty() {
        return Err(LiteralError::NotADuration);
    }
    while !rest.is_empty() {
        let (count, after) = split_count(rest)?;
        let (unit, after) = split_unit(after);
        let (nanos, smaller) = find_unit(unit, units)?;
        total = total.saturating_add(part(count, nanos)?);
        (rest, units) = (after, smaller);
    }
    let signed = if negative { total.saturating_neg() } else { total };
    i64::try_from(signed).map_err(|_| LiteralError::OutOfRange)
}

/// The duration of so many units of `nanoseconds` each, from the spelling of a JSON number. It must come out as
/// whole nanoseconds.
pub fn duration_of(text: &str, nanoseconds: i64) -> Result<i64, LiteralError> {
    let product = number::decimal(text)?.billionths().checked_mul(i128::from(nanoseconds));
    let product = product.ok_or(LiteralError::OutOfRange)?;
    if product.checked_rem(BILLION) != Some(0) {
        return Err(LiteralError::TooManyPlaces);
    }
    let whole = product.checked_div(BILLION).and_then(|whole| i64::try_from(whole).ok());
    whole.ok_or(LiteralError::OutOfRange)
}

/// The spelling of a duration, such as `1h30m`, `0s`, `-5m` or `2s1.5ms`.
pub fn format_duration(nanoseconds: i64) -> String {
    let mut out = String::from(if nanoseconds < 0 { "-" } else { "" });
    let mut rest = nanoseconds.unsigned_abs();
    if rest == 0 {
        out.push_str("0s");
    }
    // Weeks are skipped; milliseconds take what is left, with its fraction.
    for (unit, nanos) in UNITS.iter().skip(1).filter(|(unit, _)| *unit != "ms") {
        let nanos = nanos.unsigned_abs();
        let count = rest.checked_div(nanos).unwrap_or_default();
        rest = rest.checked_rem(nanos).unwrap_or_default();
        if count > 0 {
            // Writing to a string cannot fail.
            let _ = write!(out, "{count}{unit}");
        }
    }
    if rest > 0 {
        let milliseconds = i128::from(rest).saturating_mul(1000);
        let _ = write!(out, "{}ms", Dec::from_billionths(milliseconds));
    }
    out
}

/// The number of units of `nanoseconds` each that a duration is, where nine places hold it exactly.
pub fn format_duration_of(duration: i64, nanoseconds: i64) -> Option<String> {
    let scaled = i128::from(duration).checked_mul(BILLION)?;
    let exact = scaled.checked_rem(i128::from(nanoseconds))? == 0;
    let count = scaled.checked_div(i128::from(nanoseconds))?;
    exact.then(|| Dec::from_billionths(count).to_string())
}

/// The number at the beginning and what follows it.
fn split_count(text: &str) -> Result<(&str, &str), LiteralError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some((count, rest)) if !count.is_empty() && !rest.is_empty() => Ok((count, rest)),
        _ => Err(LiteralError::NotADuration),
    }
}

/// The letters at the beginning and what follows them.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Nanoseconds of a unit, and the units smaller than it.
fn find_unit<'a>(unit: &str, left: &'a [Unit]) -> Result<(i64, &'a [Unit]), LiteralError> {
    let known = UNITS.iter().any(|(name, _)| *name == unit);
    let at = left.iter().position(|(name, _)| *name == unit);
    let unknown = if known { LiteralError::UnitOrder } else { LiteralError::UnknownUnit };
    let (_, from) = at.and_then(|at| left.split_at_checked(at)).ok_or(unknown)?;
    from.split_first().map(|((_, nanos), smaller)| (*nanos, smaller)).ok_or(unknown)
}

/// Nanoseconds of one number with its unit.
fn part(count: &str, nanos: i64) -> Result<i128, LiteralError> {
    if count.contains('.') && nanos != NANOS_PER_MILLI {
        return Err(LiteralError::FractionOfUnit);
    }
    let value = duration_of(count, nanos);
    value.map(i128::from).map_err(|error| match error {
        LiteralError::NotANumber => LiteralError::NotADuration,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::{LiteralError, duration, duration_of, format_duration, format_duration_of};

    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, nanos) in [
            ("15m", 15 * MINUTE),
            ("1h30m", 90 * MINUTE),
            ("90m", 90 * MINUTE),
            ("2w", 14 * 24 * 60 * MINUTE),
            ("1w1d1h1m1s1ms", 694_861_001_000_000),
            ("500ms", 500_000_000),
            ("1d", 24 * 60 * MINUTE),
            ("0s", 0),
            ("-5m", -5 * MINUTE),
            ("1.5ms", 1_500_000),
            ("2s0.000001ms", 2_000_000_001),
            ("106751d23h47m16s854.775807ms", i64::MAX),
            ("-106751d23h47m16s854.775808ms", i64::MIN),
        ] {
            assert_eq!(duration(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        use LiteralError::*;
        for (text, error) in [
            ("", NotADuration),
            ("-", NotADuration),
            ("15", NotADuration),
            ("m", NotADuration),
            ("1h30", NotADuration),
            ("+5m", NotADuration),
            ("5 m", UnknownUnit),
            ("05m", NotADuration),
            ("1..5ms", NotADuration),
            ("5M", UnknownUnit),
            ("5min", UnknownUnit),
            ("1h-5m", UnknownUnit),
            ("5y", UnknownUnit),
            ("30m1h", UnitOrder),
            ("1m1m", UnitOrder),
            ("1.5h", FractionOfUnit),
            ("0.0000001ms", TooManyPlaces),
            ("0.0000000001ms", TooManyPlaces),
            ("106752d", OutOfRange),
            ("106751d23h47m16s854.775808ms", OutOfRange),
            ("99999999999999999999999999999999999999999w", OutOfRange),
        ] {
            assert_eq!(duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_bare_number_counts_units_exactly() {
        assert_eq!(duration_of("0.1", MINUTE), Ok(6_000_000_000));
        assert_eq!(duration_of("1e-9", 1_000_000_000), Ok(1));
        assert_eq!(duration_of("1e-7", 1_000_000), Err(LiteralError::TooManyPlaces));
        assert_eq!(duration_of("1e12", MINUTE), Err(LiteralError::OutOfRange));
        assert_eq!(format_duration_of(6_000_000_000, MINUTE).as_deref(), Some("0.1"));
        assert_eq!(format_duration_of(20_000_000_000, MINUTE), None);
    }

    #[test]
    fn every_duration_reads_back() {
        for shift in 0..64u32 {
            let base = 0x1357_9bdf_0246_8ace_i64 >> shift;
            for value in [base, -base, base / 1_000_000 * 1_000_000, i64::MAX >> shift, i64::MIN >> shift] {
                let text = format_duration(value);
                assert_eq!(duration(&text), Ok(value), "{text}");
                if let Some(count) = format_duration_of(value, MINUTE) {
                    assert_eq!(duration_of(&count, MINUTE), Ok(value));
                }
            }
        }
        assert_eq!(format_duration(0), "0s");
        assert_eq!(format_duration(30 * 24 * 60 * MINUTE), "30d");
        assert_eq!(format_duration(1), "0.000001ms");
    }
}
