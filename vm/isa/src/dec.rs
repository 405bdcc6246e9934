//! Exact decimals: an integer count of billionths in 128 bits.
//!
//! Decimals carry `decimal`, `percent` (80 % is 80) and `points` (0.1 pp is 0.1). Every operation is checked; there
//! is no rounding but in multiplication and division, which round half to even at the ninth place
//! (rule `type.decimal.rounding`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Billionths in one.
const SCALE: i128 = 1_000_000_000;
/// Digits after the point.
const PLACES: u32 = 9;

/// An exact decimal with nine digits after the point.
///
/// Packed to eight bytes so that a machine value needs no padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(Rust, packed(8))]
pub struct Dec(i128);

impl Dec {
    /// Nought.
    pub const ZERO: Self = Self(0);
    /// One hundred, the whole of a percentage.
    pub const HUNDRED: Self = Self(100 * SCALE);

    /// The decimal of so many billionths.
    pub const fn from_billionths(units: i128) -> Self {
        Self(units)
    }

    /// How many billionths this is.
    pub const fn billionths(self) -> i128 {
        self.0
    }

    /// The decimal equal to an integer; every 64-bit integer fits.
    pub const fn from_int(value: i64) -> Self {
        Self((value as i128).saturating_mul(SCALE))
    }

    /// `mantissa × 10^-places`, exact, or `None` where it needs more than nine places or 128 bits.
    pub fn from_parts(mantissa: i128, places: i32) -> Option<Self> {
        let shift = i32::try_from(PLACES).ok()?.checked_sub(places)?;
        let ten_to = |power: i32| 10i128.checked_pow(u32::try_from(power).ok()?);
        if mantissa == 0 {
            return Some(Self::ZERO);
        }
        if shift >= 0 {
            return mantissa.checked_mul(ten_to(shift)?).map(Self);
        }
        let divisor = ten_to(shift.checked_neg()?)?;
        let exact = mantissa.checked_rem(divisor)? == 0;
        if exact { mantissa.checked_div(divisor).map(Self) } else { None }
    }

    /// The sum, or `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (a, b) = (self.0, other.0);
        a.checked_add(b).map(Self)
    }

    /// The difference, or `None` on overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (a, b) = (self.0, other.0);
        a.checked_sub(b).map(Self)
    }

    /// The opposite, or `None` on overflow.
    pub fn checked_neg(self) -> Option<Self> {
        let a = self.0;
        a.checked_neg().map(Self)
    }

    /// The product rounded half to even, or `None` on overflow.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let (a, b) = (self.0, other.0);
        mul_div(a, b, SCALE).map(Self)
    }

    /// The quotient rounded half to even; `None` on overflow or where `other` is nought.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let (a, b) = (self.0, other.0);
        mul_div(a, SCALE, b).map(Self)
    }

    /// `self` percent of `other`: `self × other ÷ 100`, rounded half to even.
    pub fn checked_percent_of(self, other: Self) -> Option<Self> {
        let (a, b) = (self.0, other.0);
        mul_div(a, b, SCALE.checked_mul(100)?).map(Self)
    }

    /// This decimal times an integer count, rounded half to even to an integer.
    pub fn scale_int(self, count: i64) -> Option<i64> {
        mul_div(self.0, i128::from(count), SCALE).and_then(|v| i64::try_from(v).ok())
    }

    /// So many percent of an integer count, rounded half to even to an integer.
    pub fn percent_of_int(self, count: i64) -> Option<i64> {
        mul_div(self.0, i128::from(count), SCALE.checked_mul(100)?).and_then(|v| i64::try_from(v).ok())
    }

    /// Whether this is nought.
    pub fn is_zero(self) -> bool {
        let a = self.0;
        a == 0
    }
}

