//! `holdpoint serve`

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use holdpoint_isa::Program;
use holdpoint_isa::codec::encode_source_map;
use holdpoint_server::config::Keeping;
use holdpoint_server::log::OpenError;
use holdpoint_server::{Config, ServeError, Started, serve};
use tracing_subscriber::EnvFilter;

use super::log;
use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(
    path: &Path,
    under: &[PathBuf],
    data: PathBuf,
    listen: SocketAddr,
    keeping: Keeping,
) -> Result<Exit, Failure> {
    let policy = policy_of(path, under)?;
    let source_map_bytes =
        encode_source_map(&policy.source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    log_to_stderr();
    let sample = package::sample_request(path, &policy.program);
    let mut greeting = vec![format!(
        "policy  {}  {}  fuel bound {}",
        output::visible(&policy.name),
        policy.program.hash(),
        policy.program.fuel_bound()
    )];
    greeting.extend(unknown_facts(policy.program.program()));
    let invitation = invitation(policy.program.program());
    let policy = holdpoint_server::Policy {
        name: policy.name,
        program: policy.program,
        source_map: policy.source_map,
        source_map_bytes,
    };
    let mut config = Config::new(data.clone());
    (config.listen, config.keeping) = (listen, keeping);
    let ready = |started: Started| {
        let (address, stats) = (started.address, started.stats);
        greeting.push(match stats.last_sequence {
            // One that was opened and never used is as good as new.
            0 => format!("log     {} (new)", data.display()),
            1 => format!("log     {}, 1 decision", data.display()),
            count => format!("log     {}, {count} decisions", data.display()),
        });
        if let Some(vkey) = started.vkey {
            greeting.push(format!("key     {vkey}"));
        }
        greeting.push(format!("listening on http://{address}\n"));
        greeting.push(sample.as_deref().map_or(invitation, |sample| curl(address, sample)));
        output::out(&greeting.join("\n"));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Unavailable, error))?;
    let ended = runtime.block_on(serve(config, policy, ready, interrupted()));
    match ended {
        Ok(()) => Ok(Exit::Success),
        Err(ServeError::Open(error)) => {
            let failure = log::unopened(&error);
            Err(match error {
                OpenError::InUse(_) => {
                    failure.help("ask the server that has it, or end that server before this one starts")
                }
                OpenError::Storage(_) => failure.help("--data has to be a directory that can be written"),
                _ => failure,
            })
        }
        Err(ServeError::Notary(error)) if error.is_damage() => Err(Failure::new(Exit::Damaged, error)
            .help("`holdpoint log verify` shows what is wrong; nothing is decided on such a log")),
        Err(error @ ServeError::Listen(..)) => Err(Failure::new(Exit::Unavailable, error)
            .help("--listen names another address, such as 127.0.0.1:0 for any free port")),
        Err(error) => Err(Failure::new(Exit::Unavailable, error)),
    }
}

/// The policy to serve, which has something to decide by.
fn policy_of(path: &Path, under: &[PathBuf]) -> Result<package::Policy, Failure> {
    let policy = package::policy(path, under)?;
    if policy.program.program().policies.is_empty() {
        let failure = "this package has no policy: every request would be blocked";
        return Err(Failure::new(Exit::Refused, failure).help("write `policy NAME { … }` in a `.hold` file"));
    }
    Ok(policy)
}

/// The facts that callers do not send. This server gathers none of them.
fn unknown_facts(program: &Program) -> Option<String> {
    let names: Vec<&str> = program.facts.iter().map(|fact| fact.field.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("facts without a source here, so unknown: {}", names.join(", ")))
}

/// How to ask for a decision where no request is at hand.
fn invitation(program: &Program) -> String {
    let fields = program.layouts.first().map_or(&[][..], |root| &root.fields);
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    format!(
        "to ask for a decision, write a request as JSON and POST it to /v1/decisions; its members: {}",
        names.join(", ")
    )
}

/// A line for a shell that asks this server for a decision.
fn curl(mut address: SocketAddr, sample: &Path) -> String {
    if address.ip().is_unspecified() {
        // That is every address of this machine, but none to connect to.
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    let body = quoted(&format!("@{}", sample.display()));
    format!("curl -sS -H 'Content-Type: application/json' --data-binary {body} http://{address}/v1/decisions")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Logs to standard error: as text for people, as JSON where nobody watches. `HOLDPOINT_LOG` sets the level.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("HOLDPOINT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let watched = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // A second logger is refused; there is only this one.
    let _ = if watched { builder.try_init() } else { builder.json().try_init() };
}

/// Completes when the process is asked to end.
async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
