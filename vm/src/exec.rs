//! What each operation does: one arm, one function.
//!
//! Operands that are not values proper decide first: a fault before an unknown, the left before the right
//! (rule `eval.strict`). The Kleene operators look at both before they give up (rule `eval.kleene`).

use std::cmp::Ordering;

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::literal::{Version, date_of_days, version};
use holdpoint_isa::ops::{BuiltinId, Cause, Konst, Label, Op, Reg, WindowId};
use holdpoint_isa::program::CommonCause;
use holdpoint_isa::{Dec, Fault};

use crate::glob;
use crate::machine::{Machine, Run, precedence, same, same_text};
use crate::value::{Cursor, ListRef, StrRef, Value};
use crate::window::{NextChange, Openness, PreparedZone};

/// Slots of an entry of a map.
const ENTRY_SLOTS: u32 = 2;
/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// Where to go on behind an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// At the next operation.
    Next,
    /// At the next operation, when [`Machine::other`] has run this one.
    Other,
    /// Here.
    To(usize),
    /// Where the block was called from.
    End,
}

impl Machine {
    /// Runs one operation, given the place of the next, and tells where to go on.
    ///
    /// What stands in almost every rule is written out into the loop; the rest is left to [`Self::other`].
    #[inline(always)]
    pub(crate) fn step(&mut self, run: Run<'_>, op: Op, next: usize) -> Flow {
        match op {
            Op::Jump { to } => return Flow::To(to.0 as usize),
            Op::JumpIfFalse { cond, to } => return jump(matches!(self.at(cond), Value::Bool(false)), to),
            Op::JumpIfTrue { cond, to } => return jump(matches!(self.at(cond), Value::Bool(true)), to),
            Op::JumpUnlessKnown { src, to } => return jump(!self.at(src).is_known(), to),
            Op::Each { elem, list, skip } => {
                return self.each(elem, list, next.saturating_add(usize::from(skip.0)));
            }
            Op::Next { elem, back } => {
                let start = next.saturating_sub(1).saturating_sub(usize::from(back.0));
                return self.next(run, elem, start);
            }
            Op::Force { thunk } => return self.force(run, thunk, next),
            Op::End {} => return Flow::End,

            Op::Const { dst, konst } => self.set(dst, run.constant(konst)),
            Op::Fact { dst, slot } => self.set(dst, run.snapshot.slot(slot.0)),
            Op::Field { dst, elem, slot } => self.set(dst, self.field(run, elem, slot.0)),
            Op::Move { dst, src } => self.set(dst, self.get(src)),
            Op::Not { dst, src } => self.set(dst, self.bool1(src, |a| !a)),
            Op::And { dst, lhs, rhs } => self.set(dst, kleene(self.at(lhs), self.at(rhs), false)),
            Op::Or { dst, lhs, rhs } => self.set(dst, kleene(self.at(lhs), self.at(rhs), true)),
            Op::IsNone { dst, src } => self.set(dst, is_none(self.get(src))),
            Op::Require { dst, src, cause } => self.set(dst, require(self.get(src), cause)),
            Op::EqInt { dst, lhs, rhs } => self.set(dst, equal_ints(run, self.at(lhs), self.at(rhs))),
            Op::EqStr { dst, lhs, rhs } => self.set(dst, equal_texts(run, self.at(lhs), self.at(rhs))),
            Op::LtInt { dst, lhs, rhs } => self.set(dst, self.int2(lhs, rhs, |a, b| Value::Bool(a < b))),
            Op::LeInt { dst, lhs, rhs } => self.set(dst, self.int2(lhs, rhs, |a, b| Value::Bool(a <= b))),
            Op::LtDec { dst, lhs, rhs } => self.set(dst, self.dec2(lhs, rhs, |a, b| Value::Bool(a < b))),
            Op::LeDec { dst, lhs, rhs } => self.set(dst, self.dec2(lhs, rhs, |a, b| Value::Bool(a <= b))),
            Op::Object { statement, cond } => self.object(run, statement, cond),
            _ => return Flow::Other,
        }
        Flow::Next
    }

