//! Modules made wrong on purpose: each change is one that a compiler would never make and an attacker might.

use holdpoint_isa::ops::{Cause, Konst, Op, Operand, Reg, Slot};
use holdpoint_isa::program::{Block, Const, Escalate, Field, Node, Piece, Program, Text, Then};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_isa::window::{Date, Days, Weekdays};

use crate::rng::Rng;

/// Changes one thing in a module.
pub fn mutate(program: &mut Program, rng: &mut Rng) {
    match rng.below(21) {
        0..9 => operation(program, rng),
        9 => registers(program, rng),
        10 => blocks(program, rng),
        11 => layouts(program, rng),
        12 => texts(program, rng),
        13 => statements(program, rng),
        14 => windows(program, rng),
        15 => constants(program, rng),
        16 => rearrange(program, rng),
        17 => waivers(program, rng),
        18 => scores(program, rng),
        19 => rollouts(program, rng),
        _ => numbers(program, rng),
    }
}

fn small(rng: &mut Rng, below: usize) -> u16 {
    let wild = rng.percent(3);
    u16::try_from(rng.below(if wild { 65_536 } else { below.max(1) })).unwrap_or(u16::MAX)
}

fn any<'l, T>(rng: &mut Rng, list: &'l mut [T]) -> Option<&'l mut T> {
    let at = rng.below(list.len());
    list.get_mut(at)
}

/// Another operand, another operation, or an operation in another place.
fn operation(program: &mut Program, rng: &mut Rng) {
    let (registers, slots) = (program.registers.len(), 12);
    let (at, other) = (rng.below(program.code.len()), rng.below(program.code.len()));
    let (Some(op), Some(from)) = (program.code.get(at).copied(), program.code.get(other).copied()) else {
        return;
    };
    let changed = match rng.below(6) {
        // A register of the same kind is what a verifier is most likely to let through.
        0..3 => rewritten(op, rng, |operand, rng| match operand {
            Operand::Reg(reg, _) if rng.percent(60) => {
                let kind = program.registers.get(reg.index());
                let same = (0..registers).filter(|index| program.registers.get(*index) == kind);
                rng.pick(&same.collect::<Vec<_>>()).map(|index| *index as u64)
            }
            Operand::Slot(_) if rng.percent(50) => Some(rng.below(slots) as u64),
            Operand::Label(label) if rng.percent(50) => {
                Some(u64::from(label.0).saturating_add(rng.below(8) as u64).saturating_sub(3))
            }
            Operand::Span(span) if rng.percent(50) => {
                Some(u64::from(span.0).saturating_add(rng.below(4) as u64).saturating_sub(1))
            }
            Operand::Konst(_) | Operand::Cause(_) if rng.percent(30) => Some(rng.below(8) as u64),
            Operand::Thunk(_) | Operand::WindowId(_) | Operand::StatementId(_) if rng.percent(30) => {
                Some(rng.below(4) as u64)
            }
            _ => None,
        }),
        3 => Some(from),
        4 => {
            let mut bytes = op.to_bytes();
            let rows = holdpoint_isa::ops::OPS;
            if let (Some(id), Some(row)) = (bytes.first_mut(), rng.pick(rows)) {
                *id = row.id;
            }
            Op::from_bytes(bytes)
        }
        _ => Some(made(program, rng)),
    };
    if let (Some(changed), Some(place)) = (changed, program.code.get_mut(at)) {
        *place = changed;
    }
}

/// An operation with some of its operands replaced.
fn rewritten(op: Op, rng: &mut Rng, mut other: impl FnMut(Operand, &mut Rng) -> Option<u64>) -> Option<Op> {
    let mut bytes = op.to_bytes();
    let mut at = 1usize;
    let mut found: Vec<(usize, usize, u64)> = Vec::new();
    op.visit(|_, operand| {
        let width = if matches!(operand, Operand::Label(_)) { 4 } else { 2 };
        if let Some(value) = other(operand, rng) {
            found.push((at, width, value));
        }
        at = at.saturating_add(width);
    });
    for (at, width, value) in found {
        for (byte, new) in bytes.iter_mut().skip(at).take(width).zip(value.to_le_bytes()) {
            *byte = new;
        }
    }
    Op::from_bytes(bytes)
}

