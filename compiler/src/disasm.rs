//! Modules as text, for people.

use std::fmt::Write as _;

use holdpoint_isa::ops::{Op, Operand};
use holdpoint_isa::program::{Block, Const, Program, SourceMap};

/// Writes a module as text: its tables, then its code block by block.
pub fn disassemble(program: &Program, map: Option<&SourceMap>) -> String {
    let mut out = String::new();
    let w = &mut out;
    // Writing to a string cannot fail.
    let _ =
        writeln!(w, "semantics {}  tzdb {}  bound {}", program.semantics, program.tzdb, program.fuel_bound);
    let _ = writeln!(w, "{} operations, {} registers", program.code.len(), program.registers.len());
    for zone in &program.zones {
        let _ = writeln!(w, "  zone {}, {} bytes", zone.name, zone.tzif.len());
    }
    for (index, constant) in program.constants.iter().enumerate() {
        let _ = writeln!(w, "  k{index} = {}", show(constant));
    }
    block(w, program, "admission", program.admission);
    for (index, thunk) in program.thunks.iter().enumerate() {
        block(w, program, &format!("let{index}"), *thunk);
    }
    for (index, statement) in program.statements.iter().enumerate() {
        let rule = program.rules.get(usize::from(statement.rule));
        let policy = rule.and_then(|rule| program.policies.get(usize::from(rule.policy)));
        let name = |name: Option<&String>| name.cloned().unwrap_or_default();
        let place =
            map.and_then(|map| map.statements.get(index).map(|place| map.show(*place))).unwrap_or_default();
        let _ = writeln!(
            w,
            "\nstatement{index} of {}.{} {:?}, unknown {:?} {place}",
            name(policy.map(|policy| &policy.name)),
            name(rule.map(|rule| &rule.name)),
            statement.effect,
            statement.on_unknown,
        );
        if let Some(until) = statement.until {
            block(w, program, &format!("until of statement{index}, in r{}", until.reg.0), until.block);
        }
    }
    for (index, text) in program.texts.iter().enumerate() {
        block(w, program, &format!("text{index}"), text.block);
    }
    out
}

fn show(constant: &Const) -> String {
    match constant {
        Const::None => "none".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::Dec(value) => format!("{value} (decimal)"),
        Const::Version(text) => format!("{text} (version)"),
        Const::Str(text) => format!("{text:?}"),
    }
}

fn block(w: &mut String, program: &Program, name: &str, block: Block) {
    let start = block.start as usize;
    let code = program.code.get(start..start.saturating_add(block.len as usize)).unwrap_or_default();
    if code == [Op::End {}] {
        return;
    }
    let _ = writeln!(w, "\n{name}:");
    for (offset, op) in code.iter().enumerate() {
        let mut operands = String::new();
        op.visit(|field, operand| {
            let target = match operand {
                Operand::Label(_) | Operand::Span(_) | Operand::Slot(_) => format!(" {field}={operand}"),
                _ => format!(" {operand}"),
            };
            operands.push_str(&target);
        });
        let _ = writeln!(w, "  {:>5}  {:<16}{operands}", start.saturating_add(offset), op.info().name);
    }
}