    /// The operations that change more than a register, or charge for what they look at.
    #[inline(never)]
    pub(crate) fn other(&mut self, run: Run<'_>, op: Op) -> Result<(), Fault> {
        let (dst, value) = match op {
            Op::Head { policy, cond } => {
                self.heads.push((policy, self.get(cond)));
                return Ok(());
            }
            Op::Plan { rollout, cond } => {
                self.plans.push((rollout, self.get(cond)));
                return Ok(());
            }
            Op::Waive { waiver, cond } => {
                self.waive(waiver, cond);
                return Ok(());
            }
            Op::ListNew { dst } => {
                self.list_new(run, dst);
                return Ok(());
            }
            Op::Insert { list, value } => return self.insert(run, list, self.get(value)),
            Op::Push { list, value } => {
                self.push(run, list, self.get(value));
                return Ok(());
            }
            Op::InList { dst, value, list } => (dst, self.in_list(run, value, list)?),
            Op::Lookup { dst, map, key } => {
                (dst, self.lookup(run, map, key)?.unwrap_or_else(|absent| absent))
            }
            Op::HasKey { dst, map, key } => {
                let found = self.lookup(run, map, key)?;
                (dst, found.map_or_else(|other| other, |value| Value::Bool(value != Value::None)))
            }
            Op::Matches { dst, text, pattern } => (dst, self.matches(run, text, pattern)?),
            Op::Call { dst, builtin, args } => (dst, self.call(run, builtin, args)?),
            _ => self.compute(run, op),
        };
        self.set(dst, value);
        Ok(())
    }

    /// The operations that set a register from others.
    fn compute(&self, run: Run<'_>, op: Op) -> (Reg, Value) {
        match op {
            Op::Now { dst } => (dst, Value::Int(run.now)),
            Op::Else { dst, src, alt } => (dst, or_else(self.get(src), self.get(alt))),
            Op::Poison { dst, src } => (dst, Value::poison(self.get(src))),
            Op::PoisonIf { dst, cond } => (dst, poison_if(self.get(dst), self.get(cond))),
            Op::Factor { dst, src } => (dst, factor(self.get(src))),
            Op::EqBool { dst, lhs, rhs } | Op::EqDec { dst, lhs, rhs } | Op::EqVersion { dst, lhs, rhs } => {
                (dst, equal(run, self.get(lhs), self.get(rhs)))
            }
            Op::LtVersion { dst, lhs, rhs } => (dst, self.version2(run, lhs, rhs, Ordering::is_lt)),
            Op::LeVersion { dst, lhs, rhs } => (dst, self.version2(run, lhs, rhs, Ordering::is_le)),
            Op::Major { dst, src } => (dst, self.part(run, src, |version| version.major())),
            Op::Minor { dst, src } => (dst, self.part(run, src, |version| version.minor())),
            Op::Patch { dst, src } => (dst, self.part(run, src, |version| version.patch())),
            Op::InWindow { dst, at, window } => (dst, self.in_window(run, at, window)),
            Op::NextOpen { dst, at, window } => (dst, self.next_open(run, at, window)),
            Op::DateIn { dst, at, zone } => (dst, self.in_zone(run, at, zone, PreparedZone::date)),
            Op::WeekdayIn { dst, at, zone } => (dst, self.in_zone(run, at, zone, PreparedZone::weekday)),
            Op::Len { dst, list } => (dst, self.len(list)),
            Op::First { elem, list, cause } => (elem, self.end_of(run, list, cause, false)),
            Op::Last { elem, list, cause } => (elem, self.end_of(run, list, cause, true)),
            _ => self.number(run, op),
        }
    }

