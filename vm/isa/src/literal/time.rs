//! Dates, times of day and instants, by the proleptic Gregorian calendar.
//!
//! An instant is a count of nanoseconds since 1970-01-01T00:00:00Z in 64 bits, which reaches from 1677 to 2262.

use std::num::Saturating;

use super::LiteralError;
use crate::window::Date;

/// Minutes of a day.
const DAY_MINUTES: u16 = 1440;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// Nanoseconds of a second.
const NANOS: i64 = 1_000_000_000;
/// The first date with a spelling, 0000-01-01.
const DATE_MIN: Date = Date(-719_528);
/// The last date with a spelling, 9999-12-31.
const DATE_MAX: Date = Date(2_932_896);
/// Days of the four hundred years after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i64 = 719_468;

/// A date, `2026-11-20`.
pub fn date(text: &str) -> Result<Date, LiteralError> {
    let mut scan = Scan { rest: text.as_bytes() };
    let date = scan.date()?;
    if scan.rest.is_empty() { Ok(date) } else { Err(LiteralError::NotADate) }
}

/// The date so many days after 1970-01-01, where it has a spelling.
pub fn date_of_days(days: i64) -> Option<Date> {
    let date = Date(i32::try_from(days).ok()?);
    (DATE_MIN..=DATE_MAX).contains(&date).then_some(date)
}

/// A time of day in minutes after midnight, `00:00` to `24:00`.
pub fn time_of_day(text: &str) -> Result<u16, LiteralError> {
    let mut scan = Scan { rest: text.as_bytes() };
    let parts = scan.hours_minutes().filter(|_| scan.rest.is_empty());
    let (hours, minutes) = parts.ok_or(LiteralError::NotATime)?;
    let total = hours.saturating_mul(60).saturating_add(minutes);
    match u16::try_from(total) {
        Ok(total) if total <= DAY_MINUTES && minutes < 60 => Ok(total),
        _ => Err(LiteralError::NoSuchTime),
    }
}

/// An instant by RFC 3339: seconds and offset are mandatory.
pub fn instant(text: &str) -> Result<i64, LiteralError> {
    plain_instant(text.as_bytes()).map_or_else(|| read_instant(text, false), Ok)
}

