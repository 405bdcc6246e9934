//! Arguments: the one place that says what the command takes. Completions and manual pages are made from it.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use holdpoint_server::config::Keeping;
use holdpoint_server::token::{DAYS_DEFAULT, DAYS_MAX};

use crate::exit;

/// What `serve --help` says beyond the options.
const SERVE_HELP: &str = "\
The first start makes a token of an administrator and prints it; every request that is not for everybody needs the \
header `Authorization: Bearer` with a token. `holdpoint token` makes others.

A server has no sources of signals and other facts that callers do not send: they are unknown to it, and it \
names them when it starts. A rule that needs one objects, unless it says what an unknown fact means.

HOLDPOINT_LOG sets how much is logged to standard error: error, warn (the default), info, debug or trace.";

/// What `cost --help` says beyond the options.
const COST_HELP: &str = "\
What a rule adds is by how much the bound falls without it; what it shares with others, such as a `let`, counts for \
none of them. What it takes alone is the bound of a package that has nothing else. Fuel is the machine's measure of \
work: one for an operation, more for lists and texts.";

/// Deployment policies, compiled, decided, recorded.
#[derive(Debug, Parser)]
#[command(name = "holdpoint", version, about, after_help = exit::TABLE, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The layers above a package.
#[derive(Debug, clap::Args)]
pub(crate) struct Layers {
    /// A package of a layer above, such as the organisation's; repeated for several, the top layer first
    #[arg(long, value_name = "PATH")]
    pub(crate) under: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a package and show what is wrong with it
    Check {
        /// A directory with `.hold` files, one such file, or `-` for standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// How diagnostics are shown
        #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
        format: DiagnosticFormat,
        /// Write them to this file, and show them as text as well
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Return 1 for warnings too
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Begin a package: a policy with its tests, a request, and a pipeline that checks them
    Init {
        /// Where; made if it is not there. Nothing that is there is written over
        directory: PathBuf,
        /// Whose pipeline
        #[arg(long, value_enum, default_value_t = Ci::Github)]
        ci: Ci,
    },
    /// Give files their one layout
    Fmt {
        /// Directories with `.hold` files, such files, or `-` to read standard input and write standard output
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
        /// Write nothing; name the files with another layout, and return 1 where there are some
        #[arg(long)]
        check: bool,
        /// Write nothing; show what would change, and return 1 where something would
        #[arg(long)]
        diff: bool,
    },
    /// Serve an editor over standard input and output, by the Language Server Protocol
    Lsp {
        /// Taken from editors that say it; there is no other way
        #[arg(long)]
        stdio: bool,
    },
    /// Run the tests of packages, and tell which rules no test makes fire
    Test {
        /// A directory with `.hold` files, one such file, or `-` for standard input. Of a directory that has none
        /// itself, each package below it that has tests
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        layers: Layers,
        /// Run only the tests whose names contain this
        #[arg(long)]
        filter: Option<String>,
        /// How results are shown
        #[arg(long, value_enum, default_value_t = TestFormat::Text)]
        format: TestFormat,
        /// Write them to this file, and show them as text as well
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Compile a package to a module, and print the module's hash
    Build {
        /// A directory with `.hold` files, one such file, or `-` for standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// Where the module is written; its source map goes beside it, with `.map` behind the name. To standard
        /// output (`-`), a device or a pipe goes the module alone, and its hash to standard error. Without this,
        /// nothing is written
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Decide one request here, recording nothing
    Eval {
        /// A package, or a module that was built; `-` reads one policy source from standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
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
    /// Judge a stage of a rollout here, recording nothing
    Judge {
        /// A package, or a module that was built; `-` reads one policy source from standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// The request as JSON; `-` reads standard input
        #[arg(long)]
        request: PathBuf,
        /// Signals as JSON, by name: `progress` tells the stage, metrics come as lists of samples
        #[arg(long)]
        signals: PathBuf,
        /// The instant of the judgement, such as 2026-11-20T15:30:00+01:00; the present if left out
        #[arg(long)]
        at: Option<String>,
        /// How the judgement is shown
        #[arg(long, value_enum, default_value_t = DecisionFormat::Text)]
        format: DecisionFormat,
    },
    /// Print the JSON Schema (draft 2020-12) of what a package reads
    Schema {
        /// A directory with `.hold` files, one such file, or `-` for standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// Of the facts that callers do not send, such as signals, rather than of the request
        #[arg(long)]
        facts: bool,
        /// Write it to this file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print the reference of a package in Markdown: what it reads and demands, its reasons and bounds
    Doc {
        /// A directory with `.hold` files, one such file, or `-` for standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// Write it to this file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Tell the proven bound of a decision, and what each rule adds to it, the largest first
    #[command(after_help = COST_HELP)]
    Cost {
        /// A directory with `.hold` files, one such file, or `-` for standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
        /// How costs are shown
        #[arg(long, value_enum, default_value_t = DecisionFormat::Text)]
        format: DecisionFormat,
    },
    /// Show the code of a module
    Disasm {
        /// A package, or a module that was built; `-` reads one policy source from standard input
        path: PathBuf,
        #[command(flatten)]
        layers: Layers,
    },
    /// Serve decisions over HTTP, each recorded before it is answered
    #[command(after_help = SERVE_HELP)]
    Serve {
        /// A package, or a module that was built; `-` reads one policy source from standard input. Where a policy was
        /// activated in the log, that one decides; this one decides in a new log, and with --activate
        path: Option<PathBuf>,
        #[command(flatten)]
        layers: Layers,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// Where to listen: an address and a port; a port alone, as `7117` or `:7117`, is one of this machine only
        #[arg(long, default_value = "127.0.0.1:7117", value_parser = address)]
        listen: SocketAddr,
        /// Have the policy of PATH decide, whatever was activated before
        #[arg(long, requires = "path", conflicts_with = "two_people")]
        activate: bool,
        /// Have a policy activated only by somebody else than who proposed it
        #[arg(long)]
        two_people: bool,
        #[command(flatten)]
        keeping: KeepingArgs,
    },
    /// Read the decision log, which no server may have open; nothing is written to it
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// Make, list and revoke the tokens that a server is asked with, while no server has its log open
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Explain the code of a diagnostic
    Explain {
        /// A code such as E0301, or its number; all codes if left out
        code: Option<String>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual pages of the command and of all its subcommands
    Man,
}

/// How the decision log and its disk are looked after.
#[derive(Debug, clap::Args)]
pub(crate) struct KeepingArgs {
    /// Decide nothing while the disk of the log has less free than this and than --min-free-percent
    #[arg(long, value_name = "BYTES", default_value_t = Keeping::default().free_bytes)]
    min_free_bytes: u64,
    /// Decide nothing while a smaller share of the disk is free than this and than --min-free-bytes; 0 decides to the
    /// last byte
    #[arg(long, value_name = "PERCENT", default_value_t = Keeping::default().free_percent)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
    min_free_percent: u8,
    /// How long to rest after the whole log has been read to find damage, which stops decisions
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=8760))]
    scrub_rest: u32,
}

impl From<KeepingArgs> for Keeping {
    fn from(args: KeepingArgs) -> Self {
        Self {
            free_bytes: args.min_free_bytes,
            free_percent: args.min_free_percent,
            scrub_rest: Duration::from_secs(u64::from(args.scrub_rest).saturating_mul(3600)),
            ..Self::default()
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and print it; nobody can print it again
    Create {
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// The person or service that gets it, as decisions name who asked
        #[arg(long)]
        principal: String,
        /// Whose records it reaches, as ORGANISATION/TEAM/SERVICE; `*` is all of a kind
        #[arg(long, default_value = "*")]
        tenant: String,
        /// What it allows: deployment:trigger, deployment:manage, deployment:rollback, policy:propose, policy:activate,
        /// audit:read or admin; can be given again
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// Days until it expires
        #[arg(long, default_value_t = DAYS_DEFAULT)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
        days: u32,
    },
    /// List all tokens, without their secrets
    List {
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
    },
    /// Revoke a token
    Revoke {
        /// Its id, or the token
        id: String,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// List what happened other than decisions, such as the making of tokens, the newest first
    Events {
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// Only events of this name, such as `token.created`
        #[arg(long)]
        event: Option<String>,
        /// How many
        #[arg(long, default_value = "20")]
        limit: NonZeroUsize,
    },
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
        /// Only decisions that this person or service wanted
        #[arg(long)]
        actor: Option<String>,
        /// Only decisions that were asked for with a token of this principal
        #[arg(long)]
        caller: Option<String>,
        /// How many
        #[arg(long, default_value = "20")]
        limit: NonZeroUsize,
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
    /// Explain one decision in plain words
    Explain {
        /// Its id or its number
        decision: String,
        /// Where the decision log is kept
        #[arg(long, default_value = "./holdpoint-data")]
        data: PathBuf,
        /// How the explanation is shown
        #[arg(long, value_enum, default_value_t = ExplanationFormat::Text)]
        format: ExplanationFormat,
    },
    /// Make decisions again from what was recorded, and compare byte for byte
    Replay {
        /// Its id or its number; or give --all
        #[arg(conflicts_with = "all")]
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
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub's workflows: the ten worst, and the rest in a summary
    Github,
    /// GitLab's report of code quality
    Gitlab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For reading
    Text,
    /// For programs
    Json,
    /// JUnit's XML
    Junit,
    /// Test Anything Protocol 14
    Tap,
    /// Annotations of GitHub's workflows for failed tests: ten, and the rest in a summary
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// A workflow of GitHub Actions
    Github,
    /// A pipeline of GitLab
    Gitlab,
    /// None
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplanationFormat {
    /// For a terminal
    Text,
    /// As a page, complete in itself
    Html,
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

/// An address to listen at. What names no machine means this one, and nobody else is served unless that is said.
fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    let local = || port.parse().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    text.parse()
        .or_else(|_| local())
        .map_err(|_| "write an address and a port, such as 127.0.0.1:7117, 0.0.0.0:7117 or :7117".to_owned())
}
