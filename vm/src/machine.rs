//! The machine: registers, lists that it builds, and the loop that runs a block of code.
//!
//! What one operation does stands in `exec`; what it costs stands in the table of operations. A machine is reused from
//! decision to decision and then allocates nothing but texts.

use std::cmp::Ordering;

use holdpoint_isa::Fault;
use holdpoint_isa::literal::version;
use holdpoint_isa::ops::{Konst, PolicyId, Reg, RolloutId, StatementId, Thunk, WaiverId};
use holdpoint_isa::program::{Block, Program};
use holdpoint_isa::types::Kind;

use crate::exec::{Flow, poison2};
use crate::snapshot::Snapshot;
use crate::value::{ListRef, StrRef, Value, bytes_of};
use crate::verify::VerifiedProgram;

/// What a run is about: the module, the facts and the instant. Nothing of it changes while code runs.
#[derive(Clone, Copy)]
pub(crate) struct Run<'r> {
    pub(crate) module: &'r VerifiedProgram,
    pub(crate) snapshot: &'r Snapshot,
    pub(crate) now: i64,
}

impl<'r> Run<'r> {
    pub(crate) const fn program(&self) -> &'r Program {
        self.module.program()
    }

    /// A constant of the module as a value.
    #[inline(always)]
    pub(crate) fn constant(&self, konst: Konst) -> Value {
        self.module.constants.get(konst.index()).copied().unwrap_or(Value::UNSET)
    }
}

/// A statement that objected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fired {
    pub(crate) statement: StatementId,
    /// Its condition: true, unknown or a fault.
    pub(crate) cond: Value,
    /// The element that it objects to.
    pub(crate) witness: Value,
}

/// What there was at some point of a decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    built: usize,
    forced: u64,
}

/// The state of a decision under way.
#[derive(Debug, Default)]
pub struct Machine {
    pub(crate) regs: Vec<Value>,
    /// Cells of lists that the code built; they lie behind those of the snapshot.
    pub(crate) built: Vec<Value>,
    /// Which `let`s have been run.
    done: Vec<bool>,
    /// How many `let`s have been run.
    forced: u64,
    /// Where to go on when a `let` ends.
    returns: Vec<usize>,
    /// Statements that objected.
    pub(crate) fired: Vec<Fired>,
    /// Heads of policies.
    pub(crate) heads: Vec<(PolicyId, Value)>,
    /// Waivers that apply.
    pub(crate) waived: Vec<WaiverId>,
    /// Whether each rollout is the plan.
    pub(crate) plans: Vec<(RolloutId, Value)>,
    /// What is left to use.
    pub(crate) fuel: u64,
    /// What is left to use for telling why.
    pub(crate) telling: u64,
}

impl Machine {
    /// A machine that has run nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of memory that are kept for the next decision. They only grow, to what the largest decision needed.
    pub fn held_bytes(&self) -> usize {
        let values = bytes_of(&self.regs).saturating_add(bytes_of(&self.built));
        let lets = bytes_of(&self.done).saturating_add(bytes_of(&self.returns));
        let found = bytes_of(&self.fired).saturating_add(bytes_of(&self.heads));
        values.saturating_add(lets).saturating_add(found).saturating_add(bytes_of(&self.waived))
    }

    /// Forgets the last decision.
    pub(crate) fn reset(&mut self, module: &VerifiedProgram) {
        let program = module.program();
        self.regs.clear();
        self.regs.resize(program.registers.len(), Value::UNSET);
        self.built.clear();
        self.done.clear();
        self.done.resize(program.thunks.len(), false);
        self.returns.clear();
        self.fired.clear();
        self.heads.clear();
        self.waived.clear();
        self.plans.clear();
    }

    /// Lets every `let` run again, for a run at another instant. Lists that were built stay where they are.
    pub(crate) fn forget_lets(&mut self) {
        self.done.fill(false);
    }

