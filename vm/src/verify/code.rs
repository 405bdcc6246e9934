//! Single operations: each operand is there, and each register is of the kind that the row asks for.

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::limits::LIST_LEN_MAX;
use holdpoint_isa::ops::{BuiltinId, Class, Konst, Op, Operand, Reg};
use holdpoint_isa::program::{Const, Piece, Program};
use holdpoint_isa::types::Kind;

use super::layout::{element_kind, entry_kind, slot_kind};
use super::{LoadError, invalid, named_glob};

/// Checks an operation; jumps and loops are checked with the bounds.
pub(super) fn check(program: &Program, op: Op) -> Result<(), LoadError> {
    let mut first: Option<Kind> = None;
    let mut result = Ok(());
    op.visit(|name, operand| {
        if result.is_ok() {
            let found = check_operand(program, operand, &mut first);
            result = found.and_then(|()| check_result(program, name, operand)).map_err(|what| {
                LoadError::Invalid(format!("`{}`, operand `{name}`: {what}", op.info().name))
            });
        }
    });
    result?;
    check_relations(program, op).map_err(|what| LoadError::Invalid(format!("`{}`: {what}", op.info().name)))
}

fn kind(program: &Program, reg: Reg) -> Option<Kind> {
    program.registers.get(reg.index()).copied()
}

fn check_operand(program: &Program, operand: Operand, first: &mut Option<Kind>) -> Result<(), String> {
    let there =
        |index: usize, len: usize| if index < len { Ok(()) } else { Err(format!("{operand} is not there")) };
    match operand {
        Operand::Reg(reg, class) => {
            let Some(found) = kind(program, reg) else { return Err(format!("{operand} is not there")) };
            let wanted = *first.get_or_insert(found);
            if fits(class, found, wanted) { Ok(()) } else { Err(format!("{operand} is of another kind")) }
        }
        Operand::Konst(konst) => there(konst.index(), program.constants.len()),
        Operand::Thunk(thunk) => there(thunk.index(), program.thunks.len()),
        Operand::WindowId(window) => there(window.index(), program.windows.len()),
        Operand::Cause(cause) => there(cause.index(), program.causes.len()),
        Operand::PolicyId(policy) => there(policy.index(), program.policies.len()),
        Operand::StatementId(statement) => there(statement.index(), program.statements.len()),
        Operand::WaiverId(waiver) => there(waiver.index(), program.waivers.len()),
        Operand::RolloutId(rollout) => there(rollout.index(), program.rollouts.len()),
        Operand::BuiltinId(BuiltinId(id)) => {
            Builtin::from_id(id).map(|_| ()).ok_or_else(|| format!("{operand} is not there"))
        }
        // Slots depend on the layout, labels and spans on the block.
        Operand::Slot(_) | Operand::Label(_) | Operand::Span(_) => Ok(()),
    }
}

/// Only `Each` and `Next` move a register that walks a list.
fn check_result(program: &Program, name: &str, operand: Operand) -> Result<(), String> {
    match operand {
        Operand::Reg(reg, _) if name == "dst" && matches!(kind(program, reg), Some(Kind::Elem { .. })) => {
            Err(format!("{operand} walks a list, and only a loop may move it"))
        }
        _ => Ok(()),
    }
}

fn fits(class: Class, found: Kind, first: Kind) -> bool {
    match class {
        Class::Any => true,
        Class::Same => found == first,
        Class::Bool => found == Kind::Bool,
        Class::Int => found == Kind::Int,
        Class::Dec => found == Kind::Dec,
        Class::Str => found == Kind::Str,
        Class::Version => found == Kind::Version,
        Class::List => matches!(found, Kind::List { .. }),
        Class::Elem => matches!(found, Kind::Elem { .. }),
    }
}

