//! `holdpoint serve`

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::encode_source_map;
use holdpoint_server::log::OpenError;
use holdpoint_server::publish::Writing;
use holdpoint_server::token::Secret;
use holdpoint_server::{Config, Offer, Policy, ServeError, Started, serve};
use tracing_subscriber::EnvFilter;

use super::log;
use crate::exit::{Exit, Failure};
use crate::publish::Library;
use crate::{output, package};

/// What a server is started with.
pub(crate) struct Options {
    pub(crate) path: Option<PathBuf>,
    pub(crate) under: Vec<PathBuf>,
    pub(crate) activate: bool,
    pub(crate) config: Config,
}

pub(crate) fn run(options: Options) -> Result<Exit, Failure> {
    let Options { path, under, activate, config } = options;
    let offered = path.as_deref().map(|path| offered(path, &under)).transpose()?;
    if path.is_none() && !under.is_empty() {
        return Err(Failure::new(Exit::Usage, "`--under` names what is above a package, and none is named"));
    }
    log_to_stderr();
    let data = config.data_dir.clone();
    let (policy, writing, sample) = match offered {
        None => (None, None, None),
        Some(Offered { policy, writing, sample }) => (Some(policy), writing, sample),
    };
    let given = policy.as_ref().map(|policy| policy.program.hash());
    let offer = Offer { policy, writing, activate, compiler: Some(Arc::new(Library)) };
    let ready = |started: Started| output::out(&greeting(&started, &data, given, sample.as_deref()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Unavailable, error))?;
    let ended = runtime.block_on(serve(config, offer, ready, interrupted()));
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
        Err(error @ ServeError::NoPolicy) => {
            Err(Failure::new(Exit::Usage, error)
                .help("name a package, such as `holdpoint serve examples/acme`"))
        }
        Err(error @ ServeError::Unfit(_)) => Err(Failure::new(Exit::Unavailable, error)
            .help("`holdpoint serve PATH --activate` has the policy of PATH decide instead")),
        Err(error) => Err(Failure::new(Exit::Unavailable, error)),
    }
}

/// A policy to be served, and a request to it that can be shown.
struct Offered {
    policy: Policy,
    writing: Option<Writing>,
    sample: Option<PathBuf>,
}

fn offered(path: &Path, under: &[PathBuf]) -> Result<Offered, Failure> {
    let package::Policy { name, program, source_map, writing } = package::policy(path, under)?;
    if program.program().policies.is_empty() {
        return Err(Failure::new(
            Exit::Refused,
            "this package has no policy: every request would be blocked",
        )
        .help("write `policy NAME { … }` in a `.hold` file"));
    }
    let source_map_bytes =
        encode_source_map(&source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    let sample = package::sample_request(path, &program);
    Ok(Offered { policy: Policy { name, program, source_map, source_map_bytes }, writing, sample })
}

/// What is said when the server has started.
fn greeting(started: &Started, data: &Path, given: Option<ModuleHash>, sample: Option<&Path>) -> String {
    let Started { address, active, stats, .. } = started;
    let mut lines = vec![format!(
        "policy  {}  {}  fuel bound {}",
        output::visible(&active.name),
        active.hash,
        active.fuel_bound
    )];
    if let Some(given) = given.filter(|_| started.other_than_offered) {
        lines.push(format!(
            "        It was activated in this log and decides. The one that was named, {given}, does not; --activate \
             has it decide."
        ));
    }
    if !active.unknown_facts.is_empty() {
        lines.push(format!("facts without a source here, so unknown: {}", active.unknown_facts.join(", ")));
    }
    lines.push(match stats.last_sequence {
        // One that was opened and never used is as good as new.
        0 => format!("log     {} (new)", data.display()),
        1 => format!("log     {}, 1 record", data.display()),
        count => format!("log     {}, {count} records", data.display()),
    });
    lines.extend(started.vkey.as_ref().map(|vkey| format!("key     {vkey}")));
    let token = started.administrator.as_ref().map(Secret::reveal);
    if let Some(token) = &token {
        lines.push(format!("token   {token}  (an administrator; it is printed only now)"));
    }
    lines.push(format!("listening on http://{address}\n"));
    let token = token.unwrap_or_else(|| "$HOLDPOINT_TOKEN".to_owned());
    let sample = sample.filter(|_| !started.other_than_offered);
    lines.push(sample.map_or_else(|| invitation(&active.members), |sample| curl(*address, sample, &token)));
    lines.join("\n")
}

/// How to ask for a decision where no request is at hand.
fn invitation(members: &[String]) -> String {
    let names: Vec<String> = members.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "to ask for a decision, write a request as JSON and POST it to /v1/decisions; its members: {}",
        names.join(", ")
    )
}

/// A line for a shell that asks this server for a decision; `token` is a token or the variable that has one.
fn curl(mut address: SocketAddr, sample: &Path, token: &str) -> String {
    if address.ip().is_unspecified() {
        // That is every address of this machine, but none to connect to.
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    let body = quoted(&format!("@{}", sample.display()));
    format!(
        "curl -sS -H \"Authorization: Bearer {token}\" -H 'Content-Type: application/json' --data-binary {body} \
         http://{address}/v1/decisions"
    )
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
