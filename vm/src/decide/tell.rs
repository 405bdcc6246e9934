//! Telling why: the reason of a statement that fired, what was not known, and where it stands.

use std::collections::BTreeSet;

use holdpoint_isa::program::{self, SourceMap, Statement};

use crate::decision::Escalate;
use crate::machine::{Fired, Machine, Run};
use crate::value::Value;

/// What tells why.
#[derive(Clone, Copy)]
pub(super) struct Teller<'r> {
    pub(super) run: Run<'r>,
    pub(super) map: &'r SourceMap,
}

impl Teller<'_> {
    /// The reason of an objection, and what was not known where that is why.
    pub(super) fn reason(
        &self,
        machine: &mut Machine,
        fired: Fired,
        statement: &Statement,
    ) -> (String, Vec<String>) {
        let default = self.run.program().texts.get(usize::from(statement.reason));
        match fired.cond {
            Value::Fault(fault) => (format!("the evaluation ended: {}", fault.text()), Vec::new()),
            Value::Unknown(cause) => {
                let mut causes = default.map(|text| machine.write(self.run, text).causes).unwrap_or_default();
                if fired.cond != Value::UNSET {
                    causes.insert(cause);
                }
                let unknown: BTreeSet<String> = causes.into_iter().map(|cause| self.cause(cause)).collect();
                let unknown: Vec<String> = unknown.into_iter().collect();
                (are_unknown(&unknown), unknown)
            }
            _ => {
                let own = statement.because.and_then(|text| self.text(machine, text));
                let reason = own.or_else(|| default.map(|text| machine.write(self.run, text).text));
                (reason.unwrap_or_default(), Vec::new())
            }
        }
    }

    pub(super) fn text(&self, machine: &mut Machine, text: u16) -> Option<String> {
        let text = self.run.program().texts.get(usize::from(text))?;
        Some(machine.write(self.run, text).text)
    }

    /// The phrase of a cause.
    pub(super) fn cause(&self, cause: u16) -> String {
        let found = self.run.program().causes.get(usize::from(cause));
        found.map_or_else(|| "a value never set".to_owned(), String::clone)
    }

    /// Where a statement stands.
    pub(super) fn place(&self, statement: usize) -> Option<String> {
        self.map.statements.get(statement).map(|place| self.map.show(*place))
    }

    /// Whom an escalation asks.
    pub(super) fn escalate(&self, escalate: program::Escalate) -> Option<Escalate> {
        let group = self.run.program().groups.get(usize::from(escalate.group))?;
        let (group, source) = (group.name.clone(), group.source.clone());
        Some(Escalate { group, source, needs: escalate.needs, expires: escalate.expires })
    }
}

/// `a is unknown`, `a and b are unknown`.
pub(super) fn are_unknown(causes: &[String]) -> String {
    match causes.split_last() {
        None => "something is unknown".to_owned(),
        Some((only, [])) => format!("{only} is unknown"),
        Some((last, before)) => format!("{} and {last} are unknown", before.join(", ")),
    }
}