/// An operation that copies, poisons or builds where the compiler would not.
fn made(program: &Program, rng: &mut Rng) -> Op {
    let mut reg = || Reg(small(rng, program.registers.len()));
    let (dst, src, other) = (reg(), reg(), reg());
    match rng.below(9) {
        0 => Op::Move { dst, src },
        1 => Op::Poison { dst, src },
        2 => Op::Const { dst, konst: Konst(small(rng, program.constants.len())) },
        3 => Op::Fact { dst, slot: Slot(small(rng, 8)) },
        4 => Op::Else { dst, src, alt: other },
        5 => Op::Require { dst, src, cause: Cause(small(rng, program.causes.len())) },
        6 => Op::Push { list: dst, value: src },
        7 => Op::Insert { list: dst, value: src },
        _ => Op::ListNew { dst },
    }
}

fn kind(program: &Program, rng: &mut Rng) -> Kind {
    let (layout, max) = (small(rng, program.layouts.len()), u32::from(small(rng, 6)));
    match rng.below(6) {
        0 => Kind::Bool,
        1 => Kind::Int,
        2 => Kind::Dec,
        3 => Kind::Str,
        4 => Kind::List { layout, max },
        _ => Kind::Elem { layout, max },
    }
}

fn registers(program: &mut Program, rng: &mut Rng) {
    let new = kind(program, rng);
    if let Some(old) = any(rng, &mut program.registers) {
        *old = match (*old, new) {
            (Kind::List { layout, max }, Kind::Bool) => Kind::Elem { layout, max },
            (Kind::List { layout, .. }, Kind::Int) => Kind::List { layout, max: 0 },
            (Kind::Elem { layout, .. }, Kind::Int) => Kind::Elem { layout, max: 4096 },
            _ => new,
        };
    }
}

fn blocks(program: &mut Program, rng: &mut Rng) {
    let len = program.code.len();
    let new = Block {
        start: u32::try_from(rng.below(len)).unwrap_or_default(),
        len: u32::try_from(rng.below(40)).unwrap_or_default(),
    };
    let existing: Vec<Block> =
        program.texts.iter().map(|text| text.block).chain(program.thunks.clone()).collect();
    let new = rng.pick(&existing).copied().filter(|_| rng.percent(70)).unwrap_or(new);
    match rng.below(4) {
        0 => program.admission = new,
        1 => any(rng, &mut program.thunks).into_iter().for_each(|block| *block = new),
        2 => any(rng, &mut program.texts).into_iter().for_each(|text| text.block = new),
        _ => {
            let until = any(rng, &mut program.statements).and_then(|statement| statement.until.as_mut());
            until.into_iter().for_each(|until| until.block = new);
        }
    }
}

fn layouts(program: &mut Program, rng: &mut Rng) {
    let count = program.layouts.len();
    let Some(layout) = any(rng, &mut program.layouts) else { return };
    match rng.below(6) {
        0 => layout.slots = small(rng, 12),
        1 => layout.first_cause = small(rng, 40),
        2 => {
            layout.fields.pop();
        }
        _ => {
            if let Some(field) = any(rng, &mut layout.fields) {
                node(field, count, rng);
            }
        }
    }
}

fn node(field: &mut Field, layouts: usize, rng: &mut Rng) {
    match &mut field.node {
        Node::Scalar { slot, scalar, .. } => {
            if rng.percent(50) {
                *slot = small(rng, 10);
            } else {
                *scalar = self::scalar(rng);
            }
        }
        Node::Record { presence, fields } => {
            if rng.percent(50) {
                *presence = Some(small(rng, 10));
            } else if let Some(inner) = any(rng, fields) {
                node(inner, layouts, rng);
            }
        }
        Node::List { slot, layout, max } | Node::Map { slot, layout, max } => match rng.below(3) {
            0 => *slot = small(rng, 10),
            1 => *layout = small(rng, layouts),
            _ => *max = u32::from(small(rng, 9)),
        },
    }
    field.optional ^= rng.percent(30);
}

