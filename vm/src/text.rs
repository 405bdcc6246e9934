//! Reasons: texts with values, written after a statement has objected.
//!
//! The code of a text runs in the same machine, on the same facts, with the element that the statement objected to; it
//! neither changes the decision nor counts as its fuel. There is fuel of its own for it, shared by all texts of a
//! decision.

use std::collections::BTreeSet;

use holdpoint_isa::Dec;
use holdpoint_isa::limits;
use holdpoint_isa::literal::{
    format_date_of, format_duration, format_instant, format_money, format_percent, format_points, format_size,
};
use holdpoint_isa::ops::Reg;
use holdpoint_isa::program::{Piece, Text};
use holdpoint_isa::types::Scalar;

use crate::machine::{Machine, Run};
use crate::value::Value;

/// Shown in place of a value that is not known.
const UNKNOWN: &str = "unknown";
/// Shown in place of a fault.
const FAULT: &str = "‹fault›";
/// Stands for a text that takes more fuel than there is for telling why.
const UNTOLD: &str = "the fuel for telling why is used up";
/// Set behind a text that was cut.
const CUT: &str = "…";

/// A text that was written, and what it could not know.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) causes: BTreeSet<u16>,
}

impl Written {
    /// Adds words, up to a text that will be cut: what is not known is noted all the same.
    fn push(&mut self, words: &str) {
        if self.text.len() <= limits::REASON_BYTES_MAX as usize {
            self.text.push_str(words);
        }
    }

    /// Notes what was not known; of an element that a loop never came to there is nothing to say.
    fn note(&mut self, cause: u16) {
        if Value::Unknown(cause) != Value::UNSET {
            self.causes.insert(cause);
        }
    }
}

impl Machine {
    /// Writes a text.
    pub(crate) fn write(&mut self, run: Run<'_>, text: &Text) -> Written {
        let mut written = Written::default();
        let built = self.mark();
        match self.on_telling_fuel(|machine| machine.run(run, text.block)) {
            Ok(()) => {
                let mut parts = false;
                text.pieces.iter().for_each(|piece| self.piece(run, piece, &mut written, &mut parts));
            }
            Err(_) => written.push(UNTOLD),
        }
        cut(&mut written.text, limits::REASON_BYTES_MAX as usize);
        self.drop_lists(built);
        written
    }

    fn piece(&self, run: Run<'_>, piece: &Piece, written: &mut Written, parts: &mut bool) {
        match piece {
            Piece::Words(words) => written.push(words),
            Piece::Value { reg, scalar } => self.show(run, *reg, *scalar, written),
            Piece::Part { cond, when, holds, fails, unknown } => {
                let cond = self.get(*cond);
                if let Value::Unknown(cause) = cond {
                    written.note(cause);
                }
                // A part bears on the outcome unless it speaks against the objection.
                if cond == Value::Bool(!when) {
                    return;
                }
                let inner = match cond {
                    Value::Bool(true) => holds,
                    Value::Bool(false) => fails,
                    _ => unknown,
                };
                if !inner.is_empty() && std::mem::replace(parts, true) {
                    written.push(", ");
                }
                inner.iter().for_each(|piece| self.piece(run, piece, written, &mut false));
            }
        }
    }

    fn show(&self, run: Run<'_>, reg: Reg, scalar: Scalar, written: &mut Written) {
        let value = self.get(reg);
        if let Value::List(list) = value {
            let room = limits::REASON_BYTES_MAX as usize;
            for (index, value) in self.scalars(run, list).enumerate() {
                if written.text.len() > room {
                    break;
                }
                if index > 0 {
                    written.push(", ");
                }
                show_scalar(run, value, scalar, written);
            }
            return;
        }
        show_scalar(run, value, scalar, written);
    }
}

fn show_scalar(run: Run<'_>, value: Value, scalar: Scalar, written: &mut Written) {
    if let Value::Unknown(cause) = value {
        written.note(cause);
    }
    match (value, scalar) {
        (Value::Unknown(_), _) => written.push(UNKNOWN),
        (Value::Fault(_), _) => written.push(FAULT),
        (Value::None, _) => written.push("none"),
        (Value::Bool(value), _) => written.push(if value { "true" } else { "false" }),
        (Value::Int(value), Scalar::Duration) => written.push(&format_duration(value)),
        (Value::Int(value), Scalar::Instant) => written.push(&format_instant(value)),
        (Value::Int(value), Scalar::Date) => written.push(&format_date_of(value)),
        (Value::Int(value), Scalar::Size) => written.push(&format_size(value)),
        (Value::Int(value), Scalar::Enum(index)) => written.push(member(run, index, value)),
        (Value::Int(value), _) => written.push(&value.to_string()),
        (Value::Dec(value), scalar) => written.push(&show_decimal(value, scalar)),
        (Value::Str(text) | Value::Version(text), _) => {
            written.push(run.snapshot.text(&run.program().constants, text));
        }
        (Value::List(_) | Value::Elem(_), _) => {}
    }
}

fn show_decimal(value: Dec, scalar: Scalar) -> String {
    match scalar {
        Scalar::Percent => format_percent(value),
        Scalar::Points => format_points(value),
        Scalar::Money(currency) => format_money(value, currency),
        _ => value.to_string(),
    }
}

fn member<'r>(run: Run<'r>, index: u16, value: i64) -> &'r str {
    let found = run.program().enums.get(usize::from(index));
    let name = found.and_then(|def| def.members.get(usize::try_from(value).ok()?));
    name.map_or("?", String::as_str)
}

/// Cuts a text to a number of bytes, at a character.
fn cut(text: &mut String, max: usize) {
    if text.len() <= max {
        return;
    }
    let mut end = max.saturating_sub(CUT.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.truncate(end);
    text.push_str(CUT);
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_at_a_character() {
        let mut text = "äöü".repeat(10);
        cut(&mut text, 10);
        assert_eq!(text, "äöü…");
    }
}
