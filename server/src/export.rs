//! A whole log as a stream of text: NDJSON that can be verified without the log, and CSV for tables.
//!
//! A line of NDJSON is a function of number, salt and record: a reader makes it again from these three and compares,
//! so that nothing in it can be altered without being noticed. The first line names the log, the last one how many
//! decisions there are, with a signed checkpoint over exactly those; without it an export is not complete.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use holdpoint_isa::literal::format_instant;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{decision, write_decision};
use crate::event::shown;
use crate::id::{Hex, LogId};
use crate::log::{DecisionLog, Kind, ReadError, Scan, Stored};
use crate::tlog::{Checkpoint, Refused, VerifierKey, from_base64, to_base64};
use crate::verify::{Audit, Report};

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON value a line.
    Ndjson,
    /// Comma-separated values with a head.
    Csv,
}

/// The head of CSV.
const COLUMNS: &str =
    "sequence,id,decided_at,verdict,rules,policy,tenant,caller,idempotency_key,trace,leaf\r\n";
/// Bytes that are handed on at once.
const CHUNK: usize = 64 * 1024;
/// Version of the lines.
const VERSION: u64 = 1;

/// Writes the first `size` decisions of a log to `sink`, which says whether to go on. `note` is the signed checkpoint
/// over them. Returns how many could not be read, each of which has a line that says so; none where `sink` broke off, so
/// that nobody takes what came for all.
///
/// # Errors
/// [`ReadError`], where the log cannot be read on.
pub fn export(
    log: &dyn DecisionLog,
    size: u64,
    note: Option<&str>,
    format: Format,
    sink: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
) -> Result<Option<u64>, ReadError> {
    let id = log.id();
    let mut out = match format {
        Format::Ndjson => {
            format!("{}\n", json!({"holdpoint_export": VERSION, "log": id.to_string()})).into_bytes()
        }
        Format::Csv => COLUMNS.as_bytes().to_vec(),
    };
    let (mut damaged, mut next) = (0u64, 1u64);
    for stored in Scan::from(log, 1) {
        if next > size {
            break;
        }
        let line = stored.and_then(|stored| match format {
            Format::Ndjson => line(id, &stored),
            Format::Csv => row(id, &stored),
        });
        match line {
            Ok(line) => out.extend_from_slice(&line),
            Err(error @ ReadError::Damaged { .. }) => {
                damaged = damaged.saturating_add(1);
                let line = match format {
                    Format::Ndjson => {
                        format!("{}\n", json!({"sequence": next, "damaged": error.to_string()}))
                    }
                    Format::Csv => format!("{next},,,damaged,,,,,,,\r\n"),
                };
                out.extend_from_slice(line.as_bytes());
            }
            Err(error) => return Err(error),
        }
        if out.len() >= CHUNK && sink(std::mem::take(&mut out)).is_break() {
            return Ok(None);
        }
        next = next.saturating_add(1);
    }
    if format == Format::Ndjson {
        out.extend_from_slice(format!("{}\n", json!({"end": size, "checkpoint": note})).as_bytes());
    }
    Ok(sink(out).is_continue().then_some(damaged))
}

/// The line of a decision or an event.
fn line(log: LogId, stored: &Stored) -> Result<Vec<u8>, ReadError> {
    let record = stored.record()?;
    let mut out = format!(
        "{{\"sequence\":{},\"salt\":\"{}\",\"record\":\"{}\",",
        stored.sequence,
        Hex(&stored.seal.salt),
        to_base64(&stored.record)
    )
    .into_bytes();
    if record.kind == Kind::Event {
        out.extend_from_slice(format!("\"event\":{}}}\n", shown(stored)?).as_bytes());
        return Ok(out);
    }
    out.extend_from_slice(b"\"decision\":");
    write_decision(&mut out, log, stored)?;
    for (name, value) in [("request", record.request), ("signals", record.signals)] {
        out.extend_from_slice(format!(",\"{name}\":").as_bytes());
        out.extend_from_slice(value);
    }
    if !record.shadow.is_empty() {
        out.extend_from_slice(b",\"shadow\":");
        out.extend_from_slice(record.shadow);
    }
    out.extend_from_slice(b"}\n");
    Ok(out)
}

