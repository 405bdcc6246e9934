//! Making a recorded decision again, and comparing it byte for byte.
//!
//! A replay reads a record and what it names, and nothing else: no clock, no network, no write. It is the same for a
//! running server and for a log that is read offline.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::decode_source_map;
use holdpoint_isa::program::SourceMap;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};
use serde_json::Value;

use crate::log::{DecisionLog, Kind, ReadError, Record, Stored};
use crate::policy::Policy;

/// How a replay ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// The same bytes came out.
    Identical,
    /// Something else came out.
    Different(Vec<Difference>),
    /// The decision cannot be made again here, for this reason.
    Cannot(String),
    /// What was recorded is not what was recorded.
    Damaged(String),
}

/// One way in which a replay differs from the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The member of the result; `request` and `signals` for the snapshot, `bytes` where only the spelling differs.
    pub member: String,
    /// What was recorded; null where it was not there.
    pub recorded: Value,
    /// What came out now; null where it did not.
    pub replayed: Value,
}

/// Replays decisions of a log, one after another; keeps the modules that it has loaded.
pub struct Replayer {
    loaded: BTreeMap<(ModuleHash, [u8; 32]), Arc<Policy>>,
    snapshot: Snapshot,
    machine: Machine,
}

impl Default for Replayer {
    fn default() -> Self {
        Self::new()
    }
}

impl Replayer {
    /// A replayer that has not loaded anything.
    pub fn new() -> Self {
        Self { loaded: BTreeMap::new(), snapshot: Snapshot::new(), machine: Machine::new() }
    }

    /// Makes a decision of a log again.
    pub fn replay(&mut self, log: &dyn DecisionLog, stored: &Stored) -> Replay {
        let record = match stored.record() {
            Ok(record) => record,
            Err(error) => return Replay::Damaged(error.to_string()),
        };
        if record.kind == Kind::Event {
            return Replay::Cannot("it is an event and no decision".to_owned());
        }
        let loaded = match self.load(log, &record) {
            Ok(loaded) => loaded,
            Err(outcome) => return outcome,
        };
        let (snapshot, machine) = (&mut self.snapshot, &mut self.machine);
        let run = || replay(&record, &loaded.program, &loaded.source_map, snapshot, machine);
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
            // Whatever the panic left behind must not reach the next decision.
            *self = Self::new();
            Replay::Cannot("making it again panicked, which is a defect of Holdpoint".to_owned())
        })
    }

    fn load(&mut self, log: &dyn DecisionLog, record: &Record<'_>) -> Result<Arc<Policy>, Replay> {
        let key = (record.module, record.source_map);
        if let Some(loaded) = self.loaded.get(&key) {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(load(log, record)?);
        self.loaded.insert(key, Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// The policy that a record names.
///
/// # Errors
/// Why it is not there, or does not load here.
pub(crate) fn load(log: &dyn DecisionLog, record: &Record<'_>) -> Result<Policy, Replay> {
    let map_hash = ModuleHash(record.source_map);
    let bytes = present(log.module(&record.module), "its module", record.module)?;
    let source_map_bytes = present(log.source_map(&record.source_map), "its source map", map_hash)?;
    let program = VerifiedProgram::load(&bytes)
        .map_err(|error| Replay::Cannot(format!("module {} does not load here: {error}", record.module)))?;
    let source_map = decode_source_map(&source_map_bytes)
        .map_err(|error| Replay::Cannot(format!("source map {map_hash} does not load here: {error}")))?;
    Ok(Policy { name: String::new(), program, source_map, source_map_bytes })
}

fn present(
    found: Result<Option<Vec<u8>>, ReadError>,
    what: &str,
    hash: ModuleHash,
) -> Result<Vec<u8>, Replay> {
    match found {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Replay::Cannot(format!("{what} {hash} is not in the log"))),
        Err(ReadError::Unavailable(why)) => Err(Replay::Cannot(why)),
        Err(damaged) => Err(Replay::Damaged(damaged.to_string())),
    }
}

/// Makes a recorded decision again: the recorded module on the recorded snapshot at the recorded instant.
pub fn replay(
    record: &Record<'_>,
    verified: &VerifiedProgram,
    source_map: &SourceMap,
    snapshot: &mut Snapshot,
    machine: &mut Machine,
) -> Replay {
    let program = verified.program();
    if (record.semantics, record.tzdb) != (program.semantics, program.tzdb.as_str()) {
        return Replay::Damaged("its versions are not those of the module that it names".to_owned());
    }
    if let Err(error) = snapshot.read(program, record.request, record.signals) {
        return Replay::Cannot(format!("its snapshot cannot be read: {error}"));
    }
    let decision = machine.decide(verified, source_map, snapshot, record.decided_at);
    let (mut request, mut signals, mut result) = (Vec::new(), Vec::new(), Vec::new());
    snapshot.canonical_request(program, &mut request);
    snapshot.canonical_signals(program, &mut signals);
    decision.write_json(&mut result);

    let mut differences = members(record.result, &result);
    for (member, recorded, replayed) in
        [("request", record.request, request), ("signals", record.signals, signals)]
    {
        if recorded != replayed {
            differences.push(Difference {
                member: member.to_owned(),
                recorded: json(recorded),
                replayed: json(&replayed),
            });
        }
    }
    if differences.is_empty() { Replay::Identical } else { Replay::Different(differences) }
}

/// The members in which two results differ; none where they have the same bytes.
pub(crate) fn members(recorded: &[u8], replayed: &[u8]) -> Vec<Difference> {
    if recorded == replayed {
        return Vec::new();
    }
    let (old, new) = (json(recorded), json(replayed));
    let differences: Vec<Difference> = match (&old, &new) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            let pairs = old.keys().chain(added).map(|name| (name, old.get(name), new.get(name)));
            pairs
                .filter(|(_, old, new)| old != new)
                .map(|(name, old, new)| Difference {
                    member: name.clone(),
                    recorded: old.cloned().unwrap_or_default(),
                    replayed: new.cloned().unwrap_or_default(),
                })
                .collect()
        }
        _ => Vec::new(),
    };
    if !differences.is_empty() {
        return differences;
    }
    let text = |bytes: &[u8]| Value::String(String::from_utf8_lossy(bytes).into_owned());
    vec![Difference { member: "bytes".to_owned(), recorded: text(recorded), replayed: text(replayed) }]
}

/// Bytes as JSON, or as a text where they are none.
fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Difference, members};
    use serde_json::json;

    #[test]
    fn differences_are_named_by_member() {
        assert_eq!(members(b"{\"a\":1}", b"{\"a\":1}"), []);
        let found = members(br#"{"a":1,"b":2,"c":3}"#, br#"{"a":1,"b":4,"d":5}"#);
        let difference =
            |member: &str, recorded, replayed| Difference { member: member.to_owned(), recorded, replayed };
        assert_eq!(
            found,
            [
                difference("b", json!(2), json!(4)),
                difference("c", json!(3), json!(null)),
                difference("d", json!(null), json!(5)),
            ]
        );
        assert_eq!(members(b"{\"a\":1}", b"{\"a\": 1}")[0].member, "bytes");
        assert_eq!(members(b"{}", b"nothing")[0].member, "bytes");
    }
}
