//! Keys by which a client asks again without getting a second decision (the header `Idempotency-Key`).
//!
//! That a key never has two decisions is the log's promise, kept where decisions are committed. What is here only
//! reads keys, and answers early where the first request with a key is still under way.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;

use crate::error::{Problem, ProblemKind};

/// The header.
const HEADER: &str = "idempotency-key";
/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The key that a request came with: visible ASCII, bare or as the quoted string of the draft standard.
///
/// # Errors
/// Where there are two, or it is no key.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let wrong = |why: &str| {
        let help = format!("send one key of 1 to {KEY_BYTES_MAX} visible ASCII characters, such as a UUID");
        Problem::new(ProblemKind::InvalidKey, why).with_help(help)
    };
    if values.next().is_some() {
        return Err(wrong("there are two idempotency keys"));
    }
    let text = value.to_str().map_err(|_| wrong("the idempotency key is not ASCII"))?.trim();
    let key = match text.strip_prefix('"') {
        Some(quoted) => {
            unquote(quoted).ok_or_else(|| wrong("the quotes of the idempotency key do not match"))?
        }
        None => text.to_owned(),
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !visible {
        return Err(wrong("the idempotency key is empty, too long, or has spaces in it"));
    }
    Ok(Some(key))
}

/// What stands behind an opening quote.
fn unquote(text: &str) -> Option<String> {
    let mut key = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(key),
            '\\' => key.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            other => key.push(other),
        }
    }
}

/// The keys of requests that are being decided, each with its tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flights(Arc<Mutex<BTreeSet<(String, String)>>>);

/// A request under way; it is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Flight {
    flights: Flights,
    key: (String, String),
}

impl Flights {
    /// Begins a request, unless one with this key is under way.
    pub(crate) fn begin(&self, tenant: &str, key: &str) -> Option<Flight> {
        let key = (tenant.to_owned(), key.to_owned());
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.insert(key.clone()).then(|| Flight { flights: self.clone(), key })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::{Flights, key};
    use axum::http::{HeaderMap, HeaderValue};

    fn read(values: &[&[u8]]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("Idempotency-Key", HeaderValue::from_bytes(value).unwrap());
        }
        key(&headers).map_err(drop)
    }

    #[test]
    fn a_key_is_read_bare_and_quoted() {
        let key = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b"8e03978e-40d5"]), key("8e03978e-40d5"));
        assert_eq!(read(&[b" \"8e03978e-40d5\" "]), key("8e03978e-40d5"));
        assert_eq!(read(&[br#""a\"\\b""#]), key(r#"a"\b"#));
        assert_eq!(read(&[&[b'x'; 255]]), key(&"x".repeat(255)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in
            [&b""[..], b"\"\"", b"\"a", b"\"a\"b", b"a b", b"\"a b\"", b"\"a\\b\"", b"\xc3\xa4", &[b'x'; 256]]
        {
            assert_eq!(read(&[bad]), Err(()), "{bad:?}");
        }
        assert_eq!(read(&[b"a", b"a"]), Err(()));
    }

    #[test]
    fn a_key_is_under_way_once() {
        let flights = Flights::default();
        let first = flights.begin("a", "k");
        assert!(first.is_some() && flights.begin("a", "k").is_none() && flights.begin("b", "k").is_some());
        drop(first);
        assert!(flights.begin("a", "k").is_some());
    }
}