/// `a × b ÷ c` rounded half to even, or `None` where that does not fit 128 bits or `c` is nought.
fn mul_div(a: i128, b: i128, c: i128) -> Option<i128> {
    let Some(product) = a.checked_mul(b) else { return mul_div_wide(a, b, c) };
    let quotient = product.checked_div(c)?;
    let rest = product.checked_rem(c)?;
    let twice = rest.unsigned_abs().checked_mul(2)?;
    let away = match twice.cmp(&c.unsigned_abs()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient & 1 == 1,
        std::cmp::Ordering::Greater => true,
    };
    let step = if (product < 0) == (c < 0) { 1 } else { -1 };
    if away { quotient.checked_add(step) } else { Some(quotient) }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// [`mul_div`] where the product needs up to 256 bits: magnitudes first, the sign at the end.
fn mul_div_wide(a: i128, b: i128, c: i128) -> Option<i128> {
    let divisor = c.unsigned_abs();
    let (mut high, mut low) = widening_mul(a.unsigned_abs(), b.unsigned_abs());
    if divisor == 0 || high >= divisor {
        return None;
    }
    // Long division, a bit at a time: `high` is the rest and stays below the divisor, the quotient fills `low`.
    for _ in 0..u128::BITS {
        let carry = high >> 127;
        high = high.wrapping_shl(1) | (low >> 127);
        low = low.wrapping_shl(1);
        if carry == 1 || high >= divisor {
            high = high.wrapping_sub(divisor);
            low |= 1;
        }
    }
    let half = divisor.wrapping_sub(high).cmp(&high);
    let away = half == std::cmp::Ordering::Less || (half == std::cmp::Ordering::Equal && low & 1 == 1);
    let magnitude = if away { low.checked_add(1)? } else { low };
    let negative = (a < 0) ^ (b < 0) ^ (c < 0);
    let value = i128::try_from(magnitude).ok()?;
    if negative { value.checked_neg() } else { Some(value) }
}

/// The 256 bits of a product, the upper half first.
fn widening_mul(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a0.wrapping_mul(b0);
    let mid = a1.wrapping_mul(b0).wrapping_add(low >> 64);
    let mid2 = a0.wrapping_mul(b1).wrapping_add(mid & LOW);
    let high = a1.wrapping_mul(b1).wrapping_add(mid >> 64).wrapping_add(mid2 >> 64);
    (high, (mid2 << 64) | (low & LOW))
}

/// The shortest exact spelling: no exponent, no trailing noughts, no point for whole numbers.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0;
        let magnitude = units.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let whole = magnitude.checked_div(scale).unwrap_or_default();
        let fraction = magnitude.checked_rem(scale).unwrap_or_default();
        let sign = if units < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{fraction:09}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl Serialize for Dec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i128(self.0)
    }
}

impl<'de> Deserialize<'de> for Dec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i128::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Dec;

    fn dec(mantissa: i128, places: i32) -> Dec {
        Dec::from_parts(mantissa, places).unwrap()
    }

    #[test]
    fn spelling_is_the_shortest_exact_one() {
        for (value, text) in [
            (dec(0, 0), "0"),
            (dec(80, 0), "80"),
            (dec(-5, 1), "-0.5"),
            (dec(123_456_789, 9), "0.123456789"),
            (dec(100, -2), "10000"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn a_tenth_place_is_refused_and_never_rounded_away() {
        assert_eq!(Dec::from_parts(1, 10), None);
        assert_eq!(Dec::from_parts(10, 10), Some(dec(1, 9)));
        assert_eq!(Dec::from_parts(1, -40), None);
    }

    #[test]
    fn products_and_quotients_round_half_to_even() {
        let billionth = Dec::from_billionths(1);
        assert_eq!(billionth.checked_mul(dec(5, 1)), Some(Dec::ZERO));
        assert_eq!(Dec::from_billionths(3).checked_mul(dec(5, 1)), Some(Dec::from_billionths(2)));
        assert_eq!(Dec::from_billionths(-3).checked_mul(dec(5, 1)), Some(Dec::from_billionths(-2)));
        assert_eq!(dec(1, 0).checked_div(dec(3, 0)), Some(dec(333_333_333, 9)));
        assert_eq!(dec(2, 0).checked_div(dec(-3, 0)), Some(dec(-666_666_667, 9)));
        assert_eq!(dec(1, 0).checked_div(Dec::ZERO), None);
    }

    #[test]
    fn wide_products_are_exact() {
        assert_eq!(dec(100_000_000_000, 0).checked_mul(dec(10_000_000_000, 0)), Some(dec(1, -21)));
        assert_eq!(dec(-1, -21).checked_div(dec(3, -11)), Some(dec(-3_333_333_333_333_333_333, 9)));
        assert_eq!(dec(1, -20).checked_mul(dec(1, -20)), None);
        // The same by both ways, where both can be gone.
        for (a, b, c) in [(7, 5, 2), (-7, 5, 2), (7, 3, 2), (9, -5, 6), (1, 1, 3), (5, 5, -10)] {
            assert_eq!(super::mul_div_wide(a, b, c), super::mul_div(a, b, c), "{a} * {b} / {c}");
        }
    }

    #[test]
    fn percent_of_percent_is_a_percent() {
        assert_eq!(dec(50, 0).checked_percent_of(dec(50, 0)), Some(dec(25, 0)));
    }

    #[test]
    fn overflow_is_none() {
        let huge = Dec::from_billionths(i128::MAX);
        assert_eq!(huge.checked_add(Dec::from_billionths(1)), None);
        assert_eq!(huge.checked_mul(dec(2, 0)), None);
        assert_eq!(Dec::from_billionths(i128::MIN).checked_neg(), None);
        assert_eq!(Dec::from_int(i64::MAX).scale_int(2), None);
    }
}
