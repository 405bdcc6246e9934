//! Numbers, percents and points.
//!
//! A number is spelt as RFC 8259 has it: no leading noughts, no plus sign, digits on both sides of a point.

use std::fmt::Write as _;

use super::LiteralError;
use crate::dec::Dec;

/// Digits after the point that a decimal can hold.
const PLACES: i32 = 9;
/// An exponent beyond this is as good as endless; it keeps sums of exponents and lengths far from overflow.
const EXPONENT_MAX: i32 = 1_000_000;

/// A number as written: `mantissa × 10^-places`, where the mantissa does not end in nought.
struct Parts {
    /// The digits; `None` where they do not fit 128 bits.
    mantissa: Option<i128>,
    /// Digits after the point.
    places: i32,
    /// Whether there was an exponent.
    exponent: bool,
}

/// A decimal, exact, from the spelling of a JSON number.
pub fn decimal(text: &str) -> Result<Dec, LiteralError> {
    scaled(text, 0)
}

/// A decimal times a power of ten: by 2, the percentage that a fraction is.
pub fn scaled(text: &str, power: i32) -> Result<Dec, LiteralError> {
    to_dec(&parts(text).ok_or(LiteralError::NotANumber)?, power)
}

/// A 64-bit integer, without point or exponent.
pub fn int(text: &str) -> Result<i64, LiteralError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if is_whole(digits) {
        return text.parse().map_err(|_| LiteralError::OutOfRange);
    }
    let is_number = parts(text).is_some();
    Err(if is_number { LiteralError::NotAnInteger } else { LiteralError::NotANumber })
}

/// A percentage with its sign, such as `80%`.
pub fn percent(text: &str) -> Result<Dec, LiteralError> {
    with_unit(text, "%", LiteralError::NotAPercent)
}

/// Percentage points with their unit, such as `0.1pp`.
pub fn points(text: &str) -> Result<Dec, LiteralError> {
    with_unit(text, "pp", LiteralError::NotPoints)
}

/// The spelling of a percentage.
pub fn format_percent(value: Dec) -> String {
    format!("{value}%")
}

/// The spelling of percentage points.
pub fn format_points(value: Dec) -> String {
    format!("{value}pp")
}

/// The spelling of a decimal divided by 10^`places`: by 2, the fraction that a percentage is. Exact for any value.
pub fn format_scaled(value: Dec, places: u32) -> String {
    let units = value.billionths();
    let digits = places.saturating_add(PLACES.unsigned_abs());
    let width = usize::try_from(digits.saturating_add(1)).unwrap_or(usize::MAX);
    let text = format!("{:0width$}", units.unsigned_abs());
    let point = text.len().saturating_sub(width.saturating_sub(1));
    let (whole, fraction) = text.split_at_checked(point).unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    let sign = if units < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    // Writing to a string cannot fail.
    let _ = write!(out, "{sign}{whole}{point}{fraction}");
    out
}

/// A number followed by a unit, without an exponent.
fn with_unit(text: &str, unit: &str, otherwise: LiteralError) -> Result<Dec, LiteralError> {
    let parts = text.strip_suffix(unit).and_then(parts).filter(|parts| !parts.exponent).ok_or(otherwise)?;
    to_dec(&parts, 0)
}

/// The decimal that the parts stand for, times a power of ten.
fn to_dec(parts: &Parts, power: i32) -> Result<Dec, LiteralError> {
    let places = parts.places.saturating_sub(power);
    if places > PLACES {
        return Err(LiteralError::TooManyPlaces);
    }
    parts.mantissa.and_then(|mantissa| Dec::from_parts(mantissa, places)).ok_or(LiteralError::OutOfRange)
}

/// Splits a number into its parts; `None` where it is not a number.
fn parts(text: &str) -> Option<Parts> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (head, exponent) = match rest.split_once(['e', 'E']) {
        Some((head, exponent)) => (head, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match head.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (head, None),
    };
    if !is_whole(whole) || fraction.is_some_and(|digits| !is_digits(digits)) {
        return None;
    }
    let shift = exponent.map_or(Some(0), exponent_value)?;
    let (mantissa, places) = mantissa(whole, fraction.unwrap_or_default());
    let places = if mantissa == Some(0) { 0 } else { places.saturating_sub(shift) };
    let signed = if negative { mantissa.and_then(i128::checked_neg) } else { mantissa };
    Some(Parts { mantissa: signed, places, exponent: exponent.is_some() })
}

/// Whether a text is digits without a leading nought.
fn is_whole(text: &str) -> bool {
    is_digits(text) && (text.len() == 1 || !text.starts_with('0'))
}

/// Whether a text is one or more digits.
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The exponent after its letter, cut off at [`EXPONENT_MAX`].
fn exponent_value(text: &str) -> Option<i32> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !is_digits(digits) {
        return None;
    }
    let size = digits.parse::<i32>().map_or(EXPONENT_MAX, |value| value.min(EXPONENT_MAX));
    if negative { size.checked_neg() } else { Some(size) }
}

