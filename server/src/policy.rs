//! The policy that a server decides by, with what is worked out of it once.

use std::fmt;
use std::sync::Arc;

use holdpoint_isa::ModuleHash;
use holdpoint_isa::program::SourceMap;
use holdpoint_vm::VerifiedProgram;

use crate::log::ModuleFiles;
use crate::subject::Subject;

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

/// The policy in force.
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
}
