//! The policy that a server decides by, with what is worked out of it once.

use std::fmt;
use std::sync::Arc;

use holdpoint_isa::ModuleHash;
use holdpoint_isa::program::SourceMap;
use holdpoint_vm::VerifiedProgram;

use crate::log::ModuleFiles;
use crate::subject::Subject;
use crate::verified::is_filled;

/// A policy to decide by.
pub struct Policy {
    /// What people call it.
    pub name: String,
    /// Its module.
    pub program: VerifiedProgram,
    /// Where its rules stand in the source.
    pub source_map: SourceMap,
    /// The bytes of the source map.
    pub source_map_bytes: Vec<u8>,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({} {})", self.name, self.program.hash())
    }
}

/// What people are told of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What people call it.
    pub name: String,
    /// Its module.
    pub hash: ModuleHash,
    /// The most fuel that one decision needs.
    pub fuel_bound: u64,
    /// The members of a request.
    pub members: Vec<String>,
    /// The facts that neither callers send nor the server fills.
    pub unknown_facts: Vec<String>,
}

impl Summary {
    pub(crate) fn of(active: &Active) -> Self {
        let verified = &active.policy.program;
        let program = verified.program();
        let root = program.layouts.first().map_or(&[][..], |root| &root.fields);
        let unknown = program.facts.iter().filter(|fact| !is_filled(fact));
        Self {
            name: active.policy.name.clone(),
            hash: active.hash(),
            fuel_bound: verified.fuel_bound(),
            members: root.iter().map(|field| field.name.clone()).collect(),
            unknown_facts: unknown.map(|fact| fact.field.name.clone()).collect(),
        }
    }
}

/// A policy with what is worked out of it once.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) policy: Policy,
    pub(crate) subject: Subject,
    pub(crate) files: Arc<ModuleFiles>,
}

impl Active {
    pub(crate) fn new(policy: Policy) -> Self {
        let files = Arc::new(ModuleFiles {
            hash: policy.program.hash(),
            bytes: policy.program.bytes().to_vec(),
            source_map_hash: ModuleHash::of(&policy.source_map_bytes).0,
            source_map: policy.source_map_bytes.clone(),
        });
        Self { subject: Subject::of(policy.program.program()), policy, files }
    }

    /// Its module.
    pub(crate) fn hash(&self) -> ModuleHash {
        self.files.hash
    }
}
