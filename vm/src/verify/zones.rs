//! The time zones of a module: just those that it names, each as its database has it (rule `window.database`).

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::limits::ZONE_BYTES_MAX;
use holdpoint_isa::ops::{Konst, Op};
use holdpoint_isa::program::{Const, Program};

use super::{LoadError, invalid};
use crate::window::{PreparedWindow, PreparedZone, TZDB_VERSION, UnknownZone, Zones, bundled_zone};

/// What a module needs to tell the time.
pub(super) struct Times {
    /// Its windows.
    pub(super) windows: Vec<PreparedWindow>,
    /// The time zones that operations name, by the index of the constant.
    pub(super) zones: BTreeMap<u16, PreparedZone>,
}

impl Times {
    /// Makes ready the windows and time zones of a module.
    pub(super) fn of(program: &Program) -> Result<Self, LoadError> {
        let missing = |error: UnknownZone| LoadError::Invalid(error.to_string());
        let zones = Zones::carried(&program.zones)
            .or_else(|name| invalid(format!("the data of time zone `{name}` is damaged")))?;
        let windows = program.windows.iter().map(|window| PreparedWindow::new(&zones, window));
        let windows = windows.collect::<Result<_, _>>().map_err(missing)?;
        let named = named(program).map(|(konst, name)| Ok((konst.0, PreparedZone::new(&zones, name)?)));
        let zones = named.collect::<Result<_, _>>().map_err(missing)?;
        Ok(Self { windows, zones })
    }
}

/// Checks the list of time zones.
pub(super) fn check(program: &Program) -> Result<(), LoadError> {
    let carried = program.zones.iter().map(|zone| zone.name.as_str());
    if !carried.eq(needed(program)) {
        return invalid("it does not carry just the time zones that it names, by name");
    }
    for zone in &program.zones {
        if zone.tzif.len() > ZONE_BYTES_MAX as usize {
            return invalid(format!("time zone `{}` has {} bytes", zone.name, zone.tzif.len()));
        }
        if program.tzdb == TZDB_VERSION && bundled_zone(&zone.name).as_ref() != Some(zone) {
            return invalid(format!("time zone `{}` is not that of database {TZDB_VERSION}", zone.name));
        }
    }
    Ok(())
}

/// The names of the time zones that a module needs, each once, in order.
pub fn needed(program: &Program) -> BTreeSet<&str> {
    let windows = program.windows.iter().map(|window| window.zone.as_str());
    windows.chain(named(program).map(|(_, name)| name)).collect()
}

/// The time zones that operations name, with the constants that hold them.
fn named(program: &Program) -> impl Iterator<Item = (Konst, &str)> {
    program.code.iter().filter_map(|op| match op {
        Op::DateIn { zone, .. } | Op::WeekdayIn { zone, .. } => match program.constants.get(zone.index()) {
            Some(Const::Str(name)) => Some((*zone, name.as_str())),
            _ => None,
        },
        _ => None,
    })
}