    /// The operations on numbers.
    fn number(&self, run: Run<'_>, op: Op) -> (Reg, Value) {
        match op {
            Op::AddInt { dst, lhs, rhs } => (dst, self.int2(lhs, rhs, |a, b| int(a.checked_add(b)))),
            Op::SubInt { dst, lhs, rhs } => (dst, self.int2(lhs, rhs, |a, b| int(a.checked_sub(b)))),
            Op::MulInt { dst, lhs, rhs } => (dst, self.int2(lhs, rhs, |a, b| int(a.checked_mul(b)))),
            Op::NegInt { dst, src } => (dst, self.int1(src, |a| int(a.checked_neg()))),
            Op::MinInt { dst, lhs, rhs } => (dst, self.fold_int(lhs, rhs, i64::min)),
            Op::MaxInt { dst, lhs, rhs } => (dst, self.fold_int(lhs, rhs, i64::max)),
            Op::InMask { dst, src, mask } => (dst, self.in_mask(run, src, mask)),
            Op::IntToDec { dst, src } => (dst, self.int1(src, |a| Value::Dec(Dec::from_int(a)))),
            Op::ScaleInt { dst, count, factor } => {
                (dst, self.int_dec(count, factor, |a, b| int(b.scale_int(a))))
            }
            Op::PercentInt { dst, count, percent } => {
                (dst, self.int_dec(count, percent, |a, b| int(b.percent_of_int(a))))
            }
            Op::CountIf { dst, cond } => (dst, count_if(self.get(dst), self.get(cond))),
            Op::AddDays { dst, date, by } => (dst, self.int2(date, by, |a, b| moved(a, b, i64::checked_add))),
            Op::SubDays { dst, date, by } => (dst, self.int2(date, by, |a, b| moved(a, b, i64::checked_sub))),
            Op::DaysBetween { dst, lhs, rhs } => {
                (dst, self.int2(lhs, rhs, |a, b| int(a.checked_sub(b).and_then(|d| d.checked_mul(DAY)))))
            }
            Op::AddDec { dst, lhs, rhs } => (dst, self.dec2(lhs, rhs, |a, b| dec(a.checked_add(b)))),
            Op::SubDec { dst, lhs, rhs } => (dst, self.dec2(lhs, rhs, |a, b| dec(a.checked_sub(b)))),
            Op::MulDec { dst, lhs, rhs } => (dst, self.dec2(lhs, rhs, |a, b| dec(a.checked_mul(b)))),
            Op::DivDec { dst, lhs, rhs } => (dst, self.dec2(lhs, rhs, |a, b| quotient(run, a, b))),
            Op::NegDec { dst, src } => (dst, self.dec1(src, |a| dec(a.checked_neg()))),
            Op::PercentOf { dst, lhs, rhs } => {
                (dst, self.dec2(lhs, rhs, |a, b| dec(a.checked_percent_of(b))))
            }
            Op::MinDec { dst, lhs, rhs } => (dst, self.fold_dec(lhs, rhs, Dec::min)),
            Op::MaxDec { dst, lhs, rhs } => (dst, self.fold_dec(lhs, rhs, Dec::max)),
            // Every operation of the table stands in a function above or here; a test runs each of them.
            other => (Reg(u16::MAX), unhandled(other)),
        }
    }

    // ---- loops

    #[inline(always)]
    fn each(&mut self, elem: Reg, list: Reg, behind: usize) -> Flow {
        match *self.at(list) {
            Value::List(found) if found.len > 0 => {
                self.set(elem, Value::Elem(Cursor { at: found.start, left: found.len }));
                Flow::Next
            }
            _ => Flow::To(behind),
        }
    }

    #[inline(always)]
    fn next(&mut self, run: Run<'_>, elem: Reg, start: usize) -> Flow {
        match *self.at(elem) {
            Value::Elem(cursor) if cursor.left > 1 => {
                let stride = run.module.strides.get(elem.index()).copied().unwrap_or(0);
                let moved = cursor.at.saturating_add(u32::from(stride));
                self.set(elem, Value::Elem(Cursor { at: moved, left: cursor.left.saturating_sub(1) }));
                Flow::To(start)
            }
            _ => Flow::Next,
        }
    }

