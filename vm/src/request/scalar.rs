//! Single values: what each scalar type accepts in JSON.

use holdpoint_isa::literal::{self, Currency, LiteralError};
use holdpoint_isa::program::Node;
use holdpoint_isa::types::{Reading, Scalar};
use holdpoint_isa::{Dec, limits};

use super::error::{Fail, Failure};
use super::json::{self, Raw, Short};
use super::reader::{Reader, quote_of};
use super::suggest;
use crate::value::{Space, StrRef, Value};

impl<'a> Reader<'a> {
    /// A value of a scalar type; it comes next.
    pub(super) fn scalar(&mut self, scalar: Scalar, reading: Reading) -> Result<Value, Fail> {
        match scalar {
            Scalar::Bool => self.boolean(),
            Scalar::Int => self.int().map(Value::Int),
            Scalar::Decimal => self.decimal("a number").map(Value::Dec),
            Scalar::Percent => self.percent(reading),
            Scalar::Points => self.points(reading),
            Scalar::Duration => self.duration(reading),
            Scalar::Instant => self.unit_text(INSTANT, literal::instant).map(Value::Int),
            Scalar::Date => self.unit_text(DATE, literal::date).map(|date| Value::Int(date.0.into())),
            Scalar::Size => self.size(reading),
            Scalar::Version => self.version(),
            Scalar::Money(currency) => self.money(currency, reading),
            Scalar::Str { max } => self.string("a text", max).map(Value::Str),
            Scalar::Principal => self.principal(),
            Scalar::Enum(index) => self.member_of(index),
        }
    }

    fn boolean(&mut self) -> Result<Value, Fail> {
        match self.scan.peek() {
            Some(b't') => self.scan.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.scan.word("false").map(|()| Value::Bool(false)),
            _ => self.mismatch("a truth value"),
        }
    }

    fn int(&mut self) -> Result<i64, Fail> {
        match self.short(|short| (short.places == 0).then_some(short.value)) {
            Some(value) => Ok(value),
            None => self.number("an integer", literal::int),
        }
    }

    fn decimal(&mut self, expected: &str) -> Result<Dec, Fail> {
        match self.short(|short| Dec::from_parts(short.value.into(), i32::try_from(short.places).ok()?)) {
            Some(value) => Ok(value),
            None => self.number(expected, literal::decimal),
        }
    }

    /// A short whole number of a unit.
    fn whole_of(&mut self, unit: i64) -> Option<i64> {
        self.short(|short| short.value.checked_mul(unit).filter(|_| short.places == 0))
    }

    /// A short number that `read` takes; where it does not, nothing is skipped.
    #[inline(always)]
    fn short<T>(&mut self, read: impl FnOnce(Short) -> Option<T>) -> Option<T> {
        let at = self.scan.at;
        let value = self.scan.short_number().and_then(read);
        if value.is_none() {
            self.scan.at = at;
        }
        value
    }

