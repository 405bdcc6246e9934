//! Registers: each has one kind for life, and is used again once the code that needed it is done.

use holdpoint_isa::limits::REGISTERS_MAX;
use holdpoint_isa::ops::Reg;
use holdpoint_isa::types::Kind;

use crate::layout::TooMany;

/// The registers of a module.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    kinds: Vec<Kind>,
    /// Registers that may be used again.
    free: Vec<Reg>,
    /// Registers in use that the next [`Self::release`] frees.
    held: Vec<Reg>,
    full: bool,
}

impl Registers {
    /// A register for the code at hand.
    pub(crate) fn take(&mut self, kind: Kind) -> Reg {
        let found = self.free.iter().position(|reg| self.kinds.get(reg.index()) == Some(&kind));
        let reg = match found {
            Some(at) => self.free.swap_remove(at),
            None => self.add(kind),
        };
        self.held.push(reg);
        reg
    }

    /// The kind of a register.
    pub(crate) fn kind(&self, reg: Reg) -> Option<Kind> {
        self.kinds.get(reg.index()).copied()
    }

    /// A register that keeps its value to the end of the decision.
    pub(crate) fn keep(&mut self, kind: Kind) -> Reg {
        self.add(kind)
    }

    /// Consecutive registers for the arguments of a builtin.
    pub(crate) fn consecutive(&mut self, kinds: &[Kind]) -> Vec<Reg> {
        let regs: Vec<Reg> = kinds.iter().map(|kind| self.add(*kind)).collect();
        self.held.extend(&regs);
        regs
    }

    fn add(&mut self, kind: Kind) -> Reg {
        let index = u16::try_from(self.kinds.len()).ok().filter(|index| u32::from(*index) < REGISTERS_MAX);
        self.full |= index.is_none();
        let reg = Reg(index.unwrap_or(u16::MAX));
        if index.is_some() {
            self.kinds.push(kind);
        }
        reg
    }

    /// How many registers are held; [`Self::release`] goes back to it.
    pub(crate) fn mark(&self) -> usize {
        self.held.len()
    }

    /// Frees what was taken since a mark.
    pub(crate) fn release(&mut self, mark: usize) {
        self.free.extend(self.held.drain(mark.min(self.held.len())..));
        // The lowest first, so that the same source gives the same registers.
        self.free.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Never uses again what was taken since a mark: the code of a `let` may run in the middle of other code.
    pub(crate) fn retire(&mut self, mark: usize) {
        self.held.truncate(mark);
    }

    /// The kind of each register.
    pub(crate) fn finish(self) -> Result<Vec<Kind>, TooMany> {
        if self.full { Err(("registers", u64::from(REGISTERS_MAX))) } else { Ok(self.kinds) }
    }
}
