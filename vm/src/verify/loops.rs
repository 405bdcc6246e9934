//! Registers that walk lists: only loops move them, and no loop moves that of another that is under way.
//!
//! Without this a loop could be sent back to its start for ever, and only the fuel would end it.

use std::collections::BTreeMap;

use holdpoint_isa::ops::Op;
use holdpoint_isa::program::{Block, Program};

use super::{LoadError, invalid};

/// Refuses lists walked by a register that a `let` walks another list with: the `let` may run in the middle of that
/// loop. Loops within one block are checked with the bounds.
pub(super) fn check(program: &Program, entries: impl Iterator<Item = Block>) -> Result<(), LoadError> {
    let mut owners: BTreeMap<u16, usize> = BTreeMap::new();
    for (index, thunk) in program.thunks.iter().enumerate() {
        for reg in walkers(program, *thunk) {
            if *owners.entry(reg).or_insert(index) != index {
                return invalid("two `let`s walk lists with one register");
            }
        }
    }
    for entry in entries {
        if walkers(program, entry).any(|reg| owners.contains_key(&reg)) {
            return invalid("a list is walked with the register of a `let`");
        }
    }
    Ok(())
}

/// The registers with which a block walks lists.
fn walkers(program: &Program, block: Block) -> impl Iterator<Item = u16> {
    let (start, len) = (block.start as usize, block.len as usize);
    let code = start.checked_add(len).and_then(|end| program.code.get(start..end)).unwrap_or_default();
    code.iter().filter_map(|op| if let Op::Each { elem, .. } = op { Some(elem.0) } else { None })
}