    /// How many lists there are, for [`Self::drop_lists`].
    pub(crate) fn mark(&self) -> Mark {
        Mark { built: self.built.len(), forced: self.forced }
    }

    /// Drops the lists that were built since a mark, so that texts and ends of delays do not add up. Those of a `let`
    /// that was forced since then are kept: it runs only once, so they are few.
    pub(crate) fn drop_lists(&mut self, mark: Mark) {
        if self.forced == mark.forced {
            self.built.truncate(mark.built);
        }
    }

    /// Runs a block to its end, or until the fuel is used up.
    ///
    /// What operations cost is charged a stretch at a time: up to a jump, or to an operation that charges for what it
    /// looks at. Where the fuel might not cover all of the code, each is charged before it runs.
    pub(crate) fn run(&mut self, run: Run<'_>, block: Block) -> Result<(), Fault> {
        let code = run.program().code.as_slice();
        let mut at = block.start as usize;
        let mut stretch = at;
        // What any stretch costs at most.
        let longest = run.module.cost(0, code.len());
        let mut scarce = self.fuel < longest;
        loop {
            let Some(op) = code.get(at).copied() else { return Ok(()) };
            let next = at.saturating_add(1);
            if scarce {
                self.burn(run.module.cost(at, next))?;
                stretch = next;
            }
            let flow = self.step(run, op, next);
            if flow == Flow::Next {
                at = next;
                continue;
            }
            self.burn(run.module.cost(stretch, next))?;
            at = match flow {
                Flow::To(there) => there,
                Flow::Other => {
                    self.other(run, op)?;
                    next
                }
                _ => match self.returns.pop() {
                    Some(back) => back,
                    None => return Ok(()),
                },
            };
            stretch = at;
            scarce = self.fuel < longest;
        }
    }

