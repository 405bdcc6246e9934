//! `holdpoint log verify`, `receipt` and `verify-receipt`: whether the log is what was signed.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use holdpoint_isa::literal::format_instant;
use holdpoint_server::event::shown;
use holdpoint_server::log::{DecisionLog, Kind, RedbLog, Stored};
use holdpoint_server::notary::{Notary, NotaryError, last_signed, log_of};
use holdpoint_server::tlog::{Checkpoint, Proof, VerifierKey};
use holdpoint_server::{DecisionId, Hex, decision, proving, verify};

use super::{any, damaged, export, open, word};
use crate::exit::{Exit, Failure};
use crate::output::{self, visible};

/// How many decisions lie between two lines of progress.
const PROGRESS_EVERY: u64 = 100_000;
/// Longest file of keys, checkpoints and receipts that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Walks a log and compares it with what was signed.
pub(super) fn verify(data: &Path, vkey: Option<&str>, since: Option<&Path>) -> Result<Exit, Failure> {
    let log = open(data)?;
    let mut expected = Vec::new();
    // The last checkpoint lies beside the log unsigned; it counts all the same, since it can only find more.
    expected.extend(last_signed(data).map_err(unsigned)?);
    if let Some(path) = since {
        let key = match vkey {
            Some(text) => parse_key(text)?,
            None => Notary::open(data, &log, false).map_err(unsigned)?.verifier(),
        };
        expected.push(parse_checkpoint(path, &key)?);
    } else if let Some(text) = vkey {
        let key = parse_key(text)?;
        let own = holdpoint_server::notary::name_of(log.id());
        if key.name() != own {
            return Err(Failure::new(
                Exit::Damaged,
                format!("the log is `{own}`, and the key that of `{}`", key.name()),
            ));
        }
    }
    let total = log.size().unwrap_or_default();
    let mut tell = |what: &str| output::err(&format!("error: {}", visible(what)));
    let progress = |number: u64| {
        if number.is_multiple_of(PROGRESS_EVERY) {
            output::err(&format!("verified {number} of {total}"));
        }
        ControlFlow::Continue(())
    };
    let report = verify::walk(&log, &expected, &mut tell, progress).map_err(damaged)?;
    Ok(report.map_or(Exit::Unavailable, |report| conclude(&report, &expected)))
}

/// Checks an export of a log.
pub(super) fn verify_export(file: &Path, vkey: Option<&str>, since: Option<&Path>) -> Result<Exit, Failure> {
    let key = vkey.map(parse_key).transpose()?;
    let mut expected = Vec::new();
    match (&key, since) {
        (Some(key), Some(since)) => expected.push(parse_checkpoint(since, key)?),
        (None, Some(_)) => {
            return Err(Failure::new(Exit::Usage, "an older checkpoint cannot be checked without a key")
                .help("--vkey is the key of the log, as the server prints it"));
        }
        _ => {}
    }
    let report = export::verify(file, key.as_ref(), &expected)?;
    if key.is_none() {
        output::err("warning: without --vkey the signature at the end is not checked");
    }
    Ok(conclude(&report, &expected))
}

/// Says how a verification ended.
fn conclude(report: &verify::Report, expected: &[Checkpoint]) -> Exit {
    if report.wrong > 0 {
        output::out(&format!("{} records, {} findings: the log is damaged", report.records, report.wrong));
        return Exit::Damaged;
    }
    output::out(&format!("{} records verified, root {}", report.records, Hex(&report.root)));
    for checkpoint in expected {
        output::out(&format!("  consistent with the checkpoint over {} records", checkpoint.size));
    }
    Exit::Success
}

/// Prints the receipt of a decision.
pub(super) fn receipt(data: &Path, id: &str) -> Result<Exit, Failure> {
    let log: RedbLog = open(data)?;
    let stored = any(&log, id)?;
    let notary = Notary::open(data, &log, false).map_err(unsigned)?;
    let receipt = notary.receipt(&log, &stored).map_err(unsigned)?;
    output::out(&receipt.to_string());
    Ok(Exit::Success)
}

/// Checks a receipt, and says what it is a receipt of.
pub(super) fn verify_receipt(path: &Path, vkey: &str) -> Result<Exit, Failure> {
    let key = parse_key(vkey)?;
    let refused = |why| Failure::new(Exit::Damaged, format!("`{}`: {why}", path.display()));
    let proof = Proof::parse(&read(path)?).map_err(refused)?;
    let stored: Stored = proving::receipted(&proof).map_err(refused)?;
    let checkpoint = proof.verify(&stored.seal.leaf_hash, &key).map_err(refused)?;
    let Some(log) = log_of(&checkpoint.origin) else {
        return Err(Failure::new(Exit::Usage, format!("`{}` is not the name of a log", key.name()))
            .help("the server prints its key when it starts, and `/log/vkey` shows it"));
    };
    if stored.record().map_err(damaged)?.kind == Kind::Event {
        let event = shown(&stored).map_err(damaged)?;
        output::out(&format!("{}  event {}", word(&event, "event"), stored.sequence));
        output::out(&format!("  in the log `{}` of {} records", checkpoint.origin, checkpoint.size));
        output::out(&visible(&event.to_string()));
        return Ok(Exit::Success);
    }
    let bytes = decision(log, &stored).map_err(damaged)?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| Failure::new(Exit::Damaged, error))?;
    let record = stored.record().map_err(damaged)?;
    let id = DecisionId { log, sequence: stored.sequence };
    output::out(&format!("{}  {id}", word(&value, "verdict")));
    output::out(&format!("  decided at {} by {}", format_instant(record.decided_at), record.module));
    output::out(&format!("  in the log `{}` of {} records", checkpoint.origin, checkpoint.size));
    output::out(&String::from_utf8_lossy(&bytes));
    Ok(Exit::Success)
}

fn parse_key(text: &str) -> Result<VerifierKey, Failure> {
    VerifierKey::parse(text.trim()).map_err(|why| {
        Failure::new(Exit::Usage, format!("--vkey `{text}`: {why}"))
            .help("the server prints its key when it starts, and `/log/vkey` shows it")
    })
}

fn parse_checkpoint(path: &Path, key: &VerifierKey) -> Result<Checkpoint, Failure> {
    Checkpoint::open(&read(path)?, key)
        .map_err(|why| Failure::new(Exit::Damaged, format!("`{}`: {why}", path.display())))
}

fn read(path: &Path) -> Result<String, Failure> {
    let cannot =
        |why: String| Failure::new(Exit::Unavailable, format!("cannot read `{}`: {why}", path.display()));
    let length = fs::metadata(path).map_err(|error| cannot(error.to_string()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(cannot("it is too long".to_owned()));
    }
    let bytes = fs::read(path).map_err(|error| cannot(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8".to_owned()))
}

pub(in crate::cmd) fn unsigned(error: NotaryError) -> Failure {
    let code = if error.is_damage() { Exit::Damaged } else { Exit::Unavailable };
    Failure::new(code, error)
}
