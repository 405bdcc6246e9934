//! `holdpoint eval`

use std::path::{Path, PathBuf};

use holdpoint_isa::literal;
use holdpoint_server::Clock;
use holdpoint_vm::request::Document;
use holdpoint_vm::{Decision, Machine, RequestError, Snapshot};

use crate::args::DecisionFormat;
use crate::exit::{Exit, Failure};
use crate::{output, package};

/// What is evaluated.
pub(crate) struct Inputs<'a> {
    /// The packages of the layers above.
    pub(crate) under: &'a [PathBuf],
    /// The request.
    pub(crate) request: &'a Path,
    /// The facts that its caller does not send.
    pub(crate) signals: Option<&'a Path>,
    /// The instant, as it was given.
    pub(crate) at: Option<&'a str>,
}

pub(crate) fn run(path: &Path, inputs: &Inputs<'_>, format: DecisionFormat) -> Result<Exit, Failure> {
    let (policy, snapshot, now) = read(path, inputs)?;
    let decision = Machine::new().decide(&policy.program, &policy.source_map, &snapshot, now);
    output::out(&match format {
        DecisionFormat::Text => {
            let value = serde_json::from_slice(&decision.to_json());
            let value = value.map_err(|error| Failure::new(Exit::Unavailable, error))?;
            output::decision(&value, &format!("at {}", output::instant(now)))
        }
        DecisionFormat::Json => json(&decision, now),
    });
    Ok(decision.verdict.into())
}

/// The policy, the facts as it lays them out, and the instant.
pub(crate) fn read(path: &Path, inputs: &Inputs<'_>) -> Result<(package::Policy, Snapshot, i64), Failure> {
    let Inputs { under, request, signals, at } = *inputs;
    let now = instant(at)?;
    let inputs = [Some(path), Some(request), signals];
    if inputs.into_iter().flatten().filter(|input| package::is_stdin(input)).count() > 1 {
        return Err(Failure::new(Exit::Usage, "standard input (`-`) can be read only once")
            .help("name a file for what else is read"));
    }
    let policy = package::policy(path, under)?;
    let body = package::read_bytes(request)?;
    let facts = signals.map(package::read_bytes).transpose()?;
    if let (Some(signals), Some([])) = (signals, facts.as_deref()) {
        // The machine takes nothing at all for no signals; whoever names a file means some.
        return Err(Failure::new(Exit::Refused, format!("{}:1:1: the file is empty", signals.display()))
            .help("write `{}` where no signal is known"));
    }
    let facts = facts.unwrap_or_default();
    let mut snapshot = Snapshot::new();
    snapshot.read(policy.program.program(), &body, &facts).map_err(|error| {
        let of_signals = signals.filter(|_| error.document == Document::Signals);
        refused(of_signals.unwrap_or(request), &error)
    })?;
    Ok((policy, snapshot, now))
}

fn instant(at: Option<&str>) -> Result<i64, Failure> {
    match at {
        Some(text) => literal::instant_literal(text).map_err(|error| {
            Failure::new(Exit::Usage, format!("--at `{text}`: {}", error.message())).help(error.help())
        }),
        None => Clock::System
            .now()
            .ok_or_else(|| Failure::new(Exit::Unavailable, "the clock of this machine is out of range")),
    }
}

fn refused(file: &Path, error: &RequestError) -> Failure {
    let place = if error.pointer.is_empty() { String::new() } else { format!(" at `{}`", error.pointer) };
    let at = format!("{}:{}:{}{place}", file.display(), error.line, error.column);
    let failure = Failure::new(Exit::Refused, format!("{at}: {}", error.message));
    match &error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// The decision as the server would answer it; it has neither id nor number, because it is recorded nowhere.
fn json(decision: &Decision, now: i64) -> String {
    let result = decision.to_json();
    let result = String::from_utf8_lossy(&result);
    let members = result.strip_prefix('{').unwrap_or(&result);
    format!("{{\"id\":null,\"sequence\":null,\"decided_at\":\"{}\",{members}", literal::format_instant(now))
}
