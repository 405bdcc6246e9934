//! `holdpoint eval`

use std::path::Path;

use holdpoint_isa::literal;
use holdpoint_server::Clock;
use holdpoint_vm::{Decision, Machine, RequestError, Snapshot};

use crate::args::DecisionFormat;
use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(
    path: &Path,
    request: &Path,
    signals: Option<&Path>,
    at: Option<&str>,
    format: DecisionFormat,
) -> Result<Exit, Failure> {
    let now = instant(at)?;
    let policy = package::policy(path)?;
    let body = package::read_bytes(request)?;
    let signals = signals.map(package::read_bytes).transpose()?.unwrap_or_default();
    let mut snapshot = Snapshot::new();
    snapshot.read(policy.program.program(), &body, &signals).map_err(|error| refused(request, &error))?;
    let decision = Machine::new().decide(&policy.program, &policy.source_map, &snapshot, now);
    output::out(&match format {
        DecisionFormat::Text => output::decision(&decision, &format!("at {}", literal::format_instant(now))),
        DecisionFormat::Json => json(&decision, now),
    });
    Ok(decision.verdict.into())
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

fn refused(request: &Path, error: &RequestError) -> Failure {
    let place = if error.pointer.is_empty() { String::new() } else { format!(" at `{}`", error.pointer) };
    let at = format!("{}:{}:{}{place}", request.display(), error.line, error.column);
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
