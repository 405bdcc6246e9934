//! Money: an amount and its currency, `500 EUR`. One currency is never another, so each is a type of its own.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{LiteralError, number};
use crate::dec::Dec;

/// A currency, by the three capital letters of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency with a code; nothing where that is not three capital letters.
    pub fn from_code(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// Its code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let letters = <[u8; 3]>::deserialize(deserializer)?;
        let code = std::str::from_utf8(&letters).ok().and_then(Self::from_code);
        code.ok_or_else(|| de::Error::custom("a currency is not three capital letters"))
    }
}

/// An amount of a currency, such as `500 EUR` or `499.90 EUR`.
pub fn money(text: &str, currency: Currency) -> Result<Dec, LiteralError> {
    let (amount, code) = text.split_once(' ').ok_or(LiteralError::NotMoney)?;
    let plain = amount.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let found = Currency::from_code(code).filter(|_| plain).ok_or(LiteralError::NotMoney)?;
    let value = number::decimal(amount).map_err(|error| match error {
        LiteralError::NotANumber => LiteralError::NotMoney,
        other => other,
    })?;
    if found == currency { Ok(value) } else { Err(LiteralError::OtherCurrency) }
}

/// The spelling of an amount: whole, or with two places or more.
pub fn format_money(value: Dec, currency: Currency) -> String {
    let amount = value.to_string();
    match amount.split_once('.') {
        Some((_, places)) if places.len() < 2 => format!("{amount}0 {currency}"),
        _ => format!("{amount} {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, LiteralError, format_money, money};
    use crate::dec::Dec;

    fn eur() -> Currency {
        Currency::from_code("EUR").unwrap()
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(eur().code(), "EUR");
        for code in ["", "EU", "EURO", "eur", "EU1", "ÄB"] {
            assert_eq!(Currency::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn amounts_are_exact_and_read_back() {
        for (units, text) in [
            (500_000_000_000, "500 EUR"),
            (499_900_000_000, "499.90 EUR"),
            (-500_000_000, "-0.50 EUR"),
            (1, "0.000000001 EUR"),
            (0, "0 EUR"),
            (i128::MAX, "170141183460469231731687303715.884105727 EUR"),
        ] {
            let value = Dec::from_billionths(units);
            assert_eq!(format_money(value, eur()), text);
            assert_eq!(money(text, eur()), Ok(value));
        }
        assert_eq!(money("500.00 EUR", eur()), Ok(Dec::from_int(500)));
    }

    #[test]
    fn what_is_no_money_is_refused() {
        use LiteralError::*;
        for (text, error) in [
            ("500", NotMoney),
            ("EUR 500", NotMoney),
            ("500EUR", NotMoney),
            ("500  EUR", NotMoney),
            ("5e2 EUR", NotMoney),
            ("1,000 EUR", NotMoney),
            (" EUR", NotMoney),
            ("500 eur", NotMoney),
            ("500 USD", OtherCurrency),
            ("0.0000000001 EUR", TooManyPlaces),
            ("999999999999999999999999999999999 EUR", OutOfRange),
        ] {
            assert_eq!(money(text, eur()), Err(error), "{text}");
        }
    }
}
