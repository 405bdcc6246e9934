//! Types as a module knows them: how values are held, and how they are written.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::literal::Currency;

/// How the machine holds a value. The verifier checks each operation against these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A truth value.
    Bool,
    /// 64 bits: an integer, a duration or an instant in nanoseconds, a date in days since 1970-01-01, a size in bytes,
    /// or the index of an enum member.
    Int,
    /// An exact decimal: a decimal, percent or points.
    Dec,
    /// Text.
    Str,
    /// A list of at most `max` elements, each laid out as `layout` says.
    List {
        /// Index of the elements' layout.
        layout: u16,
        /// Most elements.
        max: u32,
    },
    /// A position within such a list.
    Elem {
        /// Index of the elements' layout.
        layout: u16,
        /// Most elements of the list walked.
        max: u32,
    },
    /// The text of a version.
    Version,
}

/// How a scalar is read from a request and written in a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scalar {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Decimal,
    /// `"80%"`, or a number with a declared reading.
    Percent,
    /// `"0.1pp"`, or a number with a declared reading.
    Points,
    /// `"15m"`, or a number with a declared reading.
    Duration,
    /// An RFC 3339 date and time with an offset.
    Instant,
    /// Text of at most so many bytes.
    Str {
        /// Most bytes of UTF-8.
        max: u32,
    },
    /// A person or service: text, compared only with its like.
    Principal,
    /// A member of the enum with this index.
    Enum(u16),
    /// A calendar date, `"2026-11-20"`.
    Date,
    /// `"512MB"`, or a number with a declared reading.
    Size,
    /// `"1.2.3-rc.1"`, by Semantic Versioning 2.0.0.
    Version,
    /// `"500.00 EUR"`, or a number with a declared reading.
    Money(Currency),
}

impl Scalar {
    /// How the machine holds it.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::Int | Self::Duration | Self::Instant | Self::Date | Self::Size | Self::Enum(_) => Kind::Int,
            Self::Decimal | Self::Percent | Self::Points | Self::Money(_) => Kind::Dec,
            Self::Str { .. } | Self::Principal => Kind::Str,
            Self::Version => Kind::Version,
        }
    }

    /// Most bytes of text, where it is text.
    pub const fn text_max(self) -> u32 {
        match self {
            Self::Str { max } => max,
            _ => limits::STRING_BYTES_DEFAULT,
        }
    }
}

/// A declared reading of a bare JSON number (rule `request.units`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Reading {
    /// No bare number is accepted for a type with units.
    #[default]
    Unit,
    /// `as number of percent`: 80 is 80 %.
    Percent,
    /// `as number of fraction`: 0.8 is 80 %.
    Fraction,
    /// `as number of points`: 0.1 is 0.1 pp.
    Points,
    /// `as number of milliseconds`.
    Milliseconds,
    /// `as number of seconds`.
    Seconds,
    /// `as number of minutes`.
    Minutes,
    /// `as number of hours`.
    Hours,
    /// `as number of days` of 24 hours.
    Days,
    /// `as number of bytes`.
    Bytes,
    /// `as number of kilobytes` of 1000 bytes.
    Kilobytes,
    /// `as number of megabytes`.
    Megabytes,
    /// `as number of gigabytes`.
    Gigabytes,
    /// `as number of kibibytes` of 1024 bytes.
    Kibibytes,
    /// `as number of mebibytes`.
    Mebibytes,
    /// `as number of gibibytes`.
    Gibibytes,
    /// `as number of EUR`, where EUR is the currency of the type.
    Currency,
}

impl Reading {
    /// Every reading with a word, with the word that declares it.
    pub const WORDS: &[(&str, Self)] = &[
        ("percent", Self::Percent),
        ("fraction", Self::Fraction),
        ("points", Self::Points),
        ("milliseconds", Self::Milliseconds),
        ("seconds", Self::Seconds),
        ("minutes", Self::Minutes),
        ("hours", Self::Hours),
        ("days", Self::Days),
        ("bytes", Self::Bytes),
        ("kilobytes", Self::Kilobytes),
        ("megabytes", Self::Megabytes),
        ("gigabytes", Self::Gigabytes),
        ("kibibytes", Self::Kibibytes),
        ("mebibytes", Self::Mebibytes),
        ("gibibytes", Self::Gibibytes),
    ];

    /// Nanoseconds of one unit, for the readings of a duration.
    pub const fn nanoseconds(self) -> Option<i64> {
        match self {
            Self::Milliseconds => Some(1_000_000),
            Self::Seconds => Some(1_000_000_000),
            Self::Minutes => Some(60_000_000_000),
            Self::Hours => Some(3_600_000_000_000),
            Self::Days => Some(86_400_000_000_000),
            _ => None,
        }
    }

    /// Bytes of one unit, for the readings of a size.
    pub const fn bytes(self) -> Option<i64> {
        match self {
            Self::Bytes => Some(1),
            Self::Kilobytes => Some(1_000),
            Self::Megabytes => Some(1_000_000),
            Self::Gigabytes => Some(1_000_000_000),
            Self::Kibibytes => Some(1 << 10),
            Self::Mebibytes => Some(1 << 20),
            Self::Gibibytes => Some(1 << 30),
            _ => None,
        }
    }
}
