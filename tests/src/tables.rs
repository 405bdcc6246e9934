//! The tables that the code holds, as the specification shows them.

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::fault::FAULTS;
use holdpoint_isa::limits::LIMITS;
use holdpoint_isa::ops::OPS;
use holdpoint_isa::types::Reading;
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::diag::Code;
use holdpoint_lang::ops::{OVERLOADS, PRECEDENCE};
use holdpoint_lang::token::Kw;

/// A row: its cells.
type Row = Vec<String>;

/// A table by its name: heading and rows.
type Table = (&'static str, fn() -> Vec<Row>);

const TABLES: &[Table] = &[
    ("builtins", builtins),
    ("codes", codes),
    ("faults", faults),
    ("keywords", keywords),
    ("limits", limits),
    ("operators", operators),
    ("ops", ops),
    ("precedence", precedence),
    ("readings", readings),
    ("verdicts", verdicts),
];

/// The names of all tables.
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|(name, _)| *name).collect()
}

/// A table with its columns aligned.
///
/// # Errors
/// Where there is no table of this name.
pub fn table(name: &str) -> Result<String, String> {
    let found = TABLES.iter().find(|(known, _)| *known == name);
    let (_, rows) =
        found.ok_or_else(|| format!("unknown table `{name}`: write one of {}", names().join(", ")))?;
    Ok(align(&rows()))
}

fn align(rows: &[Row]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn row<const N: usize>(cells: [&str; N]) -> Row {
    cells.map(str::to_owned).to_vec()
}

fn ops() -> Vec<Row> {
    let mut rows = vec![row(["number", "name", "operands", "fuel", "meaning"])];
    for op in OPS {
        let cost = if op.per_element { format!("{} + each", op.cost) } else { op.cost.to_string() };
        let number = format!("0x{:02x}", op.id);
        rows.push(row([&number, op.name, &op.operands.join(" "), &cost, op.doc.trim()]));
    }
    rows
}

fn builtins() -> Vec<Row> {
    let mut rows = vec![row(["number", "signature", "fuel", "meaning"])];
    for builtin in Builtin::ALL {
        let info = builtin.info();
        let params: Vec<String> =
            info.params.iter().map(|(name, ty)| format!("{name}: {}", ty.word())).collect();
        let signature = format!("{}({}) -> {}", info.word, params.join(", "), info.result.word());
        rows.push(row([&info.id.to_string(), &signature, &info.cost.to_string(), info.doc.trim()]));
    }
    rows
}

fn faults() -> Vec<Row> {
    let mut rows = vec![row(["number", "name", "text"])];
    let all = FAULTS.iter().map(|(fault, id, text, _)| row([&id.to_string(), &format!("{fault:?}"), text]));
    rows.extend(all);
    rows
}

fn limits() -> Vec<Row> {
    let mut rows = vec![row(["name", "value", "unit", "bounds"])];
    rows.extend(LIMITS.iter().map(|l| row([l.name, &l.value.to_string(), l.unit, l.doc.trim()])));
    rows
}

fn codes() -> Vec<Row> {
    let mut rows = vec![row(["code", "severity", "title", "clause"])];
    rows.extend(Code::ALL.iter().map(|c| row([c.id(), c.severity().word(), c.title(), c.rule()])));
    rows
}

fn keywords() -> Vec<Row> {
    let mut rows = vec![row(["word", "use"])];
    for kw in Kw::ALL {
        rows.push(row([kw.word(), if kw.is_reserved() { "reserved" } else { "a name elsewhere" }]));
    }
    rows
}

fn verdicts() -> Vec<Row> {
    let mut rows = vec![row(["rank", "verdict"])];
    rows.extend(
        Verdict::ALL
            .iter()
            .zip(0..)
            .map(|(verdict, rank): (_, u32)| row([&rank.to_string(), verdict.word()])),
    );
    rows
}

fn operators() -> Vec<Row> {
    let mut rows = vec![row(["left", "operator", "right", "result"])];
    for overload in OVERLOADS {
        let word = |operand: holdpoint_lang::ops::Operand| format!("{operand:?}").to_lowercase();
        rows.push(row([
            &word(overload.lhs),
            overload.op.word(),
            &word(overload.rhs),
            &word(overload.result),
        ]));
    }
    rows
}

fn precedence() -> Vec<Row> {
    let mut rows = vec![row(["level", "operators, the weakest first"])];
    for (level, number) in PRECEDENCE.iter().zip(1u32..) {
        let words: Vec<&str> = level.iter().map(|op| op.word()).collect();
        rows.push(row([&number.to_string(), &words.join("  ")]));
    }
    rows
}

fn readings() -> Vec<Row> {
    let mut rows = vec![row(["unit", "nanoseconds of one", "bytes of one"])];
    for (word, reading) in Reading::WORDS {
        let unit = reading.nanoseconds().map_or_else(String::new, |n| n.to_string());
        let bytes = reading.bytes().map_or_else(String::new, |n| n.to_string());
        rows.push(row([word, &unit, &bytes]));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{align, names, row, table};

    #[test]
    fn columns_are_aligned_without_blanks_at_the_end() {
        assert_eq!(align(&[row(["a", "b"]), row(["long", ""])]), "a     b\nlong\n");
    }

    #[test]
    fn every_table_has_rows_and_no_other_has_a_name() {
        for name in names() {
            assert!(table(name).unwrap().lines().count() > 1, "{name}");
        }
        assert!(table("nothing").is_err());
    }
}
