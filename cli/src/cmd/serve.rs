//! `holdpoint serve`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use holdpoint_isa::codec::encode_source_map;
use holdpoint_server::{Config, ServeError, Started, serve};
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(path: &Path, data: PathBuf, listen: SocketAddr) -> Result<Exit, Failure> {
    let policy = package::policy(path)?;
    let source_map_bytes =
        encode_source_map(&policy.source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    log_to_stderr();
    let sample = package::sample_request(path, &policy.program);
    let (name, hash) = (policy.name.clone(), policy.program.hash());
    let bound = policy.program.fuel_bound();
    let policy = holdpoint_server::Policy {
        name: policy.name,
        program: policy.program,
        source_map: policy.source_map,
        source_map_bytes,
    };
    let mut config = Config::new(data.clone());
    config.listen = listen;
    let ready = |started: Started| {
        let address = started.address;
        output::out(&format!("policy  {name}  {hash}  fuel bound {bound}"));
        output::out(&format!("log     {}", data.display()));
        output::out(&format!("key     {}", started.vkey.unwrap_or_default()));
        output::out(&format!("listening on http://{address}\n"));
        output::out(&curl(address, sample.as_deref()));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Unavailable, error))?;
    let ended = runtime.block_on(serve(config, policy, ready, interrupted()));
    match ended {
        Ok(()) => Ok(Exit::Success),
        Err(error @ ServeError::Open(_)) => {
            Err(Failure::new(Exit::Unavailable, error).help("--data names another place for the log"))
        }
        Err(ServeError::Notary(error)) if error.is_damage() => Err(Failure::new(Exit::Damaged, error)
            .help("`holdpoint log verify` shows what is wrong; nothing is decided on such a log")),
        Err(error @ ServeError::Listen(..)) => Err(Failure::new(Exit::Unavailable, error)
            .help("--listen names another address, such as 127.0.0.1:0 for any free port")),
        Err(error) => Err(Failure::new(Exit::Unavailable, error)),
    }
}

/// A line that asks this server for a decision.
fn curl(address: SocketAddr, sample: Option<&Path>) -> String {
    let body = sample.map_or_else(|| "request.json".to_owned(), |path| path.display().to_string());
    format!(
        "curl -sS -H 'Content-Type: application/json' --data-binary @{body} http://{address}/v1/decisions"
    )
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