/// The row of a decision; an event has none.
fn row(log: LogId, stored: &Stored) -> Result<Vec<u8>, ReadError> {
    let record = stored.record()?;
    if record.kind == Kind::Event {
        return Ok(Vec::new());
    }
    let answer: Value = serde_json::from_slice(&decision(log, stored)?)
        .map_err(|_| ReadError::damaged(stored.sequence, "its result is not JSON"))?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let objections = answer.get("objections").and_then(Value::as_array).into_iter().flatten();
    let rules: Vec<&str> = objections.filter_map(|one| one.get("rule")?.as_str()).collect();
    let cells = [
        text("id"),
        &format_instant(record.decided_at),
        text("verdict"),
        &rules.join(" "),
        &record.module.to_string(),
        record.origin.tenant,
        record.origin.caller,
        record.key.unwrap_or_default(),
        record.trace.unwrap_or_default(),
        &Hex(&stored.seal.leaf_hash).to_string(),
    ];
    let mut out = stored.sequence.to_string();
    cells.iter().for_each(|text| cell(&mut out, text));
    out.push_str("\r\n");
    Ok(out.into_bytes())
}

/// Appends a cell. What a spreadsheet would take for a formula gets a quote in front.
fn cell(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        // Writing to a text does not fail.
        let _ = write!(out, ",\"{}\"", text.replace('"', "\"\""));
    } else {
        let _ = write!(out, ",{text}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    holdpoint_export: u64,
    log: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    sequence: u64,
    salt: Option<&'a str>,
    record: Option<&'a str>,
    damaged: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: u64,
    checkpoint: Option<String>,
}

/// Checks an export line by line.
pub struct Reader<'a> {
    audit: Audit<'a>,
    key: Option<&'a VerifierKey>,
    log: Option<LogId>,
    next: u64,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Nothing read yet. Signatures are checked with `key`; without one they are not.
    pub fn new(audit: Audit<'a>, key: Option<&'a VerifierKey>) -> Self {
        Self { audit, key, log: None, next: 1, ended: false }
    }

    /// Takes the next line, with its line end.
    ///
    /// # Errors
    /// Where the text is no export, from the first line on.
    pub fn line(&mut self, text: &str) -> Result<(), Refused> {
        let Some(log) = self.log else {
            let head: Head =
                serde_json::from_str(text).map_err(|_| Refused("it does not begin as an export"))?;
            if head.holdpoint_export != VERSION {
                return Err(Refused("it is an export of another version"));
            }
            self.log = Some(LogId::parse(&head.log).ok_or(Refused("it does not say of which log it is"))?);
            return Ok(());
        };
        if self.ended {
            self.audit.wrong("lines follow the end");
        } else if text.starts_with("{\"checkpoint\"") || text.starts_with("{\"end\"") {
            self.end_line(log, text);
        } else {
            self.decision(log, text);
        }
        Ok(())
    }

    fn decision(&mut self, log: LogId, text: &str) {
        let number = self.next;
        self.next = number.saturating_add(1);
        match sealed(log, text) {
            Ok(stored) if stored.sequence == number => self.audit.leaf(stored.seal.leaf_hash),
            Ok(stored) => {
                self.audit.wrong(&format!("decision {} stands where {number} should", stored.sequence));
                self.audit.leaf(stored.seal.leaf_hash);
            }
            Err(why) => {
                self.audit.wrong(&format!("decision {number}: {why}"));
                self.audit.leaf([0; 32]);
            }
        }
    }

    fn end_line(&mut self, log: LogId, text: &str) {
        self.ended = true;
        let Ok(end) = serde_json::from_str::<End>(text) else {
            self.audit.wrong("the last line makes no sense");
            return;
        };
        let found = self.next.saturating_sub(1);
        if end.end != found {
            self.audit.wrong(&format!("it ends with decision {found}, and says {}", end.end));
        }
        let Some(key) = self.key else { return };
        if key.name() != crate::notary::name_of(log) {
            self.audit.wrong("the key is that of another log");
        }
        match end.checkpoint.ok_or(Refused("it is not signed")).and_then(|note| Checkpoint::open(&note, key))
        {
            Ok(checkpoint) => self.audit.expect_now(&checkpoint),
            Err(why) => self.audit.wrong(&format!("the checkpoint: {why}")),
        }
    }

    /// Says how it ended.
    pub fn end(mut self) -> Report {
        if !self.ended {
            self.audit.wrong("its end is missing");
        }
        self.audit.end()
    }
}

/// The decision of a line, if the line is exactly what the decision's record says.
fn sealed(log: LogId, text: &str) -> Result<Stored, String> {
    let line_of: Line<'_> = serde_json::from_str(text).map_err(|_| "the line makes no sense".to_owned())?;
    if let Some(damaged) = line_of.damaged {
        return Err(damaged);
    }
    let incomplete = || "the line is not complete".to_owned();
    let salt = line_of.salt.and_then(crate::id::from_hex::<32>).ok_or_else(incomplete)?;
    let record = line_of.record.and_then(from_base64).ok_or_else(incomplete)?;
    let stored = Stored::sealed(line_of.sequence, salt, record).map_err(|why| why.to_string())?;
    match line(log, &stored) {
        Ok(own) if own == text.as_bytes() => Ok(stored),
        Ok(_) => Err("the line is not what its record says".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
