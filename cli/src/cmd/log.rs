//! `holdpoint log`: the decision log, read without a server.

mod export;
mod tree;

use std::path::Path;

use holdpoint_isa::Verdict;
use holdpoint_lang::diag::nearest::nearest;
use holdpoint_server::event::shown;
use holdpoint_server::explain::Explanation;
use holdpoint_server::export::Format;
use holdpoint_server::log::{Cursor, DecisionLog, Filter, Kind, OpenError, ReadError, RedbLog, Stored};
use holdpoint_server::replay::{Replay, Replayer};
use holdpoint_server::{DecisionId, decision};
use serde_json::Value;

use crate::args::{DecisionFormat, ExplanationFormat, ExportFormat, LogCommand};
use crate::exit::{Exit, Failure};
use crate::output::{self, visible, word};

pub(super) use tree::unsigned;

/// How many replays lie between two lines of progress.
const PROGRESS_EVERY: u64 = 10_000;

pub(crate) fn run(command: LogCommand) -> Result<Exit, Failure> {
    match command {
        LogCommand::Events { data, event, limit } => events(&open(&data)?, event, limit.get()),
        LogCommand::List { data, verdict, rule, service, environment, actor, caller, limit, format } => {
            let verdict = verdict.map(|word| parse_verdict(&word)).transpose()?;
            let filter = Filter { verdict, rule, service, environment, actor, caller, ..Filter::default() };
            list(&open(&data)?, &filter, limit.get(), format)
        }
        LogCommand::Show { decision, data, format } => {
            let log = open(&data)?;
            let stored = find(&log, &decision)?;
            show(&log, &stored, format)
        }
        LogCommand::Explain { decision, data, format } => {
            let log = open(&data)?;
            let explained = Explanation::of(log.id(), &find(&log, &decision)?).map_err(damaged)?;
            output::out(&match format {
                ExplanationFormat::Text => explained.text(),
                ExplanationFormat::Html => explained.html(),
            });
            Ok(Exit::Success)
        }
        LogCommand::Replay { decision: Some(decision), data, .. } => replay_one(&open(&data)?, &decision),
        LogCommand::Replay { all: true, data, .. } => replay_all(&open(&data)?),
        LogCommand::Replay { .. } => Err(Failure::new(Exit::Usage, "nothing was said to replay")
            .help("name a decision by its id or its number, or give --all for every one")),
        LogCommand::Verify { file: Some(file), vkey, since, .. } => {
            tree::verify_export(&file, vkey.as_deref(), since.as_deref())
        }
        LogCommand::Verify { data, vkey, since, .. } => {
            tree::verify(&data, vkey.as_deref(), since.as_deref())
        }
        LogCommand::Export { data, format } => export::run(
            &data,
            match format {
                ExportFormat::Ndjson => Format::Ndjson,
                ExportFormat::Csv => Format::Csv,
            },
        ),
        LogCommand::Receipt { decision, data } => tree::receipt(&data, &decision),
        LogCommand::VerifyReceipt { file, vkey } => tree::verify_receipt(&file, &vkey),
    }
}

pub(super) fn open(data: &Path) -> Result<RedbLog, Failure> {
    RedbLog::inspect(data).map_err(|error| {
        let failure = unopened(&error);
        match error {
            OpenError::Missing(_) => {
                failure.help("--data names the directory that `holdpoint serve --data` was given")
            }
            OpenError::InUse(_) => failure.help(
                "ask the server that has it, such as by `GET /v1/decisions`, or end the server before its log is read",
            ),
            _ => failure,
        }
    })
}

/// Why a log cannot be opened, by the server or without one.
pub(super) fn unopened(error: &OpenError) -> Failure {
    match error {
        OpenError::Damaged(_) | OpenError::NotALog(_) => Failure::new(Exit::Damaged, error)
            .help("keep the file as it is, and restore the log from an export or a backup"),
        OpenError::Format(_) => {
            Failure::new(Exit::Unavailable, error).help("read it with the version of holdpoint that wrote it")
        }
        OpenError::Missing(_) | OpenError::InUse(_) | OpenError::Storage(_) => {
            Failure::new(Exit::Unavailable, error)
        }
    }
}

