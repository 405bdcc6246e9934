//! The `holdpoint` command: check, test, build and run policies, and read the decision log.
//!
//! Results go to standard output, diagnostics and progress to standard error. What the exit codes mean stands in one
//! table, [`exit`].

mod args;
mod cmd;
mod doc;
mod exit;
mod file;
mod output;
mod package;
mod publish;
mod report;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match cmd::run(args) {
        Ok(code) => code.into(),
        Err(failure) => {
            output::failure(&failure);
            failure.code.into()
        }
    }
}
