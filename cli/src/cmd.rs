//! The commands.

mod build;
mod check;
mod cost;
mod doc;
mod eval;
mod explain;
mod fmt;
mod init;
mod judge;
mod log;
mod lsp;
mod schema;
mod serve;
mod suite;
mod token;

use clap::CommandFactory;
use holdpoint_server::Config;

use crate::args::{Args, Command};
use crate::exit::{Exit, Failure};
use crate::{output, package};

/// Runs a command.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Check { path, layers, format, output, deny_warnings } => check::run(
            &path,
            &layers.under,
            check::Report { format, output: output.as_deref() },
            deny_warnings,
        ),
        Command::Init { directory, ci } => init::run(&directory, ci),
        Command::Lsp { stdio: _ } => lsp::run(),
        Command::Fmt { paths, check, diff } => {
            let mode = if check { fmt::Mode::Check } else { fmt::Mode::Write };
            fmt::run(&paths, if diff { fmt::Mode::Diff } else { mode })
        }
        Command::Test { paths, layers, filter, format, output } => {
            let report = suite::Report { format, output: output.as_deref() };
            suite::run(&paths, &layers.under, filter.as_deref(), &report)
        }
        Command::Build { path, layers, output } => build::run(&path, &layers.under, output.as_deref()),
        Command::Eval { path, layers, request, signals, at, format } => {
            let (signals, at) = (signals.as_deref(), at.as_deref());
            eval::run(&path, &eval::Inputs { under: &layers.under, request: &request, signals, at }, format)
        }
        Command::Judge { path, layers, request, signals, at, format } => {
            let (signals, at) = (Some(signals.as_path()), at.as_deref());
            judge::run(&path, &eval::Inputs { under: &layers.under, request: &request, signals, at }, format)
        }
        Command::Doc { path, layers, output } => doc::run(&path, &layers.under, output.as_deref()),
        Command::Cost { path, layers, format } => cost::run(&path, &layers.under, format),
        Command::Schema { path, layers, facts, output } => {
            schema::run(&path, &layers.under, facts, output.as_deref())
        }
        Command::Disasm { path, layers } => {
            let policy = package::policy(&path, &layers.under)?;
            output::out(&holdpoint_compiler::disassemble(policy.program.program(), Some(&policy.source_map)));
            Ok(Exit::Success)
        }
        Command::Serve { path, layers, data, listen, activate, two_people, keeping } => {
            let mut config = Config::new(data);
            (config.listen, config.keeping, config.two_people) = (listen, keeping.into(), two_people);
            serve::run(serve::Options { path, under: layers.under, activate, config })
        }
        Command::Log { command } => log::run(command),
        Command::Token { command } => token::run(command),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "holdpoint", &mut script);
            output::out(&String::from_utf8_lossy(&script));
            Ok(Exit::Success)
        }
        Command::Man => {
            let mut pages = Vec::new();
            let mut command = Args::command();
            command.build();
            man(&command, &mut pages).map_err(|error| Failure::new(Exit::Unavailable, error))?;
            output::out(&String::from_utf8_lossy(&pages));
            Ok(Exit::Success)
        }
    }
}

/// Writes the manual pages of a command and of those below it.
fn man(command: &clap::Command, pages: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(pages)?;
    let documented = command.get_subcommands().filter(|below| below.get_name() != "help");
    documented.into_iter().try_for_each(|below| man(below, pages))
}