fn parse_verdict(word: &str) -> Result<Verdict, Failure> {
    Verdict::from_word(word).ok_or_else(|| {
        let words = Verdict::ALL.map(Verdict::word);
        let failure = Failure::new(Exit::Usage, format!("unknown verdict `{word}`"));
        match nearest(word, words) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("write one of {}", words.join(", "))),
        }
    })
}

fn damaged(error: ReadError) -> Failure {
    let code = if matches!(error, ReadError::Unavailable(_)) { Exit::Unavailable } else { Exit::Damaged };
    let failure = Failure::new(code, error);
    match code {
        Exit::Damaged => {
            failure.help("keep the file as it is, and restore the log from an export or a backup")
        }
        _ => failure,
    }
}

fn list(log: &RedbLog, filter: &Filter, limit: usize, format: DecisionFormat) -> Result<Exit, Failure> {
    let (mut cursor, mut left) = (Some(Cursor::NEWEST), limit);
    while let Some(at) = cursor.filter(|_| left > 0) {
        let page = log.list(filter, at, left).map_err(damaged)?;
        for (_, stored) in page.items {
            let stored = stored.map_err(damaged)?;
            match format {
                DecisionFormat::Json => output::out(&json(log, &stored)?),
                DecisionFormat::Text => output::out(&line(log, &stored)?),
            }
            left = left.saturating_sub(1);
        }
        cursor = page.next;
    }
    Ok(Exit::Success)
}

/// One JSON value for each event.
fn events(log: &RedbLog, event: Option<String>, limit: usize) -> Result<Exit, Failure> {
    let filter = Filter { events: Some(event.unwrap_or_default()), ..Filter::default() };
    let (mut cursor, mut left) = (Some(Cursor::NEWEST), limit);
    while let Some(at) = cursor.filter(|_| left > 0) {
        let page = log.list(&filter, at, left).map_err(damaged)?;
        for (_, stored) in page.items {
            let shown = stored.and_then(|stored| shown(&stored)).map_err(damaged)?;
            output::out(&visible(&shown.to_string()));
            left = left.saturating_sub(1);
        }
        cursor = page.next;
    }
    Ok(Exit::Success)
}

fn json(log: &RedbLog, stored: &Stored) -> Result<String, Failure> {
    let bytes = decision(log.id(), stored).map_err(damaged)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn answer(log: &RedbLog, stored: &Stored) -> Result<Value, Failure> {
    serde_json::from_str(&json(log, stored)?).map_err(|error| Failure::new(Exit::Damaged, error))
}

fn line(log: &RedbLog, stored: &Stored) -> Result<String, Failure> {
    let value = answer(log, stored)?;
    let rules: Vec<&str> = value
        .get("objections")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|o| word(o, "rule"))
        .collect();
    let (id, verdict) = (word(&value, "id"), word(&value, "verdict"));
    let at = output::instant(stored.record().map_err(damaged)?.decided_at);
    Ok(format!("{id}  {at}  {verdict:<8}  {}", visible(&rules.join(", "))))
}

/// A decision by its id or its number.
fn find(log: &RedbLog, text: &str) -> Result<Stored, Failure> {
    let found = any(log, text)?;
    match found.record().map_err(damaged)?.kind {
        Kind::Decision => Ok(found),
        Kind::Event => {
            Err(Failure::new(Exit::Usage, format!("{} is an event and no decision", found.sequence))
                .help("`holdpoint log events` shows the events, `holdpoint log list` the decisions"))
        }
    }
}

/// A decision or an event by its id or its number.
fn any(log: &RedbLog, text: &str) -> Result<Stored, Failure> {
    let sequence = match (text.parse::<u64>(), DecisionId::parse(text)) {
        (Ok(sequence), _) => sequence,
        (_, Some(id)) if id.log == log.id() => id.sequence,
        (_, Some(_)) => {
            return Err(Failure::new(Exit::Usage, format!("`{text}` is a decision of another log"))
                .help(format!("the ids of this log begin with `d-{}-`", log.id())));
        }
        _ => {
            return Err(Failure::new(Exit::Usage, format!("`{text}` is neither an id nor a number"))
                .help("`holdpoint log list` shows the ids"));
        }
    };
    let found = log.get(sequence).map_err(damaged)?;
    found.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no decision {sequence}"))
            .help("`holdpoint log list` shows the newest")
    })
}

