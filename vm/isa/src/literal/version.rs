//! Versions by Semantic Versioning 2.0.0: `1.2.3`, `1.2.3-rc.1+build.5`.
//!
//! Numbers have any length and are compared as they are written, so that none is too large to be compared. A version is
//! kept as its text; build metadata stays in it and never counts.

use std::cmp::Ordering;

use super::LiteralError;

/// A version taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<'t> {
    major: &'t str,
    minor: &'t str,
    patch: &'t str,
    /// Identifiers with points between them; nothing for a release.
    prerelease: Option<&'t str>,
}

/// Takes a version apart.
pub fn version(text: &str) -> Result<Version<'_>, LiteralError> {
    parse(text).ok_or(LiteralError::NotAVersion)
}

fn parse(text: &str) -> Option<Version<'_>> {
    let (rest, build) = match text.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (text, None),
    };
    let (core, prerelease) = match rest.split_once('-') {
        Some((core, prerelease)) => (core, Some(prerelease)),
        None => (rest, None),
    };
    let mut numbers = core.split('.');
    let (major, minor, patch) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let whole = numbers.next().is_none() && [major, minor, patch].into_iter().all(is_number);
    let prerelease_fits = prerelease
        .is_none_or(|list| list.split('.').all(|id| is_identifier(id) && (!is_digits(id) || is_number(id))));
    let build_fits = build.is_none_or(|list| list.split('.').all(is_identifier));
    (whole && prerelease_fits && build_fits).then_some(Version { major, minor, patch, prerelease })
}

impl Version<'_> {
    /// The first number, where it fits 64 bits.
    pub fn major(&self) -> Option<i64> {
        self.major.parse().ok()
    }

    /// The second number, where it fits 64 bits.
    pub fn minor(&self) -> Option<i64> {
        self.minor.parse().ok()
    }

    /// The third number, where it fits 64 bits.
    pub fn patch(&self) -> Option<i64> {
        self.patch.parse().ok()
    }

    /// Which of two versions comes first by clause 11 of the standard; those that differ only in build metadata are
    /// equal.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let numbers = [(self.major, other.major), (self.minor, other.minor), (self.patch, other.patch)];
        let core = numbers.into_iter().map(|(a, b)| by_number(a, b));
        core.fold(Ordering::Equal, Ordering::then).then_with(|| match (self.prerelease, other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => by_identifiers(a, b),
        })
    }
}

/// Identifiers in turn; where one list ends first, it comes first.
fn by_identifiers(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (is_digits(a), is_digits(b)) {
                (true, true) => by_number(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Two numbers without leading noughts: the one with more digits is greater.
fn by_number(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn is_number(text: &str) -> bool {
    is_digits(text) && (text.len() == 1 || !text.starts_with('0'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{LiteralError, version};

    /// The chain of clause 11 of the standard, and what lies around it.
    const ASCENDING: &[&str] = &[
        "0.0.0-0",
        "0.0.0",
        "0.9.99",
        "0.10.0",
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0--",
        "1.0.0-A",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "9.0.0",
        "10.0.0",
        "99999999999999999999999.0.0",
        "100000000000000000000000.0.0",
    ];

    #[test]
    fn precedence_is_total() {
        for (i, a) in ASCENDING.iter().enumerate() {
            for (j, b) in ASCENDING.iter().enumerate() {
                let (left, right) = (version(a).unwrap(), version(b).unwrap());
                assert_eq!(left.precedence(&right), i.cmp(&j), "{a} {b}");
            }
        }
        let (a, b) = (version("1.2.3-rc.1+a").unwrap(), version("1.2.3-rc.1+b.01").unwrap());
        assert_eq!(a.precedence(&b), Ordering::Equal);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "v1.2.3",
            "01.2.3",
            "1.02.3",
            "1.2.03",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3+a..b",
            "1.2.3+a+b",
            "1.2.3-a_b",
            "1.2.3-ä",
            " 1.2.3",
            "1.2.3\n",
            "-1.2.3",
            "1.2.x",
        ] {
            assert_eq!(version(text), Err(LiteralError::NotAVersion), "{text:?}");
        }
        for text in ["1.2.3-0a", "1.2.3-0-1", "1.2.3+001", "1.2.3----", "1.2.3-a+b-c.d"] {
            assert!(version(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn numbers_that_fit_are_given() {
        let found = version("1.22.9223372036854775808-rc.1").unwrap();
        assert_eq!((found.major(), found.minor(), found.patch()), (Some(1), Some(22), None));
    }
}