    #[inline(always)]
    fn field(&self, run: Run<'_>, elem: Reg, slot: u16) -> Value {
        match self.at(elem) {
            Value::Elem(cursor) => self.cell(run, cursor.at.saturating_add(u32::from(slot))),
            other => Value::poison(*other),
        }
    }

    // ---- operands

    #[inline(always)]
    fn bool1(&self, src: Reg, f: impl Fn(bool) -> bool) -> Value {
        match self.at(src) {
            Value::Bool(value) => Value::Bool(f(*value)),
            other => Value::poison(*other),
        }
    }

    fn int1(&self, src: Reg, f: impl Fn(i64) -> Value) -> Value {
        match self.get(src) {
            Value::Int(value) => f(value),
            other => Value::poison(other),
        }
    }

    #[inline(always)]
    fn int2(&self, lhs: Reg, rhs: Reg, f: impl Fn(i64, i64) -> Value) -> Value {
        match (self.at(lhs), self.at(rhs)) {
            (Value::Int(a), Value::Int(b)) => f(*a, *b),
            (a, b) => poison2(*a, *b),
        }
    }

    fn dec1(&self, src: Reg, f: impl Fn(Dec) -> Value) -> Value {
        match self.get(src) {
            Value::Dec(value) => f(value),
            other => Value::poison(other),
        }
    }

    #[inline(always)]
    fn dec2(&self, lhs: Reg, rhs: Reg, f: impl Fn(Dec, Dec) -> Value) -> Value {
        match (self.at(lhs), self.at(rhs)) {
            (Value::Dec(a), Value::Dec(b)) => f(*a, *b),
            (a, b) => poison2(*a, *b),
        }
    }

    fn int_dec(&self, lhs: Reg, rhs: Reg, f: impl Fn(i64, Dec) -> Value) -> Value {
        match (self.get(lhs), self.get(rhs)) {
            (Value::Int(a), Value::Dec(b)) => f(a, b),
            (a, b) => poison2(a, b),
        }
    }

    fn version2(&self, run: Run<'_>, lhs: Reg, rhs: Reg, f: impl Fn(Ordering) -> bool) -> Value {
        match (self.get(lhs), self.get(rhs)) {
            (Value::Version(a), Value::Version(b)) => {
                precedence(run, a, b).map_or(Value::UNSET, |order| Value::Bool(f(order)))
            }
            (a, b) => poison2(a, b),
        }
    }

