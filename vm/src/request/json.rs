//! The tokens of JSON, by RFC 8259 to the letter.
//!
//! A scanner is a position in a text; it knows neither layouts nor values. It walks bytes, and stops only at ASCII
//! ones, so that every range it gives lies between code points.

use holdpoint_isa::limits::REQUEST_DEPTH_MAX;

use super::error::{Fail, Failure};

/// A position in a text.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// The byte that comes next.
    pub(super) at: usize,
}

/// A text between its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    /// As it was written.
    pub(super) text: &'a str,
    /// Where it starts, behind the quote.
    pub(super) start: usize,
    /// Whether it has escapes.
    pub(super) escaped: bool,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte.
    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips the next byte.
    #[inline(always)]
    pub(super) fn bump(&mut self) {
        // A position in a text of at most 256 KiB.
        self.at = self.at.wrapping_add(1);
    }

    /// Skips white space.
    #[inline(always)]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.bump();
        }
    }

    /// Skips white space and the byte if it comes next.
    #[inline(always)]
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        if found {
            self.bump();
        }
        found
    }

    /// Fails for what comes next.
    #[cold]
    pub(super) fn fail<T>(&self, expected: &str) -> Result<T, Fail> {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        Err(Failure::bad_json(self.at, expected, found))
    }

    /// Skips an opening bracket at a depth; the outermost one is at 1.
    pub(super) fn open(&mut self, depth: u32) -> Result<(), Fail> {
        if depth > REQUEST_DEPTH_MAX {
            return Err(Failure::too_deep(self.at));
        }
        self.bump();
        Ok(())
    }

    /// Skips a comma or the closing bracket, and says whether it was a comma.
    #[inline(always)]
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Fail> {
        if self.skip(b',') {
            return Ok(true);
        }
        if self.skip(close) {
            return Ok(false);
        }
        self.fail(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })
    }

    /// The name of a member, its colon, and the white space around.
    pub(super) fn key(&mut self) -> Result<Raw<'a>, Fail> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.fail("the name of a member in quotes");
        }
        let key = self.text()?;
        if !self.skip(b':') {
            return self.fail("`:`");
        }
        self.space();
        Ok(key)
    }

    /// Skips the name of a member and its colon if they come next, in the spelling that most senders choose: no escapes,
    /// no white space.
    #[inline(always)]
    pub(super) fn skip_key(&mut self, name: &str) -> bool {
        let bytes = self.text.as_bytes();
        let start = self.at.wrapping_add(1);
        if self.peek() != Some(b'"') {
            return false;
        }
        let end = plain_end(bytes, start);
        let found = bytes.get(start..end) == Some(name.as_bytes())
            && bytes.get(end..).is_some_and(|behind| behind.starts_with(b"\":"));
        if found {
            self.at = end.wrapping_add(2);
            self.space();
        }
        found
    }

    /// A number of few digits and without an exponent, if one comes next; otherwise nothing is skipped.
    #[inline]
    pub(super) fn short_number(&mut self) -> Option<Short> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let (negative, digits) = rest.strip_prefix(b"-").map_or((false, rest), |digits| (true, digits));
        let (whole, behind) = short_digits(digits, 0)?;
        if whole.count > 1 && digits.first() == Some(&b'0') {
            return None;
        }
        let (all, behind) = match behind.strip_prefix(b".") {
            None => (Digits { count: 0, ..whole }, behind),
            Some(fraction) => {
                let (all, behind) = short_digits(fraction, whole.value)?;
                (all, behind)
            }
        };
        if whole.count.saturating_add(all.count) > SHORT_DIGITS_MAX
            || matches!(behind.first(), Some(b'e' | b'E'))
        {
            return None;
        }
        let value = if negative { all.value.checked_neg()? } else { all.value };
        self.at = self.text.len().saturating_sub(behind.len());
        Some(Short { value, places: all.count })
    }

    /// A text; its opening quote comes next. Its escapes are not looked at.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Raw<'a>, Fail> {
        self.bump();
        let start = self.at;
        self.at = plain_end(self.text.as_bytes(), start);
        let escaped = self.peek() != Some(b'"');
        if escaped {
            self.behind_escapes()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.bump();
        Ok(Raw { text, start, escaped })
    }

    /// Goes on to the quote that ends a text, over escapes.
    fn behind_escapes(&mut self) -> Result<(), Fail> {
        loop {
            match self.peek() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    self.bump();
                    self.bump();
                }
                Some(control) => return Err(Failure::control_character(self.at, char::from(control))),
                None => return self.fail("`\"`"),
            }
            self.at = plain_end(self.text.as_bytes(), self.at);
        }
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<&'a str, Fail> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.bump();
        }
        if self.peek() == Some(b'0') {
            self.bump();
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.bump();
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.bump();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.bump();
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// One or more digits.
    fn digits(&mut self) -> Result<(), Fail> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fail("a digit");
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.bump();
        }
        Ok(())
    }

    /// The word `true`, `false` or `null`; its first letter comes next.
    pub(super) fn word(&mut self, word: &str) -> Result<(), Fail> {
        let end = self.at.saturating_add(word.len());
        if self.text.as_bytes().get(self.at..end) != Some(word.as_bytes()) {
            return self.fail("a value");
        }
        self.at = end;
        Ok(())
    }

    /// Nothing but white space to the end.
    pub(super) fn end(&mut self) -> Result<(), Fail> {
        self.space();
        if self.at < self.text.len() { self.fail("the end") } else { Ok(()) }
    }

    /// Reads a value of any shape and keeps nothing of it.
    fn any(&mut self, depth: u32, scratch: &mut String) -> Result<(), Fail> {
        self.space();
        match self.peek() {
            Some(b'{') => self.any_object(depth, scratch),
            Some(b'[') => self.any_list(depth, scratch),
            Some(b'"') => self.text().and_then(|raw| unescape(raw, scratch)),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => self.fail("a value"),
        }
    }

    fn any_object(&mut self, depth: u32, scratch: &mut String) -> Result<(), Fail> {
        self.open(depth)?;
        let mut more = !self.skip(b'}');
        while more {
            let key = self.key()?;
            unescape(key, scratch)?;
            self.any(depth.saturating_add(1), scratch)?;
            more = self.more(b'}')?;
        }
        Ok(())
    }

    fn any_list(&mut self, depth: u32, scratch: &mut String) -> Result<(), Fail> {
        self.open(depth)?;
        let mut more = !self.skip(b']');
        while more {
            self.any(depth.saturating_add(1), scratch)?;
            more = self.more(b']')?;
        }
        Ok(())
    }
}

