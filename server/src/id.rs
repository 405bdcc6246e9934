//! Ids of decisions: `d-`, the log's id, and the decision's number in that log.
//!
//! An id carries its log, so that an id of another server is recognised instead of naming another decision here.

use std::fmt;

pub use holdpoint_isa::Hex;

const LOG_ID_BYTES: usize = 8;
/// Fewest digits of the number; longer numbers simply have more.
const DIGITS: usize = 12;

/// The identity of a log: 8 random bytes, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub(crate) [u8; LOG_ID_BYTES]);

impl LogId {
    /// A new identity.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LOG_ID_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn parse(digits: &str) -> Option<Self> {
        from_hex(digits).map(Self)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// The id of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId {
    /// The log that keeps it.
    pub log: LogId,
    /// Its number there, from 1.
    pub sequence: u64,
}

impl DecisionId {
    /// The id that a text spells; every id has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let (log, digits) = text.strip_prefix("d-")?.split_once('-')?;
        let canonical = digits.len() >= DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits.len() == DIGITS || !digits.starts_with('0'));
        let sequence = digits.parse().ok().filter(|sequence| *sequence > 0)?;
        if canonical { Some(Self { log: LogId::parse(log)?, sequence }) } else { None }
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d-{}-{:0width$}", self.log, self.sequence, width = DIGITS)
    }
}

/// The bytes that hexadecimal digits in lower case spell.
pub(crate) fn from_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != N.saturating_mul(2) || !digits.bytes().all(is_hex) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether a byte is a hexadecimal digit as this program writes them, in lower case.
pub(crate) fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::{DecisionId, LogId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_is_written(bytes: [u8; 8], sequence in 1u64..) {
            let id = DecisionId { log: LogId(bytes), sequence };
            prop_assert_eq!(DecisionId::parse(&id.to_string()), Some(id));
        }

        #[test]
        fn what_is_read_has_no_other_spelling(text in "d-[0-9a-f]{16}-[0-9]{10,21}|\\PC{0,40}") {
            if let Some(id) = DecisionId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_id_looks_like_this() {
        let id = DecisionId { log: LogId([0, 1, 2, 3, 4, 5, 6, 255]), sequence: 42 };
        assert_eq!(id.to_string(), "d-00010203040506ff-000000000042");
        assert_eq!(DecisionId::parse("d-00010203040506FF-000000000042"), None);
        assert_eq!(DecisionId::parse("d-00010203040506ff-000000000000"), None);
        assert_eq!(DecisionId::parse("d-00010203040506ff-+00000000042"), None);
    }
}
