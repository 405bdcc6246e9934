//! Sizes: `512MB`, `10GiB`, `1.5kB`. Decimal units go by thousands, binary ones by 1024.
//!
//! A number with one unit, whose case matters. It may have a fraction as long as whole bytes come out. A size is written
//! with the largest unit that goes into it without rest, so that nothing is lost: `1536MB`, but `1536MiB` for 1.5 GiB.

use super::{LiteralError, duration, number};

/// Units by falling size, with their bytes.
const UNITS: &[(&str, i64)] = &[
    ("PiB", 1 << 50),
    ("PB", 1_000_000_000_000_000),
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// A size in bytes. A minus sign may stand before the whole.
pub fn size(text: &str) -> Result<i64, LiteralError> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(LiteralError::NotASize)?;
    let (count, unit) = text.split_at_checked(at).ok_or(LiteralError::NotASize)?;
    if number::decimal(count) == Err(LiteralError::NotANumber) {
        return Err(LiteralError::NotASize);
    }
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, bytes) = found.ok_or(LiteralError::UnknownSizeUnit)?;
    size_of(count, *bytes)
}

/// The size of so many units of `bytes` each, from the spelling of a JSON number. It must come out as whole bytes.
pub fn size_of(text: &str, bytes: i64) -> Result<i64, LiteralError> {
    duration::duration_of(text, bytes).map_err(|error| match error {
        // A number may have more places than a decimal and still be whole bytes; nobody writes one.
        LiteralError::TooManyPlaces => LiteralError::FractionOfByte,
        other => other,
    })
}

/// The spelling of a size, such as `512MB`, `10GiB`, `0B` or `-3kB`.
pub fn format_size(bytes: i64) -> String {
    let fits = |(_, unit): &&(&str, i64)| bytes != 0 && bytes.checked_rem(*unit) == Some(0);
    match UNITS.iter().find(fits) {
        Some((name, unit)) => format!("{}{name}", bytes.checked_div(*unit).unwrap_or(bytes)),
        None => format!("{bytes}B"),
    }
}

/// The number of units of `bytes` each that a size is, where nine places hold it exactly.
pub fn format_size_of(size: i64, bytes: i64) -> Option<String> {
    duration::format_duration_of(size, bytes)
}

#[cfg(test)]
mod tests {
    use super::{LiteralError, UNITS, format_size, format_size_of, size, size_of};

    #[test]
    fn each_unit_has_its_bytes() {
        for (text, bytes) in [
            ("0B", 0),
            ("1kB", 1_000),
            ("1KiB", 1_024),
            ("512MB", 512_000_000),
            ("10GiB", 10_737_418_240),
            ("1.5GB", 1_500_000_000),
            ("0.5KiB", 512),
            ("8191PiB", 8191 << 50),
            ("-3kB", -3_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        use LiteralError::*;
        for (text, error) in [
            ("", NotASize),
            ("12", NotASize),
            ("MB", NotASize),
            ("1 MB", NotASize),
            ("01MB", NotASize),
            ("1.MB", NotASize),
            ("1kb", UnknownSizeUnit),
            ("1KB", UnknownSizeUnit),
            ("1mB", UnknownSizeUnit),
            ("1MBit", UnknownSizeUnit),
            ("1MB2kB", UnknownSizeUnit),
            ("1.5B", FractionOfByte),
            ("0.0001kB", FractionOfByte),
            ("8192PiB", OutOfRange),
            ("99999999999999999999B", OutOfRange),
        ] {
            assert_eq!(size(text), Err(error), "{text}");
        }
        assert_eq!(size_of("0.3", 1_024), Err(FractionOfByte));
        assert_eq!(size_of("1.5", 1_000_000), Ok(1_500_000));
    }

    #[test]
    fn a_size_is_written_with_the_largest_unit_without_rest() {
        for (bytes, text) in [
            (0, "0B"),
            (1, "1B"),
            (999, "999B"),
            (1_000, "1kB"),
            (1_024, "1KiB"),
            (1_024_000, "1000KiB"),
            (512_000_000, "512MB"),
            (10 << 30, "10GiB"),
            (1_500_000_000, "1500MB"),
            (-2_000_000, "-2MB"),
            (i64::MAX, "9223372036854775807B"),
            (i64::MIN, "-8192PiB"),
        ] {
            assert_eq!(format_size(bytes), text);
        }
        assert_eq!(format_size_of(1_500, 1_000), Some("1.5".to_owned()));
        assert_eq!(format_size_of(1, 3), None);
    }

    #[test]
    fn every_size_reads_back() {
        for shift in 0..64u32 {
            for value in [i64::MAX >> shift, i64::MIN >> shift, 0x1357_9bdf_0246_8ace_i64 >> shift] {
                assert_eq!(size(&format_size(value)), Ok(value));
            }
        }
        for (unit, bytes) in UNITS {
            assert_eq!(format_size(*bytes), format!("1{unit}"));
        }
    }
}
