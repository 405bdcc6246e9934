//! Exit codes of all commands, as one table.

use std::fmt;
use std::process::ExitCode;

use holdpoint_isa::Verdict;
use holdpoint_isa::verdict::Judgement as Says;
use holdpoint_vm::Judgement;

macro_rules! exits {
    ($( $(#[doc = $doc:literal])+ $code:literal $name:ident; )+) => {
        /// How a command ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Exit { $( $(#[doc = $doc])+ $name = $code, )+ }

        /// The table, for `--help`.
        pub(crate) const TABLE: &str = concat!("Exit codes:\n", $( "  ", stringify!($code), "\t", $($doc,)+ "\n", )+);
    };
}

exits! {
    /// success; the verdict is allow, the judgement promote; a replay gave the same bytes
    0 Success;
    /// `check` found errors, or warnings that are denied; `fmt --check` another layout; tests failed; a replay gave other
    /// bytes
    1 Findings;
    /// the command was used wrongly
    2 Usage;
    /// the policy does not compile (except in `check`, which returns 1), or the request was refused
    3 Refused;
    /// the decision log, the network or a file is not available
    5 Unavailable;
    /// the decision log is damaged
    6 Damaged;
    /// a decision cannot be replayed here
    7 CannotReplay;
    /// the verdict is block, the judgement rollback
    10 Block;
    /// the verdict is delay, the judgement hold
    11 Delay;
    /// the verdict is escalate; a stage of a rollout is held, and somebody is asked
    12 Escalate;
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allow => Self::Success,
            Verdict::Delay => Self::Delay,
            Verdict::Escalate => Self::Escalate,
            Verdict::Block => Self::Block,
        }
    }
}

impl Exit {
    /// How a judgement shows.
    pub(crate) const fn of_judgement(judgement: &Judgement) -> Self {
        match (judgement.outcome, &judgement.escalate) {
            (Says::Promote, _) => Self::Success,
            (Says::Hold, None) => Self::Delay,
            (Says::Hold, Some(_)) => Self::Escalate,
            (Says::Rollback, _) => Self::Block,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What is returned to the caller.
    pub(crate) code: Exit,
    /// What was wrong.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: Exit, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string(), help: None }
    }

    pub(crate) fn help(mut self, help: impl fmt::Display) -> Self {
        self.help = Some(help.to_string());
        self
    }
}