    /// A number of a version.
    fn part(&self, run: Run<'_>, src: Reg, f: impl Fn(&Version<'_>) -> Option<i64>) -> Value {
        match self.get(src) {
            Value::Version(text) => {
                let text = run.snapshot.text(&run.program().constants, text);
                version(text).map_or(Value::UNSET, |version| int(f(&version)))
            }
            other => Value::poison(other),
        }
    }

    fn fold_int(&self, lhs: Reg, rhs: Reg, f: impl Fn(i64, i64) -> i64) -> Value {
        match (self.get(lhs), self.get(rhs)) {
            (Value::None, Value::Int(b)) => Value::Int(b),
            (Value::Int(a), Value::Int(b)) => Value::Int(f(a, b)),
            (a, b) => poison2(a, b),
        }
    }

    fn fold_dec(&self, lhs: Reg, rhs: Reg, f: impl Fn(Dec, Dec) -> Dec) -> Value {
        match (self.get(lhs), self.get(rhs)) {
            (Value::None, Value::Dec(b)) => Value::Dec(b),
            (Value::Dec(a), Value::Dec(b)) => Value::Dec(f(a, b)),
            (a, b) => poison2(a, b),
        }
    }

    // ---- lists, windows, builtins

    fn len(&self, list: Reg) -> Value {
        match self.get(list) {
            Value::List(list) => Value::Int(i64::from(list.len)),
            Value::None => Value::None,
            other => Value::poison(other),
        }
    }

    /// The first or last element of a list.
    fn end_of(&self, run: Run<'_>, list: Reg, cause: Cause, last: bool) -> Value {
        let found = match self.get(list) {
            Value::List(found) => found,
            other => return Value::poison(other),
        };
        let Some(others) = found.len.checked_sub(1) else { return Value::Unknown(cause.0) };
        let stride = run.module.strides.get(list.index()).copied().unwrap_or(0);
        let skipped = if last { others.saturating_mul(stride.into()) } else { 0 };
        Value::Elem(Cursor { at: found.start.saturating_add(skipped), left: 1 })
    }

    /// Whether the numbers of a list go up; where `strict` is set, none may stand twice.
    fn ascending(&mut self, run: Run<'_>, list: ListRef, strict: bool) -> Result<Value, Fault> {
        self.burn(u64::from(list.len))?;
        let mut pairs = self.scalars(run, list).zip(self.scalars(run, list).skip(1));
        let rises = |(a, b): (Value, Value)| match (a, b) {
            (Value::Int(a), Value::Int(b)) => a < b || (a == b && !strict),
            (Value::Dec(a), Value::Dec(b)) => a < b || (a == b && !strict),
            _ => false,
        };
        Ok(Value::Bool(pairs.all(rises)))
    }

    fn in_list(&mut self, run: Run<'_>, value: Reg, list: Reg) -> Result<Value, Fault> {
        let (value, found) = (self.get(value), self.get(list));
        let Value::List(list) = found else { return Ok(poison2(value, found)) };
        self.burn(u64::from(list.len))?;
        // Nothing is in an empty list, not even what is not known.
        if let Value::Fault(_) = value {
            return Ok(value);
        }
        let mut answer = Value::Bool(false);
        for other in self.scalars(run, list) {
            answer = kleene(&answer, &equal(run, value, other), true);
        }
        Ok(answer)
    }

    fn in_mask(&self, run: Run<'_>, src: Reg, mask: Konst) -> Value {
        let mask = match run.constant(mask) {
            Value::Int(mask) => mask,
            _ => 0,
        };
        match self.get(src) {
            Value::Int(member) => {
                let bit = u32::try_from(member).ok().and_then(|member| 1i64.checked_shl(member));
                Value::Bool(bit.is_some_and(|bit| mask & bit != 0))
            }
            Value::None => Value::Bool(false),
            other => other,
        }
    }

    fn in_window(&self, run: Run<'_>, at: Reg, window: WindowId) -> Value {
        let Some(window) = run.module.windows.get(window.index()) else { return Value::UNSET };
        self.int1(at, |at| match window.is_open(&run.program().calendars, at) {
            Openness::Open => Value::Bool(true),
            Openness::Closed => Value::Bool(false),
            Openness::Unknown(calendar) => calendar_unknown(run, calendar),
        })
    }

    fn next_open(&self, run: Run<'_>, at: Reg, window: WindowId) -> Value {
        let Some(window) = run.module.windows.get(window.index()) else { return Value::UNSET };
        self.int1(at, |at| match window.next_open(&run.program().calendars, at) {
            NextChange::At(instant) => Value::Int(instant),
            NextChange::Never => common(run, CommonCause::NeverOpens),
            NextChange::Unknown(calendar) => calendar_unknown(run, calendar),
        })
    }

    /// What a time zone's clocks show at an instant.
    fn in_zone(&self, run: Run<'_>, at: Reg, zone: Konst, show: impl Fn(&PreparedZone, i64) -> i64) -> Value {
        let Some(zone) = run.module.zones.get(&zone.0) else { return Value::UNSET };
        self.int1(at, |at| Value::Int(show(zone, at)))
    }

    /// The value of an entry, none where there is no such key; an error where map or key is not known.
    fn lookup(&mut self, run: Run<'_>, map: Reg, key: Reg) -> Result<Result<Value, Value>, Fault> {
        let (map, key) = (self.get(map), self.get(key));
        let (Value::List(map), Value::Str(_)) = (map, key) else { return Ok(Err(poison2(map, key))) };
        self.burn(u64::from(map.len))?;
        let entries = (0..map.len).map(|index| map.start.saturating_add(index.saturating_mul(ENTRY_SLOTS)));
        let mut found = entries.filter(|entry| same(run, self.cell(run, *entry), key));
        let value = found.next().map(|entry| self.cell(run, entry.saturating_add(1)));
        Ok(Ok(value.unwrap_or(Value::None)))
    }

    fn matches(&mut self, run: Run<'_>, text: Reg, pattern: Konst) -> Result<Value, Fault> {
        let Some(glob) = run.module.globs.get(&pattern.0) else { return Ok(Value::UNSET) };
        match self.get(text) {
            Value::Str(text) => {
                self.burn(glob::cost(glob, text.len))?;
                let text = run.snapshot.text(&run.program().constants, text);
                Ok(Value::Bool(glob::matches(glob, text)))
            }
            other => Ok(Value::poison(other)),
        }
    }

    fn call(&mut self, run: Run<'_>, builtin: BuiltinId, args: Reg) -> Result<Value, Fault> {
        let Some(builtin) = Builtin::from_id(builtin.0) else { return Ok(Value::UNSET) };
        self.burn(u64::from(builtin.info().cost))?;
        let first = self.get(args);
        let second = self.get(Reg(args.0.saturating_add(1)));
        let text = |value: StrRef| run.snapshot.text(&run.program().constants, value);
        Ok(match (builtin, first, second) {
            (Builtin::StartsWith, Value::Str(a), Value::Str(b)) => Value::Bool(text(a).starts_with(text(b))),
            (Builtin::EndsWith, Value::Str(a), Value::Str(b)) => Value::Bool(text(a).ends_with(text(b))),
            (Builtin::Contains, Value::Str(a), Value::Str(b)) => Value::Bool(text(a).contains(text(b))),
            (Builtin::Complement, Value::Dec(a), _) => dec(Dec::HUNDRED.checked_sub(a)),
            (Builtin::Ratio, Value::Int(a), Value::Int(b)) => ratio(run, a, b),
            (Builtin::AbsDuration, Value::Int(a), _) => int(a.checked_abs()),
            (Builtin::Ascending, Value::List(list), _) => self.ascending(run, list, false)?,
            (Builtin::StrictlyAscending, Value::List(list), _) => self.ascending(run, list, true)?,
            (
                Builtin::Complement | Builtin::AbsDuration | Builtin::Ascending | Builtin::StrictlyAscending,
                a,
                _,
            ) => Value::poison(a),
            (_, a, b) => poison2(a, b),
        })
    }

    fn waive(&mut self, waiver: holdpoint_isa::ops::WaiverId, cond: Reg) {
        if self.get(cond) == Value::Bool(true) {
            self.waived.push(waiver);
        }
    }
}

