//! Arguments: the one place that says what the command takes. Completions and manual pages are made from it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::exit;

/// Deployment policies, compiled, decided, recorded.
#[derive(Debug, Parser)]
#[command(name = "holdpoint", version, about, after_help = exit::TABLE, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a package and show what is wrong with it
    Check {
        /// A directory with `.hold` files, or one such file
        path: PathBuf,
        /// How diagnostics are shown
        #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
        format: DiagnosticFormat,
    },
    /// Run the tests of a package
    Test {
        /// A directory with `.hold` files, or one such file
        path: PathBuf,
        /// Run only the tests whose names contain this
        #[arg(long)]
        filter: Option<String>,
    },
    /// Compile a package to a module, and print the module's hash
    Build {
        /// A directory with `.hold` files, or one such file
        path: PathBuf,
        /// Where the module is written; its source map goes beside it, with `.map` behind the name
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Decide one request here, recording nothing
    Eval {
        /// A package, or a module that was built
        path: PathBuf,
        /// The request as JSON; `-` reads standard input
        #[arg(long)]
        request: PathBuf,
        /// Signals as JSON, by name; those left out are unknown
        #[arg(long)]
        signals: Option<PathBuf>,
        /// The instant of the decision, such as 2026-11-20T15:30:00+01:00; the present if left out
        #[arg(long)]
        at: Option<String>,
        /// How the decision is shown
        #[arg(long, value_enum, default_value_t = DecisionFormat::Text)]
        format: DecisionFormat,
    },
    /// Show the code of a module
    Disasm {
        /// A package, or a module that was built
        path: PathBuf,
    },
    /// Serve decisions over HTTP, each recorded before it is answered
    Serve {
        /// A package, or a module that was built
        path: PathBuf,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:7117")]
        listen: SocketAddr,
    },
    /// Read the decision log; the server must not have it open
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// Explain the code of a diagnostic
    Explain {
        /// A code such as E0301; all codes if left out
        code: Option<String>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// List decisions, the newest first
    List {
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// Only decisions with this verdict
        #[arg(long)]
        verdict: Option<String>,
        /// Only decisions to which this rule objected, as `policy.rule`
        #[arg(long)]
        rule: Option<String>,
        /// Only decisions about this service
        #[arg(long)]
        service: Option<String>,
        /// Only decisions about this environment
        #[arg(long)]
        environment: Option<String>,
        /// Only decisions that this person or service asked for
        #[arg(long)]
        actor: Option<String>,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// How decisions are shown
        #[arg(long, value_enum, default_value_t = DecisionFormat::Text)]
        format: DecisionFormat,
    },
    /// Show one decision with the request that it was made from
    Show {
        /// Its id or its number
        decision: String,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// How the decision is shown
        #[arg(long, value_enum, default_value_t = DecisionFormat::Text)]
        format: DecisionFormat,
    },
    /// Make decisions again from what was recorded, and compare byte for byte
    Replay {
        /// Its id or its number
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        decision: Option<String>,
        /// Every decision of the log
        #[arg(long)]
        all: bool,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
    },
    /// Check every record, its leaf, and the tree over them against what was signed
    Verify {
        /// An export of a log, as `holdpoint log export` writes it; the log itself if left out
        #[arg(conflicts_with = "data")]
        file: Option<PathBuf>,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// The key of the log, as the server prints it; that of the directory if left out
        #[arg(long)]
        vkey: Option<String>,
        /// A file with an older checkpoint, as `/log/checkpoint` serves it, that the log has to agree with
        #[arg(long)]
        since: Option<PathBuf>,
    },
    /// Write all decisions to standard output
    Export {
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// How decisions are written
        #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
        format: ExportFormat,
    },
    /// Print the receipt of a decision: its record, and the proof that the log has it
    Receipt {
        /// Its id or its number
        decision: String,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
    },
    /// Check a receipt without the log, and show the decision that it is of
    VerifyReceipt {
        /// The receipt
        file: PathBuf,
        /// The key of the log, as the server prints it
        #[arg(long)]
        vkey: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnosticFormat {
    /// For reading, with the source
    Text,
    /// One line each
    Concise,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON value a line, with all that is needed to verify it
    Ndjson,
    /// A table
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecisionFormat {
    /// For reading
    Text,
    /// For programs
    Json,
}