/// An instant in the spelling that almost all have, `2026-11-20T15:30:00Z`, on one of the first 28 days of a month.
/// Nothing is said of any other.
fn plain_instant(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text
    else {
        return None;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |tens: u8, ones: u8| {
        Saturating(i64::from(tens & 0x0f)) * Saturating(10) + Saturating(i64::from(ones & 0x0f))
    };
    let (year, month, day) = (two(y1, y2) * Saturating(100) + two(y3, y4), two(m1, m2), two(d1, d2));
    let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
    if !(1..=12).contains(&month.0)
        || !(1..=28).contains(&day.0)
        || hour.0 > 23
        || minute.0 > 59
        || second.0 > 59
    {
        return None;
    }
    let days = Saturating(days_from_civil(year.0, month.0, day.0));
    let at = ((days * Saturating(24) + hour) * Saturating(60) + minute) * Saturating(60) + second;
    at.0.checked_mul(NANOS)
}

/// An instant as a policy writes it: by RFC 3339, but seconds may be left out. The offset is mandatory.
pub fn instant_literal(text: &str) -> Result<i64, LiteralError> {
    read_instant(text, true)
}

/// The spelling of a date.
pub fn format_date(date: Date) -> String {
    let (year, month, day) = civil(i64::from(date.0));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The spelling of the date so many days after 1970-01-01; of one that has none, the nearest that has.
pub fn format_date_of(days: i64) -> String {
    let clamped = days.clamp(DATE_MIN.0.into(), DATE_MAX.0.into());
    format_date(date_of_days(clamped).unwrap_or(DATE_MIN))
}

/// The spelling of a time of day.
pub fn format_time_of_day(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The spelling of an instant in UTC, `2026-11-20T15:30:00Z`, with a fraction only where there is one.
pub fn format_instant(nanoseconds: i64) -> String {
    let seconds = nanoseconds.div_euclid(NANOS);
    let (year, month, day) = civil(seconds.div_euclid(DAY_SECONDS));
    let second = seconds.rem_euclid(DAY_SECONDS);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match nanoseconds.rem_euclid(NANOS) {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn read_instant(text: &str, seconds_optional: bool) -> Result<i64, LiteralError> {
    let mut scan = Scan { rest: text.as_bytes() };
    let date = match scan.date() {
        Err(LiteralError::NotADate) => return Err(LiteralError::NotAnInstant),
        other => other?,
    };
    if !(scan.skip(b'T') || scan.skip(b't')) {
        return Err(LiteralError::NotAnInstant);
    }
    let (hour, minute) = scan.hours_minutes().ok_or(LiteralError::NotAnInstant)?;
    let (second, nanos) = scan.seconds(seconds_optional)?;
    let offset = scan.offset()?;
    if !scan.rest.is_empty() {
        return Err(LiteralError::NotAnInstant);
    }
    if second == 60 {
        return Err(LiteralError::LeapSecond);
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(LiteralError::NoSuchTime);
    }
    let at = Saturating(i64::from(date.0)) * Saturating(DAY_SECONDS)
        + Saturating(i64::from(hour)) * Saturating(3600)
        + Saturating(i64::from(minute)) * Saturating(60)
        + Saturating(i64::from(second))
        - Saturating(offset);
    let total = i128::from(at.0).saturating_mul(i128::from(NANOS)).saturating_add(i128::from(nanos));
    i64::try_from(total).map_err(|_| LiteralError::OutOfRange)
}

/// What is left to read.
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        let mut value = 0u32;
        for byte in head {
            let digit = byte.is_ascii_digit().then(|| u32::from(byte & 0x0f))?;
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        self.rest = rest;
        Some(value)
    }

    /// Whether this byte comes next; it is then read.
    fn skip(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn date(&mut self) -> Result<Date, LiteralError> {
        let (year, month, day) = self.year_month_day().ok_or(LiteralError::NotADate)?;
        let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
        // A date that does not exist would come out as another one.
        if civil(days) != (i64::from(year), i64::from(month), i64::from(day)) {
            return Err(LiteralError::NoSuchDate);
        }
        i32::try_from(days).map(Date).map_err(|_| LiteralError::NoSuchDate)
    }

    fn year_month_day(&mut self) -> Option<(u32, u32, u32)> {
        let year = self.digits(4)?;
        let month = self.skip(b'-').then(|| self.digits(2))??;
        let day = self.skip(b'-').then(|| self.digits(2))??;
        Some((year, month, day))
    }

    fn hours_minutes(&mut self) -> Option<(u32, u32)> {
        let hours = self.digits(2)?;
        let minutes = self.skip(b':').then(|| self.digits(2))??;
        Some((hours, minutes))
    }

    /// Seconds and nanoseconds.
    fn seconds(&mut self, optional: bool) -> Result<(u32, u32), LiteralError> {
        if !self.skip(b':') {
            return if optional { Ok((0, 0)) } else { Err(LiteralError::SecondsMissing) };
        }
        let second = self.digits(2).ok_or(LiteralError::NotAnInstant)?;
        let nanos = if self.skip(b'.') { self.fraction()? } else { 0 };
        Ok((second, nanos))
    }

    /// One to nine digits, as nanoseconds.
    fn fraction(&mut self) -> Result<u32, LiteralError> {
        let len = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let missing =
            u32::try_from(9usize.checked_sub(len).ok_or(LiteralError::TooManyPlaces)?).unwrap_or_default();
        let digits = if len == 0 { None } else { self.digits(len) };
        let nanos = digits.and_then(|digits| digits.checked_mul(10u32.checked_pow(missing)?));
        nanos.ok_or(LiteralError::NotAnInstant)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Result<i64, LiteralError> {
        if self.skip(b'Z') || self.skip(b'z') {
            return Ok(0);
        }
        let west = self.skip(b'-');
        if !west && !self.skip(b'+') {
            return Err(if self.rest.is_empty() {
                LiteralError::OffsetMissing
            } else {
                LiteralError::NotAnInstant
            });
        }
        let (hours, minutes) = self.hours_minutes().ok_or(LiteralError::NotAnInstant)?;
        if hours > 23 || minutes > 59 {
            return Err(LiteralError::NoSuchTime);
        }
        let east = i64::from(hours.saturating_mul(60).saturating_add(minutes)).saturating_mul(60);
        Ok(if west { east.saturating_neg() } else { east })
    }
}

/// Days from 1970-01-01 to a date; years begin in March, so that a leap day is the last one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = Saturating(year) - Saturating(i64::from(month <= 2));
    let era = year.0.div_euclid(400);
    let year_of_era = Saturating(year.0.rem_euclid(400));
    let shifted = Saturating((Saturating(month) + Saturating(9)).0.rem_euclid(12));
    let day_of_year = (Saturating(153) * shifted + Saturating(2)).0.div_euclid(5);
    let leaps = Saturating(year_of_era.0 / 4) - Saturating(year_of_era.0 / 100);
    let day_of_era =
        year_of_era * Saturating(365) + leaps + Saturating(day_of_year) + Saturating(day) - Saturating(1);
    (Saturating(era) * Saturating(ERA_DAYS) + day_of_era - Saturating(EPOCH_SHIFT)).0
}

/// Year, month and day of a count of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(EPOCH_SHIFT);
    let era = Saturating(shifted.div_euclid(ERA_DAYS));
    let day = Saturating(shifted.rem_euclid(ERA_DAYS));
    let leaps = Saturating(day.0 / 1460) - Saturating(day.0 / 36_524) + Saturating(day.0 / 146_096);
    let year = Saturating((day - leaps).0 / 365);
    let before = Saturating(365) * year + Saturating(year.0 / 4) - Saturating(year.0 / 100);
    let day_of_year = day - before;
    let shifted_month = Saturating((Saturating(5) * day_of_year + Saturating(2)).0 / 153);
    let month_start = Saturating((Saturating(153) * shifted_month + Saturating(2)).0 / 5);
    let day_of_month = (day_of_year - month_start + Saturating(1)).0;
    let month = (shifted_month + Saturating(2)).0.rem_euclid(12).saturating_add(1);
    let year = year + era * Saturating(400) + Saturating(i64::from(month <= 2));
    (year.0, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::{
        LiteralError, date, date_of_days, format_date, format_instant, format_time_of_day, instant,
        instant_literal, plain_instant, read_instant, time_of_day,
    };
    use crate::window::Date;

    #[test]
    fn the_usual_spelling_of_an_instant_is_read_like_any_other() {
        let mut usual = 0;
        // A little more than a week at a time, from 1678 to 2262.
        for step in -14_000i64..14_000 {
            let text = format_instant(step * 653_279_000_000_000);
            if let Some(at) = plain_instant(text.as_bytes()) {
                assert_eq!(Ok(at), read_instant(&text, false), "{text}");
                usual += 1;
            }
        }
        assert!(usual > 20_000, "{usual}");
        for text in
            ["2026-11-29T15:30:00Z", "2026-13-01T15:30:00Z", "2026-11-20T24:30:00Z", "2026-11-20T15:60:00Z"]
        {
            assert_eq!(plain_instant(text.as_bytes()), None, "{text}");
        }
        for text in
            ["2026-11-20T15:30:60Z", "2026-1x-20T15:30:00Z", "2026-11-20T15:30:00z", "9999-11-20T15:30:00Z"]
        {
            assert_eq!(plain_instant(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_are_days_since_1970() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2026-11-20", 20_777),
            ("0000-01-01", -719_528),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(date(text), Ok(Date(days)), "{text}");
        }
        for text in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00"] {
            assert_eq!(date(text), Err(LiteralError::NoSuchDate), "{text}");
        }
        for text in ["", "2026-1-1", "20261120", "2026-11-20T", "2026/11/20", "+2026-11-20", "２０２６-11-20"]
        {
            assert_eq!(date(text), Err(LiteralError::NotADate), "{text}");
        }
    }

    #[test]
    fn every_date_reads_back() {
        for days in -719_528..=2_932_896 {
            assert_eq!(date(&format_date(Date(days))), Ok(Date(days)));
            assert_eq!(date_of_days(days.into()), Some(Date(days)));
        }
        for days in [-719_529, 2_932_897, i64::MIN, i64::MAX] {
            assert_eq!(date_of_days(days), None);
        }
    }

    #[test]
    fn times_of_day_reach_to_24_00() {
        for minutes in 0..=1440 {
            assert_eq!(time_of_day(&format_time_of_day(minutes)), Ok(minutes));
        }
        for text in ["24:01", "25:00", "09:60", "99:99"] {
            assert_eq!(time_of_day(text), Err(LiteralError::NoSuchTime), "{text}");
        }
        for text in ["", "9:00", "09:00:00", "0900", "09-00"] {
            assert_eq!(time_of_day(text), Err(LiteralError::NotATime), "{text}");
        }
    }

    #[test]
    fn instants_need_an_offset() {
        let half_past_two = 1_795_185_000_000_000_000;
        for text in [
            "2026-11-20T15:30:00+01:00",
            "2026-11-20T14:30:00Z",
            "2026-11-20t14:30:00.000z",
            "2026-11-20T14:30:00-00:00",
            "2026-11-19T23:00:00-15:30",
        ] {
            assert_eq!(instant(text), Ok(half_past_two), "{text}");
        }
        assert_eq!(instant_literal("2026-11-20T15:30+01:00"), Ok(half_past_two));
        assert_eq!(instant("1970-01-01T00:00:00.000000001Z"), Ok(1));
        use LiteralError::*;
        for (text, error) in [
            ("2026-11-20T15:30:00", OffsetMissing),
            ("2026-11-20T15:30+01:00", SecondsMissing),
            ("2026-11-20", NotAnInstant),
            ("2026-11-20 15:30:00Z", NotAnInstant),
            ("2026-11-20T15:30:00+0100", NotAnInstant),
            ("2026-11-20T15:30:00+01:00[Europe/Berlin]", NotAnInstant),
            ("2026-11-20T15:30:00.Z", NotAnInstant),
            ("2026-11-20T15:30:00,5Z", NotAnInstant),
            ("2026-11-20T15:30:00 Z", NotAnInstant),
            ("2026-12-31T23:59:60Z", LeapSecond),
            ("2026-11-20T24:00:00Z", NoSuchTime),
            ("2026-11-20T15:60:00Z", NoSuchTime),
            ("2026-11-20T15:30:61Z", NoSuchTime),
            ("2026-11-20T15:30:00+24:00", NoSuchTime),
            ("2026-02-30T15:30:00Z", NoSuchDate),
            ("2026-11-20T15:30:00.1234567891Z", TooManyPlaces),
            ("1677-09-21T00:12:43.145224191Z", OutOfRange),
            ("2262-04-11T23:47:16.854775808Z", OutOfRange),
            ("9999-12-31T23:59:59Z", OutOfRange),
        ] {
            assert_eq!(instant(text), Err(error), "{text}");
        }
    }

    #[test]
    fn every_instant_reads_back() {
        assert_eq!(format_instant(1_795_185_000_000_000_000), "2026-11-20T14:30:00Z");
        assert_eq!(format_instant(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(format_instant(1_500_000_000), "1970-01-01T00:00:01.5Z");
        for shift in 0..64u32 {
            for value in [i64::MAX >> shift, i64::MIN >> shift, 0x1357_9bdf_0246_8ace_i64 >> shift] {
                let text = format_instant(value);
                assert_eq!(instant(&text), Ok(value), "{text}");
                assert_eq!(instant_literal(&text), Ok(value), "{text}");
            }
        }
    }
}