#[inline(always)]
fn jump(taken: bool, to: Label) -> Flow {
    if taken { Flow::To(to.0 as usize) } else { Flow::Next }
}

/// What no arm handles; the test of all operations finds any that comes here.
fn unhandled(_: Op) -> Value {
    Value::UNSET
}

/// What two operands of which at least one is no value proper come to.
pub(crate) const fn poison2(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Fault(_), _) => a,
        (_, Value::Fault(_)) => b,
        (Value::Unknown(_), _) => a,
        _ => Value::poison(b),
    }
}

/// Conjunction where `decided` is false, disjunction where it is true.
#[inline(always)]
fn kleene(a: &Value, b: &Value, decided: bool) -> Value {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Value::Bool(if decided { a | b } else { a & b }),
        (a, b) => not_both_known(*a, *b, decided),
    }
}

#[inline(never)]
fn not_both_known(a: Value, b: Value, decided: bool) -> Value {
    let decided = Value::Bool(decided);
    match (a, b) {
        (a, _) if a == decided => decided,
        (Value::Fault(_), _) => a,
        (_, b) if b == decided => decided,
        (a, b) => poison2(a, b),
    }
}

const fn is_none(value: Value) -> Value {
    match value {
        Value::Unknown(_) | Value::Fault(_) => value,
        Value::None => Value::Bool(true),
        _ => Value::Bool(false),
    }
}

