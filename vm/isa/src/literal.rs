//! Spellings of values with units and of points in time: how they are read, and the one way they are written.
//!
//! The lexer of the language and the decoder of requests call the same functions, so that `15m` in a policy and
//! `"15m"` in a request cannot come to differ. All of it is pure and exact: no floating point, no time zone, no
//! rounding. What does not fit is refused and never clipped.
//!
//! Reading is strict. Writing is canonical: each value has one spelling, and reading it gives the value again.

mod duration;
mod glob;
mod money;
mod number;
mod size;
mod time;
mod version;

pub use duration::{duration, duration_of, format_duration, format_duration_of};
pub use glob::{Glob, Step, glob};
pub use money::{Currency, format_money, money};
pub use number::{decimal, format_percent, format_points, format_scaled, int, percent, points, scaled};
pub use size::{format_size, format_size_of, size, size_of};
pub use time::{
    date, date_of_days, format_date, format_date_of, format_instant, format_time_of_day, instant,
    instant_literal, time_of_day,
};

pub use version::{Version, version};

macro_rules! literal_errors {
    ($( $(#[doc = $doc:literal])+ $name:ident => $message:literal, help $help:literal; )+) => {
        /// Why a text is not a spelling of a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum LiteralError {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl LiteralError {
            /// Every error, in the order of the table.
            pub const ALL: &[Self] = &[$( Self::$name, )+];

            /// What is wrong: lower case, without a full stop.
            pub const fn message(self) -> &'static str {
                match self { $( Self::$name => $message, )+ }
            }

            /// How to write it instead.
            pub const fn help(self) -> &'static str {
                match self { $( Self::$name => $help, )+ }
            }
        }
    };
}

literal_errors! {
    /// Not a number at all.
    NotANumber => "not a number", help "write digits, such as `80` or `0.5`, without leading noughts";
    /// A number, but not a whole one.
    NotAnInteger => "not an integer", help "write a whole number without point or exponent, such as `3`";
    /// More than nine digits after the point.
    TooManyPlaces => "more than nine places after the point", help "round it before it is written; nothing is rounded here";
    /// Too large or too small to be held.
    OutOfRange => "out of range", help "write a value that fits";
    /// Not a percentage.
    NotAPercent => "not a percentage", help "write a number and a percent sign, such as `80%` or `0.5%`";
    /// Not percentage points.
    NotPoints => "not percentage points", help "write a number and `pp`, such as `0.1pp`";
    /// Not a duration.
    NotADuration => "not a duration", help "write whole numbers with their units, such as `15m`, `1h30m` or `2w`";
    /// A letter after a number that is no unit of a duration.
    UnknownUnit => "unknown unit of a duration", help "the units are `w`, `d`, `h`, `m`, `s` and `ms`";
    /// Units of a duration twice or in another order than the largest first.
    UnitOrder => "units of a duration must go from the largest to the smallest, each at most once", help "write it like `1d12h` or `1h30m`";
    /// A duration with a fraction.
    FractionOfUnit => "only milliseconds may have a fraction", help "use the next smaller unit, such as `90m` for one hour and a half";
    /// Not a size.
    NotASize => "not a size", help "write a number with its unit, such as `512MB` or `10GiB`";
    /// Letters after a number that are no unit of a size.
    UnknownSizeUnit => "unknown unit of a size", help "the units are `B`, `kB`, `MB`, `GB`, `TB`, `PB` and `KiB`, `MiB`, `GiB`, `TiB`, `PiB`";
    /// A size that is not whole bytes.
    FractionOfByte => "not whole bytes", help "write a number of which whole bytes come out, such as `1.5kB`";
    /// Not an amount of money.
    NotMoney => "not an amount of money", help "write an amount, a blank and the currency, such as `499.90 EUR`";
    /// Money of another currency than asked for.
    OtherCurrency => "another currency", help "nothing is exchanged here; send the amount in the currency of the member";
    /// Not a version.
    NotAVersion => "not a semantic version", help "write major, minor and patch, such as `1.2.3` or `1.2.3-rc.1`";
    /// A pattern that cannot be read.
    BadGlob => "a bracket, brace or backslash of this pattern lacks what belongs to it", help "close what is open, or write a backslash before a character that stands for itself";
    /// Two stars beside something other than a slash.
    GlobStars => "`**` stands alone between slashes", help "write it like `a/**/b` or `a/**`, or use `*` within a name";
    /// A pattern beyond the limits.
    GlobTooLong => "this pattern is too long", help "split it into several patterns with `or`";
    /// Not a date.
    NotADate => "not a date", help "write year, month and day, such as `2026-11-20`";
    /// A date that no calendar has.
    NoSuchDate => "no such date", help "check the month and the day";
    /// Not a time of day.
    NotATime => "not a time of day", help "write hours and minutes, such as `09:00`";
    /// A time that no day has.
    NoSuchTime => "no such time of day", help "a day has the times from `00:00` to `24:00`";
    /// Not a date with a time.
    NotAnInstant => "not a date with time and offset", help "write it by RFC 3339, such as `2026-11-20T15:30:00+01:00`";
    /// No seconds where they are needed.
    SecondsMissing => "a time without seconds", help "write the seconds too, such as `2026-11-20T15:30:00+01:00`";
    /// No offset from UTC.
    OffsetMissing => "a time without an offset from UTC", help "add `Z` or an offset, such as `+01:00`";
    /// A sixtieth second.
    LeapSecond => "a leap second cannot be represented", help "write second `59`, or second `00` of the next minute";
}

impl std::fmt::Display for LiteralError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for LiteralError {}
