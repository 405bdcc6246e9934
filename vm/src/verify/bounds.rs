//! Worst-case cost: fuel, values and the telling of reasons, computed from the code alone (rule `fuel.bound`).
//!
//! Jumps go forward and loops are bracketed by `Each` and `Next`, so one walk from the end of a block to its start
//! finds the dearest way through it. A loop costs its body times the most elements of its list. A `let` runs at most
//! once in a decision, so each one that an entry can reach counts once.

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::limits;
use holdpoint_isa::ops::{Op, Reg, StatementId};
use holdpoint_isa::program::{Block, Effect, Program};
use holdpoint_isa::types::Kind;

use super::{LoadError, code, invalid, named_glob};

/// A worst-case cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Fuel.
    pub fuel: u64,
    /// Values of lists that the code builds, and one for each verdict that it gives.
    pub cells: u64,
    /// Fuel of telling what objects: reasons, and when delays end.
    pub telling: u64,
}

impl Bounds {
    /// Refuses what is beyond the limits of a decision.
    pub(super) fn limited(self) -> Result<Self, LoadError> {
        if self.fuel > limits::FUEL_MAX {
            return invalid(format!("it may need {} fuel, and the limit is {}", self.fuel, limits::FUEL_MAX));
        }
        if self.cells > limits::CELLS_MAX {
            return invalid(format!(
                "it may build {} values, and the limit is {}",
                self.cells,
                limits::CELLS_MAX
            ));
        }
        Ok(self)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    fn times(self, count: u32) -> Self {
        let count = u64::from(count);
        self.with(Self { fuel: count, cells: count, telling: count }, u64::saturating_mul)
    }

    fn max(self, other: Self) -> Self {
        self.with(other, u64::max)
    }

    fn with(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            fuel: join(self.fuel, other.fuel),
            cells: join(self.cells, other.cells),
            telling: join(self.telling, other.telling),
        }
    }
}

/// Deepest nesting of loops.
const LOOP_DEPTH_MAX: u32 = 16;

/// What a block of code is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'p> {
    /// It gives verdicts. The fuel of telling what each statement says.
    Admission(&'p [u64]),
    /// It judges the stages of a rollout. The fuel of telling what each statement says.
    Judgement(&'p [u64]),
    /// It leaves values in registers.
    Values,
    /// It is the `let` with this index.
    Let(usize),
}

/// The bound of an entry with every `let` that it can reach.
pub(super) fn entry(program: &Program, block: Block, purpose: Purpose<'_>) -> Result<Bounds, LoadError> {
    let mut reached = vec![false; program.thunks.len()];
    let mut total = self::block(program, block, purpose, &mut reached)?;
    // A `let` forces only those before it, so walking down meets each one after all that force it.
    for index in (0..program.thunks.len()).rev() {
        if reached.get(index).copied().unwrap_or(false)
            && let Some(thunk) = program.thunks.get(index)
        {
            total = total.plus(self::block(program, *thunk, Purpose::Let(index), &mut reached)?);
        }
    }
    Ok(total)
}

fn block(
    program: &Program,
    block: Block,
    purpose: Purpose<'_>,
    reached: &mut [bool],
) -> Result<Bounds, LoadError> {
    let (start, len) = (block.start as usize, block.len as usize);
    let code = start.checked_add(len).and_then(|end| program.code.get(start..end));
    let Some(code) = code else { return invalid("a block lies outside the code") };
    if code.last() != Some(&Op::End {}) {
        return invalid("a block does not end with `End`");
    }
    let mut walk = Walk { program, code, start, purpose, reached, walking: Vec::new() };
    let costs = walk.range(0, len, 0)?;
    Ok(costs.at(0).unwrap_or_default())
}

/// The dearest way from each operation of a stretch to its end; nothing where no jump may lead.
struct Costs {
    from: usize,
    list: Vec<Option<Bounds>>,
    /// Places behind the stretch that it jumps to.
    exits: Vec<usize>,
}

impl Costs {
    fn at(&self, index: usize) -> Option<Bounds> {
        self.list.get(index.checked_sub(self.from)?).copied().flatten()
    }

    fn set(&mut self, index: usize, bounds: Bounds) {
        let place = index.checked_sub(self.from).and_then(|at| self.list.get_mut(at));
        if let Some(place) = place {
            *place = Some(bounds);
        }
    }
}

struct Walk<'w> {
    program: &'w Program,
    code: &'w [Op],
    start: usize,
    purpose: Purpose<'w>,
    reached: &'w mut [bool],
    /// The registers of the loops around the operation.
    walking: Vec<Reg>,
}