const fn or_else(value: Value, alternative: Value) -> Value {
    match value {
        Value::None => alternative,
        other => other,
    }
}

const fn require(value: Value, cause: Cause) -> Value {
    match value {
        Value::None => Value::Unknown(cause.0),
        other => other,
    }
}

const fn poison_if(value: Value, cond: Value) -> Value {
    match (value, cond) {
        // The first fault stays, and a fault outweighs an unknown.
        (Value::Fault(_), _) => value,
        (_, Value::Fault(_)) => cond,
        (Value::Unknown(_), _) => value,
        (_, Value::Unknown(_)) => cond,
        _ => value,
    }
}

/// Within 0 and 100 %; what is not known counts nought, and a fault stays one.
fn factor(value: Value) -> Value {
    match value {
        Value::Dec(value) => Value::Dec(value.clamp(Dec::ZERO, Dec::HUNDRED)),
        Value::Fault(_) => value,
        _ => Value::Dec(Dec::ZERO),
    }
}

#[inline(always)]
fn equal_ints(run: Run<'_>, a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Bool(a == b),
        (a, b) => equal(run, *a, *b),
    }
}

#[inline(always)]
fn equal_texts(run: Run<'_>, a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Value::Bool(same_text(run, *a, *b)),
        (a, b) => equal(run, *a, *b),
    }
}

#[inline(never)]
fn equal(run: Run<'_>, a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Unknown(_) | Value::Fault(_), _) | (_, Value::Unknown(_) | Value::Fault(_)) => poison2(a, b),
        _ => Value::Bool(same(run, a, b)),
    }
}

/// A date moved by a duration of whole days.
fn moved(date: i64, by: i64, go: impl Fn(i64, i64) -> Option<i64>) -> Value {
    if by.checked_rem(DAY) != Some(0) {
        return Value::Fault(Fault::NotWholeDays);
    }
    let days = by.checked_div(DAY).and_then(|days| go(date, days));
    match days.and_then(date_of_days) {
        Some(date) => Value::Int(date.0.into()),
        None => Value::Fault(Fault::NoSuchDate),
    }
}

fn count_if(count: Value, cond: Value) -> Value {
    match (count, cond) {
        (Value::Int(count), Value::Bool(true)) => int(count.checked_add(1)),
        (count, Value::Bool(_)) => count,
        (count, cond) => poison_if(count, cond),
    }
}

fn int(value: Option<i64>) -> Value {
    value.map_or(Value::Fault(Fault::IntOverflow), Value::Int)
}

fn dec(value: Option<Dec>) -> Value {
    value.map_or(Value::Fault(Fault::DecimalOverflow), Value::Dec)
}

fn quotient(run: Run<'_>, a: Dec, b: Dec) -> Value {
    if b.is_zero() { common(run, CommonCause::DivisorNought) } else { dec(a.checked_div(b)) }
}

fn ratio(run: Run<'_>, part: i64, whole: i64) -> Value {
    let (part, whole) = (Dec::from_int(part), Dec::from_int(whole));
    if whole.is_zero() {
        return common(run, CommonCause::DivisorNought);
    }
    dec(part.checked_mul(Dec::HUNDRED).and_then(|part| part.checked_div(whole)))
}

fn common(run: Run<'_>, cause: CommonCause) -> Value {
    Value::Unknown(run.program().common_cause.saturating_add(cause as u16))
}

fn calendar_unknown(run: Run<'_>, calendar: u16) -> Value {
    Value::Unknown(run.program().calendar_cause.saturating_add(calendar))
}
