//! The commands.

mod build;
mod check;
mod eval;
mod explain;
mod log;
mod serve;
mod suite;

use clap::CommandFactory;

use crate::args::{Args, Command};
use crate::exit::{Exit, Failure};
use crate::{output, package};

/// Runs a command.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Check { path, format } => check::run(&path, format),
        Command::Test { path, filter } => suite::run(&path, filter.as_deref()),
        Command::Build { path, output } => build::run(&path, &output),
        Command::Eval { path, request, signals, at, format } => {
            eval::run(&path, &request, signals.as_deref(), at.as_deref(), format)
        }
        Command::Disasm { path } => {
            let policy = package::policy(&path)?;
            output::out(&holdpoint_compiler::disassemble(policy.program.program(), Some(&policy.source_map)));
            Ok(Exit::Success)
        }
        Command::Serve { path, data, listen } => serve::run(&path, data, listen),
        Command::Log { command } => log::run(command),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "holdpoint", &mut script);
            output::out(&String::from_utf8_lossy(&script));
            Ok(Exit::Success)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command())
                .render(&mut page)
                .map_err(|error| Failure::new(Exit::Unavailable, error))?;
            output::out(&String::from_utf8_lossy(&page));
            Ok(Exit::Success)
        }
    }
}