fn show(log: &RedbLog, stored: &Stored, format: DecisionFormat) -> Result<Exit, Failure> {
    let record = stored.record().map_err(damaged)?;
    let request = String::from_utf8_lossy(record.request);
    let signals = String::from_utf8_lossy(record.signals);
    if format == DecisionFormat::Json {
        let answer = json(log, stored)?;
        output::out(&format!("{{\"decision\":{answer},\"request\":{request},\"signals\":{signals}}}"));
        return Ok(Exit::Success);
    }
    let value = answer(log, stored)?;
    let title = format!("at {}  {}", output::instant(record.decided_at), word(&value, "id"));
    let mut lines = vec![output::decision(&value, &title)];
    lines.push(format!(
        "  semantics {}  time zones {}  asked by {} of {}",
        record.semantics,
        visible(record.tzdb),
        visible(record.origin.caller),
        visible(record.origin.tenant),
    ));
    lines.push(format!("  request {}", visible(&request)));
    lines.push(format!("  signals {}", visible(&signals)));
    if !record.shadow.is_empty() {
        lines.push(format!("  in the shadow {}", visible(&String::from_utf8_lossy(record.shadow))));
    }
    output::out(&lines.join("\n"));
    Ok(Exit::Success)
}

// ---- replay

fn replay_one(log: &RedbLog, text: &str) -> Result<Exit, Failure> {
    let stored = find(log, text)?;
    let outcome = Replayer::new().replay(log, &stored);
    report(stored.sequence, &outcome);
    Ok(exit(&outcome))
}

const fn exit(outcome: &Replay) -> Exit {
    match outcome {
        Replay::Identical => Exit::Success,
        Replay::Different(_) => Exit::Findings,
        Replay::Cannot(_) => Exit::CannotReplay,
        Replay::Damaged(_) => Exit::Damaged,
    }
}

fn report(sequence: u64, outcome: &Replay) {
    match outcome {
        Replay::Identical => output::out(&format!("decision {sequence}: identical")),
        Replay::Cannot(why) => {
            output::out(&format!("decision {sequence}: cannot be replayed: {}", visible(why)))
        }
        Replay::Damaged(what) => output::out(&format!("decision {sequence}: damaged: {}", visible(what))),
        Replay::Different(differences) => {
            output::out(&format!("decision {sequence}: different"));
            for d in differences {
                output::out(&format!(
                    "  {}: recorded {}, now {}",
                    d.member,
                    visible(&d.recorded.to_string()),
                    visible(&d.replayed.to_string())
                ));
            }
        }
    }
}

fn replay_all(log: &RedbLog) -> Result<Exit, Failure> {
    let total = log.stats().map_err(damaged)?.last_sequence;
    let mut replayer = Replayer::new();
    let (mut sequence, mut identical, mut events, mut worst) = (1u64, 0u64, 0u64, Exit::Success);
    while sequence <= total {
        let stretch = log.stretch(sequence).map_err(damaged)?;
        if stretch.is_empty() {
            return Err(Failure::new(Exit::Damaged, format!("decision {sequence} is missing")));
        }
        for stored in stretch {
            let outcome = match &stored {
                Ok(stored) if is_event(stored) => {
                    (sequence, events) = (sequence.saturating_add(1), events.saturating_add(1));
                    continue;
                }
                Ok(stored) => replayer.replay(log, stored),
                Err(error) => Replay::Damaged(error.to_string()),
            };
            if outcome == Replay::Identical {
                identical = identical.saturating_add(1);
            } else {
                report(sequence, &outcome);
                worst = if rank(exit(&outcome)) > rank(worst) { exit(&outcome) } else { worst };
            }
            if sequence % PROGRESS_EVERY == 0 {
                output::err(&format!("replayed {sequence} of {total}"));
            }
            sequence = sequence.saturating_add(1);
        }
    }
    output::out(&format!("{identical} of {} decisions identical", total.saturating_sub(events)));
    Ok(worst)
}

fn is_event(stored: &Stored) -> bool {
    stored.record().is_ok_and(|record| record.kind == Kind::Event)
}

/// Damage outweighs a difference, and that what cannot be replayed.
const fn rank(exit: Exit) -> u8 {
    match exit {
        Exit::Damaged => 3,
        Exit::Findings => 2,
        Exit::CannotReplay => 1,
        _ => 0,
    }
}
