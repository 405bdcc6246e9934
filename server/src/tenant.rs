//! Tenants: whose a token, a decision or an event is.
//!
//! A tenant is spelt `ORGANISATION/TEAM/SERVICE`. A part may be `*`, which is all, and so is what is left out at the
//! end: `*` is the whole server, `acme` an organisation, `acme/payments` a team of it, `acme/payments/checkout-*` its
//! services with such names. A token is bound to a tenant; a record belongs to the organisation and the team of the
//! token that it was asked for with, and to the service that it is about.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::log::Origin;

/// Longest part of a tenant, in bytes.
const PART_BYTES_MAX: usize = 64;

/// A tenant; what is `None` is all of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant {
    organisation: Option<String>,
    team: Option<String>,
    /// A pattern in which `*` stands for any text.
    service: Option<String>,
}

/// Why a text is no tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTenant;

impl fmt::Display for NoTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a tenant is `*`, `ORGANISATION`, `ORGANISATION/TEAM` or `ORGANISATION/TEAM/SERVICE`, each part `*` or up to \
             {PART_BYTES_MAX} letters, digits, `.`, `_` and `-`; within SERVICE, `*` stands for any text"
        )
    }
}

impl Tenant {
    /// The organisation, if it is one.
    pub fn organisation(&self) -> Option<&str> {
        self.organisation.as_deref()
    }

    /// The team, if it is one.
    pub fn team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// The pattern of the services, if not all are meant.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Whether it is the whole server.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a record belongs to it.
    pub fn owns(&self, origin: &Origin<'_>) -> bool {
        let organisation = origin.tenant.split('/').next().unwrap_or_default();
        is(&self.organisation, organisation)
            && is(&self.team, origin.team)
            && self.has_service(origin.service)
    }

    /// Whether a service is among its services.
    pub fn has_service(&self, name: &str) -> bool {
        self.service.as_deref().is_none_or(|pattern| !name.is_empty() && matches(pattern, name))
    }

    /// Whether all that belongs to the other belongs to it.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |own: &Option<String>, other: &Option<String>| own.is_none() || own == other;
        // A `*` of the other is matched as text, by a `*` of this one only, which then takes whatever that stands for.
        let services = match (&self.service, &other.service) {
            (None, _) => true,
            (Some(own), Some(other)) => matches(own, other),
            (Some(_), None) => false,
        };
        within(&self.organisation, &other.organisation) && within(&self.team, &other.team) && services
    }
}

fn is(own: &Option<String>, name: &str) -> bool {
    own.as_deref().is_none_or(|own| own == name)
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

impl FromStr for Tenant {
    type Err = NoTenant;

    fn from_str(text: &str) -> Result<Self, NoTenant> {
        let mut parts = text.split('/');
        let mut part = |wild: bool| match parts.next() {
            None | Some("*") => Ok(None),
            Some(part) => {
                let plain = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c) || (wild && c == b'*');
                let fits = (1..=PART_BYTES_MAX).contains(&part.len()) && part.bytes().all(plain);
                fits.then(|| Some(part.to_owned())).ok_or(NoTenant)
            }
        };
        let tenant = Self { organisation: part(false)?, team: part(false)?, service: part(true)? };
        if parts.next().is_none() { Ok(tenant) } else { Err(NoTenant) }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        f.write_str(&part(&self.organisation))?;
        if self.team.is_some() || self.service.is_some() {
            write!(f, "/{}", part(&self.team))?;
        }
        self.service.as_ref().map_or(Ok(()), |service| write!(f, "/{service}"))
    }
}

impl Serialize for Tenant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Tenant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tenant, matches};
    use crate::log::Origin;
    use proptest::prelude::*;

    fn tenant(text: &str) -> Tenant {
        text.parse().unwrap()
    }

    #[test]
    fn a_tenant_has_one_spelling() {
        for (text, canonical) in [
            ("*", "*"),
            ("*/*/*", "*"),
            ("acme/*", "acme"),
            ("a/t", "a/t"),
            ("*/*/s-*", "*/*/s-*"),
            ("a/t/*", "a/t"),
        ] {
            assert_eq!(tenant(text).to_string(), canonical);
            assert_eq!(tenant(canonical), tenant(text));
        }
        for bad in ["", "/", "a/", "a//s", "a/t/s/x", "a*", "a/t*", "a b", "ä", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<Tenant>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_record_belongs_to_those_whose_parts_all_fit() {
        let origin = Origin {
            tenant: "acme/payments",
            team: "payments",
            service: "checkout-api",
            ..Origin::default()
        };
        for own in ["*", "acme", "acme/payments", "*/payments", "acme/payments/checkout-*", "*/*/*-api"] {
            assert!(tenant(own).owns(&origin), "{own}");
        }
        for other in ["acm", "acme2", "acme/pay", "acme/search", "acme/payments/checkout", "*/*/*-apis"] {
            assert!(!tenant(other).owns(&origin), "{other}");
        }
        let nobody = Origin { tenant: "*", ..Origin::default() };
        assert!(
            tenant("*").owns(&nobody) && !tenant("acme").owns(&nobody) && !tenant("*/*/*x").owns(&nobody)
        );
    }

    #[test]
    fn a_pattern_fits_as_its_stars_say() {
        for (pattern, text, fits) in [
            ("a*", "a", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*", "abc", true),
            ("a**c", "abc", true),
            ("abc", "abcd", false),
            ("a*b*c", "a-b-bc", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_covered_is_owned(own in "[ab*]{1,4}", other in "[ab*]{1,4}", name in "[ab]{1,6}") {
            let (own, other) = (tenant(&format!("*/*/{own}")), tenant(&format!("*/*/{other}")));
            if own.covers(&other) && other.has_service(&name) {
                prop_assert!(own.has_service(&name));
            }
        }
    }
}