/// The digits as one integer without its trailing noughts, and how many of them are behind the point.
///
/// Noughts are put off until a digit follows, so that `1.000…0` of any length is one.
fn mantissa(whole: &str, fraction: &str) -> (Option<i128>, i32) {
    let mut value = Some(0i128);
    let mut put_off = 0u32;
    for digit in whole.bytes().chain(fraction.bytes()).map(|byte| i128::from(byte & 0x0f)) {
        if digit == 0 {
            put_off = put_off.saturating_add(u32::from(value != Some(0)));
            continue;
        }
        let shift = 10i128.checked_pow(put_off.saturating_add(1));
        let shifted = match value {
            Some(0) => Some(0),
            Some(value) => shift.and_then(|shift| value.checked_mul(shift)),
            None => None,
        };
        value = shifted.and_then(|value| value.checked_add(digit));
        put_off = 0;
    }
    let behind = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    (value, behind.saturating_sub(i32::try_from(put_off).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::{
        LiteralError, decimal, format_percent, format_points, format_scaled, int, percent, points, scaled,
    };
    use crate::dec::Dec;

    fn dec(mantissa: i128, places: i32) -> Dec {
        Dec::from_parts(mantissa, places).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        for (text, value) in [
            ("0", dec(0, 0)),
            ("-0", dec(0, 0)),
            ("0.000", dec(0, 0)),
            ("0e999999999999", dec(0, 0)),
            ("1e2", dec(100, 0)),
            ("1.50E+1", dec(15, 0)),
            ("25e-2", dec(25, 2)),
            ("100.0100", dec(10001, 2)),
            ("0.000000001", dec(1, 9)),
            ("-12.5", dec(-125, 1)),
            ("1.0000000000000000000000000000000000000000000000", dec(1, 0)),
            ("1000000000000000000000000000000000000000000e-42", dec(1, 0)),
            ("170141183460469231731687303715.884105727", Dec::from_billionths(i128::MAX)),
        ] {
            assert_eq!(decimal(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "0x1", "1_000", "NaN", "1 ", "1.2.3",
            "1e2e3", "٣",
        ] {
            assert_eq!(decimal(text), Err(LiteralError::NotANumber), "{text}");
            assert_eq!(int(text), Err(LiteralError::NotANumber), "{text}");
        }
    }

    #[test]
    fn nothing_is_rounded_or_clipped() {
        assert_eq!(decimal("0.0000000001"), Err(LiteralError::TooManyPlaces));
        assert_eq!(decimal("1e-10"), Err(LiteralError::TooManyPlaces));
        assert_eq!(
            decimal("1.00000000000000000000000000000000000000000001"),
            Err(LiteralError::TooManyPlaces)
        );
        assert_eq!(decimal("1e30"), Err(LiteralError::OutOfRange));
        assert_eq!(decimal("1e999999999999"), Err(LiteralError::OutOfRange));
        assert_eq!(decimal("170141183460469231731687303715.884105728"), Err(LiteralError::OutOfRange));
        assert_eq!(int("9223372036854775808"), Err(LiteralError::OutOfRange));
        assert_eq!(int("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(int("1.0"), Err(LiteralError::NotAnInteger));
        assert_eq!(int("1e2"), Err(LiteralError::NotAnInteger));
        assert_eq!(int("-0"), Ok(0));
    }

    #[test]
    fn units_are_mandatory() {
        assert_eq!(percent("80%"), Ok(dec(80, 0)));
        assert_eq!(percent("-0.5%"), Ok(dec(-5, 1)));
        assert_eq!(points("0.1pp"), Ok(dec(1, 1)));
        for text in ["80", "%", "80 %", "80pp", "1e1%", "08%", "80%%"] {
            assert_eq!(percent(text), Err(LiteralError::NotAPercent), "{text}");
        }
        assert_eq!(points("80%"), Err(LiteralError::NotPoints));
    }

    #[test]
    fn a_fraction_is_a_percentage() {
        assert_eq!(scaled("0.8", 2), Ok(dec(80, 0)));
        assert_eq!(scaled("0.00000000001", 2), Ok(Dec::from_billionths(1)));
        assert_eq!(scaled("0.000000000001", 2), Err(LiteralError::TooManyPlaces));
        assert_eq!(format_scaled(dec(80, 0), 2), "0.8");
        assert_eq!(format_scaled(Dec::from_billionths(-1), 2), "-0.00000000001");
    }

    #[test]
    fn every_decimal_reads_back() {
        // Magnitudes of every size, both signs; the constant only spreads the digits.
        for shift in 0..127u32 {
            let units = (0x0123_4567_89ab_cdef_1357_9bdf_0246_8acei128 >> (126 - shift)) | (1i128 << shift);
            for value in [units, -units, units / 1000 * 1000].map(Dec::from_billionths) {
                assert_eq!(decimal(&format_scaled(value, 0)), Ok(value));
                assert_eq!(format_scaled(value, 0), value.to_string());
                assert_eq!(scaled(&format_scaled(value, 2), 2), Ok(value));
                assert_eq!(percent(&format_percent(value)), Ok(value));
                assert_eq!(points(&format_points(value)), Ok(value));
            }
        }
        let least = Dec::from_billionths(i128::MIN);
        assert_eq!(format_scaled(least, 0), least.to_string());
    }
}
