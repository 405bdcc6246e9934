//! The W3C trace context that a request came with.

use axum::http::HeaderMap;

use crate::id::is_hex;

/// `00-<32 digits>-<16 digits>-<2 digits>`.
const LENGTH: usize = 55;

/// The `traceparent` of a request, in the form of version 00; `None` where it was not sent or is not valid, which by
/// the recommendation starts a new trace and is no error.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let (known, later) = text.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let mut hex =
        |digits: usize| parts.next().filter(|part| part.len() == digits && part.bytes().all(is_hex));
    let (version, trace, parent, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let zero = |digits: &str| digits.bytes().all(|digit| digit == b'0');
    let whole = parts.next().is_none() && (later.is_empty() || (version != "00" && later.starts_with('-')));
    if whole && version != "ff" && !zero(trace) && !zero(parent) { Some(known) } else { None }
}

#[cfg(test)]
mod tests {
    use super::traceparent;
    use axum::http::HeaderMap;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_a_valid_traceparent_is_kept() {
        let kept = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            traceparent(&headers).map(str::to_owned)
        };
        assert_eq!(kept(GOOD).as_deref(), Some(GOOD));
        let later = GOOD.replacen("00", "cc", 1);
        assert_eq!(kept(&format!("{later}-more")), Some(later));
        for bad in [
            "",
            "00",
            &format!("{GOOD}-later"),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.to_uppercase(),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace('-', "_"),
        ] {
            assert_eq!(kept(bad), None, "{bad}");
        }
        assert_eq!(traceparent(&HeaderMap::new()), None);
    }
}