/// Checks what the operands of one operation must be to each other.
fn check_relations(program: &Program, op: Op) -> Result<(), String> {
    let of = |reg: Reg| kind(program, reg);
    match op {
        Op::Const { dst, konst } => constant_fits(program, konst, of(dst)),
        Op::Fact { dst, slot } => same(slot_kind(program, 0, slot.0), of(dst)),
        Op::Field { dst, elem, slot } => match of(elem) {
            Some(Kind::Elem { layout, .. }) => same(slot_kind(program, layout, slot.0), of(dst)),
            _ => Err("no element".to_owned()),
        },
        Op::Each { elem, list, .. } => match (of(elem), of(list)) {
            (Some(Kind::Elem { layout: a, max: most }), Some(Kind::List { layout: b, max }))
                if a == b && max <= most =>
            {
                Ok(())
            }
            _ => Err("the element is not one of the list".to_owned()),
        },
        Op::First { elem, list, .. } | Op::Last { elem, list, .. } => match (of(elem), of(list)) {
            (Some(Kind::Elem { layout: a, .. }), Some(Kind::List { layout: b, .. })) if a == b => Ok(()),
            _ => Err("the element is not one of the list".to_owned()),
        },
        Op::DateIn { zone, .. } | Op::WeekdayIn { zone, .. } => {
            constant_fits(program, zone, Some(Kind::Str)).and_then(|()| not_none(program, zone))
        }
        Op::Lookup { dst, map, .. } => match of(map) {
            Some(Kind::List { layout, .. }) => same(entry_kind(program, layout), of(dst)),
            _ => Err("no map".to_owned()),
        },
        Op::HasKey { map, .. } => match of(map) {
            Some(Kind::List { layout, .. }) if entry_kind(program, layout).is_some() => Ok(()),
            _ => Err("no map".to_owned()),
        },
        Op::Matches { pattern, .. } => match named_glob(program, pattern) {
            Some(_) => Ok(()),
            None => Err("the constant is no glob".to_owned()),
        },
        Op::InMask { mask, .. } => constant_fits(program, mask, Some(Kind::Int)),
        Op::Insert { list, value } | Op::Push { list, value } | Op::InList { value, list, .. } => {
            match of(list) {
                Some(Kind::List { layout, .. }) => same(element_kind(program, layout), of(value)),
                _ => Err("no list".to_owned()),
            }
        }
        Op::ListNew { dst } => match of(dst) {
            Some(Kind::List { max, .. }) if max > LIST_LEN_MAX => Err("the list is too long".to_owned()),
            Some(Kind::List { layout, .. }) if element_kind(program, layout).is_some() => Ok(()),
            _ => Err("only lists of scalars are built".to_owned()),
        },
        Op::Call { dst, builtin, args } => call(program, builtin, of(dst), args),
        _ => Ok(()),
    }
}

fn same(expected: Option<Kind>, found: Option<Kind>) -> Result<(), String> {
    if expected.is_some() && expected == found { Ok(()) } else { Err("the kinds differ".to_owned()) }
}

fn constant_fits(program: &Program, konst: Konst, kind: Option<Kind>) -> Result<(), String> {
    let fits = matches!(
        (program.constants.get(konst.index()), kind),
        (Some(Const::None), Some(_))
            | (Some(Const::Bool(_)), Some(Kind::Bool))
            | (Some(Const::Int(_)), Some(Kind::Int))
            | (Some(Const::Dec(_)), Some(Kind::Dec))
            | (Some(Const::Str(_)), Some(Kind::Str))
            | (Some(Const::Version(_)), Some(Kind::Version))
    );
    if fits { Ok(()) } else { Err("the constant is of another kind".to_owned()) }
}

/// A constant that must be there is not none.
fn not_none(program: &Program, konst: Konst) -> Result<(), String> {
    match program.constants.get(konst.index()) {
        Some(Const::None) | None => Err("the constant is none".to_owned()),
        Some(_) => Ok(()),
    }
}

fn call(program: &Program, builtin: BuiltinId, result: Option<Kind>, args: Reg) -> Result<(), String> {
    let Some(builtin) = Builtin::from_id(builtin.0) else { return Err("no builtin".to_owned()) };
    let info = builtin.info();
    same(info.result.kind(), result)?;
    for (index, (_, param)) in info.params.iter().enumerate() {
        let reg = u16::try_from(index).ok().and_then(|index| args.0.checked_add(index));
        let found = reg.and_then(|reg| kind(program, Reg(reg)));
        match (param.kind(), found) {
            (Some(wanted), found) => same(Some(wanted), found)?,
            (None, Some(Kind::List { layout, .. }))
                if matches!(element_kind(program, layout), Some(Kind::Int | Kind::Dec)) => {}
            (None, _) => return Err("an argument is no list of numbers".to_owned()),
        }
    }
    Ok(())
}

/// Deepest nesting of parts within the parts of a text.
const PIECE_DEPTH_MAX: u32 = 8;

/// Checks a piece of a text.
pub(super) fn piece(program: &Program, found: &Piece, depth: u32) -> Result<(), LoadError> {
    if depth > PIECE_DEPTH_MAX {
        return invalid("the parts of a text nest too deeply");
    }
    match found {
        Piece::Words(_) => Ok(()),
        Piece::Value { reg, scalar } => {
            let fits = match kind(program, *reg) {
                Some(Kind::List { layout, .. }) => element_kind(program, layout) == Some(scalar.kind()),
                other => other == Some(scalar.kind()),
            };
            let known = !matches!(scalar, holdpoint_isa::types::Scalar::Enum(index) if usize::from(*index) >= program.enums.len());
            if fits && known { Ok(()) } else { invalid("a text shows a value of another kind") }
        }
        Piece::Part { cond, holds, fails, unknown, .. } => {
            if kind(program, *cond) != Some(Kind::Bool) {
                return invalid("a part of a text depends on something other than a truth value");
            }
            let mut pieces = holds.iter().chain(fails).chain(unknown);
            pieces.try_for_each(|inner| piece(program, inner, depth.saturating_add(1)))
        }
    }
}