impl Walk<'_> {
    /// Walks operations `from..to` of the block from the last to the first.
    fn range(&mut self, from: usize, to: usize, depth: u32) -> Result<Costs, LoadError> {
        if depth > LOOP_DEPTH_MAX {
            return invalid("loops nest too deeply");
        }
        let mut costs = Costs { from, list: vec![None; to.saturating_sub(from)], exits: Vec::new() };
        let mut next = to;
        while next > from {
            let at = next.saturating_sub(1);
            let Some(op) = self.code.get(at).copied() else { return invalid("code is missing") };
            code::check(self.program, op)?;
            next = match op {
                // The `Next` that ends the stretch is that of the loop whose body this is.
                Op::Next { .. } if depth > 0 && next == to => {
                    costs.set(at, self.own(op));
                    at
                }
                Op::Next { elem, back } => self.looping(at, elem, usize::from(back.0), &mut costs, depth)?,
                _ => {
                    let bounds = self.single(at, op, to, &mut costs)?;
                    costs.set(at, bounds);
                    at
                }
            };
        }
        Ok(costs)
    }

    /// A loop that ends with the `Next` at `last`; gives the place of its `Each`.
    fn looping(
        &mut self,
        last: usize,
        elem: Reg,
        back: usize,
        outer: &mut Costs,
        depth: u32,
    ) -> Result<usize, LoadError> {
        let body = last.checked_sub(back).filter(|body| *body > outer.from);
        let head = body.and_then(|body| body.checked_sub(1));
        let (Some(body), Some(head)) = (body, head) else {
            return invalid("a loop reaches outside its block");
        };
        let Some(Op::Each { elem: first, list, skip }) = self.code.get(head).copied() else {
            return invalid("a loop does not begin with `Each`");
        };
        let end = last.saturating_add(1);
        if first != elem
            || head.checked_add(1).and_then(|at| at.checked_add(usize::from(skip.0))) != Some(end)
        {
            return invalid("`Each` and `Next` of a loop do not match");
        }
        code::check(self.program, Op::Each { elem: first, list, skip })?;
        if self.walking.contains(&elem) {
            return invalid("a loop walks with the register of a loop around it");
        }
        self.walking.push(elem);
        let inner = self.range(body, end, depth.saturating_add(1))?;
        self.walking.pop();
        let mut after = match outer.at(end) {
            Some(after) => after,
            None => return invalid("a loop is not followed by code"),
        };
        for exit in &inner.exits {
            match outer.at(*exit) {
                Some(bounds) => after = after.max(bounds),
                None if *exit >= outer.from.saturating_add(outer.list.len()) => outer.exits.push(*exit),
                None => return invalid("a jump leads into a loop"),
            }
        }
        let each = self.own(Op::Each { elem: first, list, skip });
        let body = inner.at(body).unwrap_or_default().times(self.list_max(list));
        outer.set(head, each.plus(body).plus(after));
        Ok(head)
    }

    /// The dearest way from an operation that is no loop.
    fn single(&mut self, at: usize, op: Op, to: usize, costs: &mut Costs) -> Result<Bounds, LoadError> {
        let own = self.own(op);
        let through = costs.at(at.saturating_add(1));
        let target = match op {
            Op::Jump { to }
            | Op::JumpIfFalse { to, .. }
            | Op::JumpIfTrue { to, .. }
            | Op::JumpUnlessKnown { to, .. } => {
                Some((to.0 as usize).checked_sub(self.start).filter(|target| *target > at))
            }
            _ => None,
        };
        let jumped = match target {
            None => None,
            Some(None) => return invalid("a jump leads backwards or outside its block"),
            Some(Some(target)) if target >= to => {
                // Out of a loop; what lies there is counted behind the loop.
                if target >= self.code.len() || costs.from == 0 && to == self.code.len() {
                    return invalid("a jump leads outside its block");
                }
                costs.exits.push(target);
                Some(Bounds::default())
            }
            Some(Some(target)) => match costs.at(target) {
                Some(bounds) => Some(bounds),
                None => return invalid("a jump leads into a loop"),
            },
        };
        let ways = match op {
            Op::End {} if at.saturating_add(1) == self.code.len() => return Ok(own),
            Op::End {} => return invalid("code goes on behind `End`"),
            Op::Each { .. } => return invalid("`Each` without its `Next`"),
            Op::Jump { .. } => [jumped, None],
            _ => [jumped, through],
        };
        if !matches!(op, Op::Jump { .. }) && through.is_none() {
            return invalid("code runs into the middle of a loop");
        }
        self.force(op)?;
        self.verdict(op)?;
        let dearest = ways.into_iter().flatten().reduce(Bounds::max).unwrap_or_default();
        Ok(own.plus(dearest))
    }

    /// Notes that a `let` is reached; one may force only those before it.
    fn force(&mut self, op: Op) -> Result<(), LoadError> {
        let Op::Force { thunk } = op else { return Ok(()) };
        if let Purpose::Let(own) = self.purpose
            && thunk.index() >= own
        {
            return invalid("a `let` needs one that is not before it");
        }
        if let Some(reached) = self.reached.get_mut(thunk.index()) {
            *reached = true;
        }
        Ok(())
    }

    /// Refuses a verdict that is given elsewhere than in the code of admission, and a judgement of a stage that is
    /// given elsewhere than in the code of a rollout.
    fn verdict(&self, op: Op) -> Result<(), LoadError> {
        let judges = |statement: StatementId| {
            let statement = self.program.statements.get(statement.index());
            statement.is_some_and(|s| matches!(s.effect, Effect::Judge(_)))
        };
        let fits = match (op, self.purpose) {
            (Op::Object { statement, .. }, Purpose::Admission(_)) => !judges(statement),
            (Op::Object { statement, .. }, Purpose::Judgement(_)) => judges(statement),
            (Op::Head { .. } | Op::Waive { .. } | Op::Plan { .. }, Purpose::Admission(_)) => true,
            (Op::Head { .. } | Op::Object { .. } | Op::Waive { .. } | Op::Plan { .. }, _) => false,
            _ => true,
        };
        if fits { Ok(()) } else { invalid("code gives a verdict that is not its own to give") }
    }

    /// What an operation costs at most by itself.
    fn own(&self, op: Op) -> Bounds {
        let extra = match op {
            Op::Insert { list, .. } | Op::InList { list, .. } => u64::from(self.list_max(list)),
            Op::Lookup { map, .. } | Op::HasKey { map, .. } => u64::from(self.list_max(map)),
            Op::Matches { pattern, .. } => {
                let glob = named_glob(self.program, pattern);
                glob.map_or(0, |glob| crate::glob::cost(&glob, limits::STRING_BYTES_MAX))
            }
            Op::Call { builtin, args, .. } => {
                Builtin::from_id(builtin.0).map_or(0, |builtin| self.call(builtin, args))
            }
            _ => 0,
        };
        let cells = match op {
            Op::ListNew { dst } => u64::from(self.list_max(dst)),
            Op::Head { .. } | Op::Object { .. } | Op::Waive { .. } | Op::Plan { .. } => 1,
            _ => 0,
        };
        let telling = match (op, self.purpose) {
            (Op::Object { statement, .. }, Purpose::Admission(telling) | Purpose::Judgement(telling)) => {
                telling.get(statement.index()).copied().unwrap_or_default()
            }
            _ => 0,
        };
        Bounds { fuel: u64::from(op.cost()).saturating_add(extra), cells, telling }
    }

    /// What a builtin adds: its own cost, and one for each element of a list that it is given.
    fn call(&self, builtin: Builtin, args: Reg) -> u64 {
        let info = builtin.info();
        let lists = info.params.iter().zip(args.0..).filter(|((_, param), _)| param.kind().is_none());
        let elements = lists.map(|(_, reg)| u64::from(self.list_max(Reg(reg)))).fold(0, u64::saturating_add);
        elements.saturating_add(info.cost.into())
    }

    fn list_max(&self, reg: Reg) -> u32 {
        match self.program.registers.get(reg.index()) {
            Some(Kind::List { max, .. } | Kind::Elem { max, .. }) => *max,
            _ => 0,
        }
    }
}