    /// Uses up fuel.
    #[inline(always)]
    pub(crate) fn burn(&mut self, cost: u64) -> Result<(), Fault> {
        match self.fuel.checked_sub(cost) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(Fault::FuelExhausted)
            }
        }
    }

    /// Where a `let` goes on: its first operation, or the next one where it has been run.
    pub(crate) fn force(&mut self, run: Run<'_>, thunk: Thunk, next: usize) -> Flow {
        let block = run.program().thunks.get(thunk.index());
        match (self.done.get_mut(thunk.index()), block) {
            (Some(done), Some(block)) if !*done => {
                *done = true;
                self.forced = self.forced.saturating_add(1);
                self.returns.push(next);
                Flow::To(block.start as usize)
            }
            _ => Flow::Next,
        }
    }

    /// The value of a register, where it is.
    #[inline(always)]
    pub(crate) fn at(&self, reg: Reg) -> &Value {
        self.regs.get(reg.index()).unwrap_or(&Value::UNSET)
    }

    /// The value of a register.
    #[inline(always)]
    pub(crate) fn get(&self, reg: Reg) -> Value {
        *self.at(reg)
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, reg: Reg, value: Value) {
        if let Some(place) = self.regs.get_mut(reg.index()) {
            *place = value;
        }
    }

    /// The value in a cell, of the snapshot or of a list that was built.
    #[inline(always)]
    pub(crate) fn cell(&self, run: Run<'_>, index: u32) -> Value {
        match run.snapshot.cells.get(index as usize) {
            Some(value) => *value,
            None => self.built_cell(run, index),
        }
    }

    fn built_cell(&self, run: Run<'_>, index: u32) -> Value {
        let own = index.checked_sub(run.snapshot.cell_count());
        own.and_then(|own| self.built.get(own as usize)).copied().unwrap_or(Value::UNSET)
    }

    /// The scalars of a list.
    pub(crate) fn scalars(&self, run: Run<'_>, list: ListRef) -> impl Iterator<Item = Value> {
        (0..list.len).map(move |offset| self.cell(run, list.start.saturating_add(offset)))
    }

    /// An empty list with room for the maximum of its register.
    pub(crate) fn list_new(&mut self, run: Run<'_>, dst: Reg) {
        let room = match run.program().registers.get(dst.index()) {
            Some(Kind::List { max, .. }) => *max as usize,
            _ => 0,
        };
        let own = u32::try_from(self.built.len()).unwrap_or(u32::MAX);
        let start = run.snapshot.cell_count().saturating_add(own);
        self.built.resize(self.built.len().saturating_add(room), Value::None);
        self.set(dst, Value::List(ListRef { start, len: 0 }));
    }

    /// Adds a value to a list built by [`Self::list_new`] unless it is there.
    pub(crate) fn insert(&mut self, run: Run<'_>, reg: Reg, value: Value) -> Result<(), Fault> {
        if let Value::List(list) = self.get(reg) {
            self.burn(u64::from(list.len))?;
            if value.is_known() && self.scalars(run, list).any(|other| same(run, other, value)) {
                return Ok(());
            }
        }
        self.push(run, reg, value);
        Ok(())
    }

    /// Adds a value at the end of a list built by [`Self::list_new`]. A list with an element that is not known is not
    /// known itself, and a fault outweighs that.
    pub(crate) fn push(&mut self, run: Run<'_>, reg: Reg, value: Value) {
        let list = match self.get(reg) {
            Value::List(list) if value.is_known() => list,
            Value::List(_) => return self.set(reg, Value::poison(value)),
            other => return self.set(reg, poison2(other, value)),
        };
        // The bound counts no element beyond the maximum, and its cell may belong to another list.
        let room = match run.program().registers.get(reg.index()) {
            Some(Kind::List { max, .. }) => *max,
            _ => 0,
        };
        let at = list.start.saturating_add(list.len).checked_sub(run.snapshot.cell_count());
        let cell = at.filter(|_| list.len < room).and_then(|at| self.built.get_mut(at as usize));
        if let Some(cell) = cell {
            *cell = value;
            self.set(reg, Value::List(ListRef { len: list.len.saturating_add(1), ..list }));
        }
    }

    /// Notes an objection.
    #[inline(always)]
    pub(crate) fn object(&mut self, run: Run<'_>, statement: StatementId, cond: Reg) {
        if !matches!(self.at(cond), Value::Bool(false)) {
            self.fire(run, statement, self.get(cond));
        }
    }

    fn fire(&mut self, run: Run<'_>, statement: StatementId, cond: Value) {
        let witness = run.program().statements.get(statement.index()).and_then(|s| s.witness);
        let witness = witness.map_or(Value::None, |reg| self.get(reg));
        self.fired.push(Fired { statement, cond, witness });
    }
}

impl Value {
    /// The unknown or fault of a value that has one, unknown otherwise.
    pub(crate) const fn poison(value: Self) -> Self {
        match value {
            Self::Unknown(_) | Self::Fault(_) => value,
            _ => Self::UNSET,
        }
    }
}

/// Whether two known values of one kind are equal.
pub(crate) fn same(run: Run<'_>, a: Value, b: Value) -> bool {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => same_text(run, a, b),
        (Value::Version(a), Value::Version(b)) => precedence(run, a, b) == Some(Ordering::Equal),
        (a, b) => a == b,
    }
}

/// Whether two texts have the same bytes.
#[inline]
pub(crate) fn same_text(run: Run<'_>, a: StrRef, b: StrRef) -> bool {
    let constants = &run.program().constants;
    a.len == b.len && run.snapshot.bytes(constants, a) == run.snapshot.bytes(constants, b)
}

/// Which of two versions comes first; every version was checked when it was read.
pub(crate) fn precedence(run: Run<'_>, a: StrRef, b: StrRef) -> Option<Ordering> {
    let text = |text: StrRef| run.snapshot.text(&run.program().constants, text);
    let (a, b) = (version(text(a)).ok()?, version(text(b)).ok()?);
    Some(a.precedence(&b))
}