    /// A JSON number, read by `read`.
    fn number<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, LiteralError>,
    ) -> Result<T, Fail> {
        if !self.at_number() {
            return self.mismatch(expected);
        }
        let at = self.scan.at;
        let number = self.scan.number()?;
        read(number).map_err(|error| Failure::literal(at, number, error))
    }

    fn at_number(&self) -> bool {
        matches!(self.scan.peek(), Some(b'-' | b'0'..=b'9'))
    }

    /// A text with a unit, read by `read`.
    fn unit_text<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, LiteralError>,
    ) -> Result<T, Fail> {
        let raw = self.raw(expected)?;
        let at = quote_of(raw);
        self.transient(raw, |text| read(text).map_err(|error| Failure::literal(at, text, error)))?
    }

    fn percent(&mut self, reading: Reading) -> Result<Value, Fail> {
        let value = match (self.at_number(), reading) {
            (false, _) => self.unit_text(PERCENT, literal::percent)?,
            (true, Reading::Percent) => self.decimal(PERCENT)?,
            (true, Reading::Fraction) => self.number(PERCENT, |text| literal::scaled(text, 2))?,
            (true, _) => return self.bare_number("a percentage", "%"),
        };
        Ok(Value::Dec(value))
    }

    fn points(&mut self, reading: Reading) -> Result<Value, Fail> {
        let value: Dec = match (self.at_number(), reading) {
            (false, _) => self.unit_text(POINTS, literal::points)?,
            (true, Reading::Points) => self.decimal(POINTS)?,
            (true, Reading::Fraction) => self.number(POINTS, |text| literal::scaled(text, 2))?,
            (true, _) => return self.bare_number("percentage points", "pp"),
        };
        Ok(Value::Dec(value))
    }

    fn duration(&mut self, reading: Reading) -> Result<Value, Fail> {
        let at = self.scan.at;
        let value = match (self.at_number(), reading.nanoseconds()) {
            (false, _) => self.unit_text(DURATION, literal::duration)?,
            (true, Some(unit)) => match self.whole_of(unit) {
                Some(value) => value,
                None => self.number(DURATION, |text| literal::duration_of(text, unit))?,
            },
            (true, None) => return self.bare_number("a duration", "s"),
        };
        if value < 0 {
            return Err(Failure::negative(at, "duration", &literal::format_duration(value)));
        }
        Ok(Value::Int(value))
    }

    fn size(&mut self, reading: Reading) -> Result<Value, Fail> {
        let at = self.scan.at;
        let value = match (self.at_number(), reading.bytes()) {
            (false, _) => self.unit_text(SIZE, literal::size)?,
            (true, Some(unit)) => match self.whole_of(unit) {
                Some(value) => value,
                None => self.number(SIZE, |text| literal::size_of(text, unit))?,
            },
            (true, None) => return self.bare_number("a size", "MB"),
        };
        if value < 0 {
            return Err(Failure::negative(at, "size", &literal::format_size(value)));
        }
        Ok(Value::Int(value))
    }

    fn money(&mut self, currency: Currency, reading: Reading) -> Result<Value, Fail> {
        let value = match (self.at_number(), reading) {
            (false, _) => self.unit_text(MONEY, |text| literal::money(text, currency))?,
            (true, Reading::Currency) => self.decimal(MONEY)?,
            (true, _) => return self.bare_number("an amount of money", &format!(" {currency}")),
        };
        Ok(Value::Dec(value))
    }

    /// Refuses a number whose unit nothing tells.
    fn bare_number<T>(&mut self, what: &str, unit: &str) -> Result<T, Fail> {
        let at = self.scan.at;
        let number = self.scan.number()?;
        Err(Failure::no_unit(at, what, number, unit))
    }

    /// A text between its quotes.
    #[inline(always)]
    fn raw(&mut self, expected: &str) -> Result<Raw<'a>, Fail> {
        if self.scan.peek() == Some(b'"') { self.scan.text() } else { self.mismatch(expected) }
    }

    /// A text that is kept.
    #[inline(always)]
    fn string(&mut self, expected: &str, max: u32) -> Result<StrRef, Fail> {
        let raw = self.raw(expected)?;
        self.keep(raw, max)
    }

    #[inline(always)]
    pub(super) fn keep(&mut self, raw: Raw<'a>, max: u32) -> Result<StrRef, Fail> {
        let text = if raw.escaped || self.space != Space::Body {
            self.copy(raw)?
        } else {
            str_ref(Space::Body, raw.start, raw.text.len())
        };
        if text.len > max {
            return Err(Failure::text_too_long(quote_of(raw), text.len as usize, max));
        }
        Ok(text)
    }

    /// A text without its escapes, outside the body.
    fn copy(&mut self, raw: Raw<'a>) -> Result<StrRef, Fail> {
        let start = self.scratch.len();
        json::unescape(raw, self.scratch)?;
        Ok(str_ref(Space::Scratch, start, self.scratch.len().saturating_sub(start)))
    }

    fn version(&mut self) -> Result<Value, Fail> {
        let raw = self.raw(VERSION)?;
        let at = quote_of(raw);
        self.transient(raw, |text| {
            literal::version(text).map(|_| ()).map_err(|error| Failure::literal(at, text, error))
        })??;
        self.keep(raw, limits::VERSION_BYTES_MAX).map(Value::Version)
    }

    fn principal(&mut self) -> Result<Value, Fail> {
        let at = self.scan.at;
        let text = self.string("a principal", limits::STRING_BYTES_DEFAULT)?;
        if text.len == 0 { Err(Failure::empty_principal(at)) } else { Ok(Value::Str(text)) }
    }

    fn member_of(&mut self, index: u16) -> Result<Value, Fail> {
        let of = self.program.enums.get(usize::from(index));
        let members = of.map(|of| of.members.as_slice()).unwrap_or_default();
        let raw = self.raw("the name of an enum's member")?;
        let at = quote_of(raw);
        self.transient(raw, |name| {
            let found = members.iter().position(|member| member == name);
            found.and_then(|found| i64::try_from(found).ok()).map(Value::Int).ok_or_else(|| {
                let help = suggest::help(name, members.iter().map(String::as_str));
                Failure::unknown_value(at, of.map_or("enum", |of| of.name.as_str()), name, help)
            })
        })?
    }

    /// What a node expects.
    pub(super) const fn expected(&self, node: &Node) -> &'static str {
        match node {
            Node::Record { .. } | Node::Map { .. } => "an object",
            Node::List { .. } => "a list",
            Node::Scalar { scalar, .. } => match scalar {
                Scalar::Bool => "a truth value",
                Scalar::Int => "an integer",
                Scalar::Decimal => "a number",
                Scalar::Percent => PERCENT,
                Scalar::Points => POINTS,
                Scalar::Duration => DURATION,
                Scalar::Instant => INSTANT,
                Scalar::Date => DATE,
                Scalar::Size => SIZE,
                Scalar::Money(_) => MONEY,
                Scalar::Version => VERSION,
                Scalar::Str { .. } => "a text",
                Scalar::Principal => "a principal",
                Scalar::Enum(_) => "the name of an enum's member",
            },
        }
    }
}

const PERCENT: &str = "a percentage such as `\"80%\"`";
const POINTS: &str = "percentage points such as `\"0.1pp\"`";
const DURATION: &str = "a duration such as `\"15m\"`";
const DATE: &str = "a date such as `\"2026-11-20\"`";
const SIZE: &str = "a size such as `\"512MB\"`";
const VERSION: &str = "a version such as `\"1.2.3\"`";
const MONEY: &str = "an amount of money such as `\"499.90 EUR\"`";
const INSTANT: &str = "an instant such as `\"2026-11-20T15:30:00+01:00\"`";

/// A reference to a text. Documents are far shorter than 32 bits can tell.
#[inline(always)]
fn str_ref(space: Space, start: usize, len: usize) -> StrRef {
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    StrRef { space, start: short(start), len: short(len) }
}