fn scalar(rng: &mut Rng) -> Scalar {
    let list = [
        Scalar::Bool,
        Scalar::Int,
        Scalar::Decimal,
        Scalar::Percent,
        Scalar::Duration,
        Scalar::Instant,
        Scalar::Str { max: 3 },
        Scalar::Principal,
        Scalar::Enum(small(rng, 3)),
    ];
    rng.pick(&list).copied().unwrap_or(Scalar::Bool)
}

fn texts(program: &mut Program, rng: &mut Rng) {
    let registers = program.registers.len();
    let Some(Text { pieces, .. }) = any(rng, &mut program.texts) else { return };
    if rng.percent(20) {
        pieces.push(Piece::Value { reg: Reg(small(rng, registers)), scalar: scalar(rng) });
        return;
    }
    match any(rng, pieces) {
        Some(Piece::Words(words)) => words.push_str(&"long ".repeat(rng.below(700))),
        Some(Piece::Value { reg, scalar }) => {
            if rng.percent(50) {
                *reg = Reg(small(rng, registers));
            } else {
                *scalar = self::scalar(rng);
            }
        }
        Some(Piece::Part { cond, when, holds, fails, .. }) => {
            *cond = Reg(small(rng, registers));
            *when = !*when;
            std::mem::swap(holds, fails);
            holds.extend(fails.clone());
        }
        None => {}
    }
}

fn statements(program: &mut Program, rng: &mut Rng) {
    let (registers, texts, rules) = (program.registers.len(), program.texts.len(), program.rules.len());
    let Some(statement) = any(rng, &mut program.statements) else { return };
    match rng.below(6) {
        0 => statement.witness = Some(Reg(small(rng, registers))),
        1 => statement.reason = small(rng, texts),
        2 => statement.because = Some(small(rng, texts)),
        3 => statement.rule = small(rng, rules),
        4 => statement.timed = !statement.timed,
        _ => {
            if let Some(until) = &mut statement.until {
                until.reg = Reg(small(rng, registers));
                until.anchored = !until.anchored;
            }
        }
    }
}

fn windows(program: &mut Program, rng: &mut Rng) {
    let edge = [i32::MIN, i32::MAX, 0, 20_774, -1];
    let date = |rng: &mut Rng| Date(rng.pick(&edge).copied().unwrap_or_default());
    if rng.percent(20) {
        if let Some(calendar) = any(rng, &mut program.calendars) {
            (calendar.valid_from, calendar.valid_through) = (date(rng), date(rng));
            calendar.days.push(date(rng));
        }
        return;
    }
    let Some(window) = any(rng, &mut program.windows) else { return };
    let spans = if rng.percent(50) { &mut window.open } else { &mut window.closed };
    let Some(span) = any(rng, spans) else { return };
    let minutes = [0, 1, 1439, 1440, 1441, u16::MAX];
    match rng.below(4) {
        0 => span.start = rng.pick(&minutes).copied().unwrap_or_default(),
        1 => span.end = rng.pick(&minutes).copied().unwrap_or_default(),
        2 => span.days = Days::Dates { first: date(rng), last: date(rng) },
        _ => span.days = if rng.percent(50) { Days::Calendar(0) } else { Days::Weekdays(Weekdays(0xff)) },
    }
}