/// Whether a text is JSON at all, not nested too deep.
pub(super) fn check(text: &str) -> Result<(), Fail> {
    let mut scan = Scanner::new(text);
    scan.any(1, &mut String::new())?;
    scan.end()
}

/// Appends a text without its escapes.
pub(super) fn unescape(raw: Raw<'_>, out: &mut String) -> Result<(), Fail> {
    let mut rest = raw.text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let at = raw.start.saturating_add(raw.text.len()).saturating_sub(escape.len()).saturating_sub(1);
        let (c, after) = one_escape(escape, at)?;
        out.push(c);
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

/// The character that an escape stands for, its backslash gone, and what follows.
fn one_escape(escape: &str, at: usize) -> Result<(char, &str), Fail> {
    let mut chars = escape.chars();
    let c = match chars.next() {
        Some(c @ ('"' | '\\' | '/')) => c,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return code_point(chars.as_str(), at),
        _ => return Err(Failure::bad_escape(at)),
    };
    Ok((c, chars.as_str()))
}

/// The character of one `\u` escape or of two that are a surrogate pair.
fn code_point(digits: &str, at: usize) -> Result<(char, &str), Fail> {
    let (first, rest) = hex4(digits).ok_or_else(|| Failure::bad_escape(at))?;
    if let Some(c) = char::from_u32(first) {
        return Ok((c, rest));
    }
    let second = rest.strip_prefix("\\u").ok_or_else(|| Failure::lone_surrogate(at))?;
    let (second, rest) = hex4(second).ok_or_else(|| Failure::bad_escape(at))?;
    let pair = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => Ok((c, rest)),
        _ => Err(Failure::lone_surrogate(at)),
    }
}

/// Four hex digits and what follows.
fn hex4(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = all_hex.then(|| u32::from_str_radix(digits, 16).ok())??;
    Some((value, rest))
}

/// Every byte of a word one.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte of a word.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Most digits of a number that is read the short way; they always fit 64 bits.
const SHORT_DIGITS_MAX: u32 = 18;

/// A number as written: `value × 10^-places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    /// All its digits.
    pub(super) value: i64,
    /// How many of them stand behind the point.
    pub(super) places: u32,
}

/// Digits in a row, behind others.
struct Digits {
    value: i64,
    count: u32,
}

/// One or more digits, read behind a value, and what follows; nothing where they are too many.
#[inline(always)]
fn short_digits(text: &[u8], before: i64) -> Option<(Digits, &[u8])> {
    let mut digits = Digits { value: before, count: 0 };
    let mut rest = text;
    while let Some((byte @ b'0'..=b'9', behind)) = rest.split_first() {
        digits.value = digits.value.checked_mul(10)?.checked_add(i64::from(byte & 0x0f))?;
        digits.count = digits.count.saturating_add(1);
        rest = behind;
    }
    (digits.count > 0).then_some((digits, rest))
}

/// The first byte from `at` on that is a quote, a backslash or a control character; eight bytes at a time.
#[inline(always)]
fn plain_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = special(u64::from_le_bytes(*chunk));
        if found != 0 {
            let byte = usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
            return at.wrapping_add(byte);
        }
        at = at.wrapping_add(8);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
    at.saturating_add(found.unwrap_or(rest.len()))
}

/// Marks the high bit of bytes that end plain text. The lowest mark is exact; a borrow can falsify only those above.
const fn special(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word;
    let quote = word ^ ONES.wrapping_mul(b'"' as u64);
    let slash = word ^ ONES.wrapping_mul(b'\\' as u64);
    (control | quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash) & HIGH
}