fn constants(program: &mut Program, rng: &mut Rng) {
    let Some(constant) = any(rng, &mut program.constants) else { return };
    *constant = match (rng.below(8), &*constant) {
        (0, _) => Const::None,
        (1, _) => Const::Bool(rng.percent(50)),
        (2, _) => Const::Str("\u{0}ü".to_owned()),
        (3, Const::Dec(_)) => Const::Dec(holdpoint_isa::Dec::from_billionths(i128::MIN)),
        (4, Const::Dec(_)) => Const::Dec(holdpoint_isa::Dec::from_billionths(i128::MAX)),
        (5, Const::Int(_)) => Const::Int(i64::MIN),
        _ => Const::Int(i64::MAX),
    };
}

/// Tables that shrink, grow or lie in another order.
fn rearrange(program: &mut Program, rng: &mut Rng) {
    match rng.below(7) {
        0 => drop(program.causes.pop()),
        1 => rng.shuffle(&mut program.constants),
        2 => rng.shuffle(&mut program.thunks),
        3 => rng.shuffle(&mut program.layouts),
        4 => program.enums.iter_mut().for_each(|def| def.members.truncate(1)),
        5 => drop(program.facts.pop()),
        _ => {
            let at = rng.below(program.code.len());
            program.code.remove(at);
        }
    }
}

fn waivers(program: &mut Program, rng: &mut Rng) {
    let (rules, policies) = (program.rules.len(), program.policies.len());
    if let Some(waiver) = any(rng, &mut program.waivers) {
        waiver.rules.push(small(rng, rules));
        waiver.policy = small(rng, policies);
    }
    if let Some(rule) = any(rng, &mut program.rules) {
        rule.policy = small(rng, policies);
    }
}

fn scores(program: &mut Program, rng: &mut Rng) {
    let registers = program.registers.len();
    if let Some(score) = any(rng, &mut program.scores) {
        score.total = Reg(small(rng, registers));
        any(rng, &mut score.factors).into_iter().for_each(|factor| factor.value = Reg(small(rng, registers)));
    }
}

fn rollouts(program: &mut Program, rng: &mut Rng) {
    let (groups, blocks) = (program.groups.len(), program.texts.iter().map(|text| text.block));
    let blocks: Vec<Block> =
        blocks.chain(program.thunks.iter().copied()).chain([program.admission]).collect();
    if let (Some(progress), true) = (&mut program.progress, rng.percent(30)) {
        let slots =
            [&mut progress.rollout, &mut progress.stage, &mut progress.since, &mut progress.held_since];
        for slot in slots {
            *slot = if rng.percent(40) { small(rng, 12) } else { *slot };
        }
        return;
    }
    let count = program.rollouts.len();
    let other = rng.pick(&program.rollouts).cloned();
    let Some(rollout) = any(rng, &mut program.rollouts) else { return };
    match rng.below(6) {
        0 => rollout.name = other.map(|other| other.name).unwrap_or_default(),
        1 => rollout.code = rng.pick(&blocks).copied().unwrap_or(rollout.code),
        2 => rollout.hold = rng.pick(&[i64::MIN, -1, 0, i64::MAX]).copied().unwrap_or_default(),
        3 => {
            rollout.then = Then::Escalate(Escalate { group: small(rng, groups), needs: 0, expires: Some(-1) })
        }
        4 => {
            let Some(stage) = any(rng, &mut rollout.stages) else { return };
            stage.lasts = rng.pick(&[i64::MIN, -1, 0, i64::MAX]).copied().unwrap_or_default();
            stage.code = rng.pick(&blocks).copied().filter(|_| rng.percent(60)).unwrap_or(stage.code);
        }
        _ if count > 1 => drop(program.rollouts.pop()),
        _ => rollout.stages.truncate(1),
    }
}

fn numbers(program: &mut Program, rng: &mut Rng) {
    match rng.below(4) {
        0 => program.calendar_cause = small(rng, program.causes.len()),
        1 => program.common_cause = small(rng, program.causes.len()),
        2 => program.fuel_bound = program.fuel_bound.saturating_sub(1),
        _ => program.registers.truncate(program.registers.len().saturating_sub(1)),
    }
}
