//! From a snapshot and an instant to a decision (rules `verdict.combine`, `policy.governs`, `delay.fixpoint`).

mod judge;
mod plain;
mod plan;
mod retry;
mod tell;

pub use plain::PlainDecision;

use std::collections::BTreeSet;

use holdpoint_isa::ops::{PolicyId, WaiverId};
use holdpoint_isa::program::{Effect, Rule, SourceMap, Statement};
use holdpoint_isa::verdict::Verdict;
use holdpoint_isa::{Fault, limits};

use crate::decision::{Decision, Factor, Objection, Obligation, Score};
use crate::machine::{Fired, Machine, Run};
use crate::snapshot::Snapshot;
use crate::value::Value;
use crate::verify::VerifiedProgram;
use tell::{Teller, are_unknown};

/// Stands for the rule where Holdpoint itself objects.
const SYSTEM: &str = "holdpoint";

impl Machine {
    /// Decides. The source map gives places in the source and may be empty.
    pub fn decide(
        &mut self,
        module: &VerifiedProgram,
        map: &SourceMap,
        snapshot: &Snapshot,
        now: i64,
    ) -> Decision {
        let run = Run { module, snapshot, now };
        self.fuel = module.fuel_bound();
        self.telling = limits::EXPLAIN_FUEL_MAX;
        let outcome = self.admit(run);
        let mut report = Report::new(run, map, module.fuel_bound().saturating_sub(self.fuel));
        match outcome {
            Ok(()) => report.collect(self),
            Err(fault) => report.system(format!("the evaluation ended: {}", fault.text()), true),
        }
        let retry_at =
            if report.verdict() == Verdict::Delay { self.retry_at(run, &report.delays) } else { None };
        report.finish(retry_at)
    }

    /// Runs the code of admission from a clean state.
    fn admit(&mut self, run: Run<'_>) -> Result<(), Fault> {
        self.reset(run.module);
        self.run(run, run.program().admission)
    }

    /// Runs code on the fuel that is left for telling why.
    pub(crate) fn on_telling_fuel<T>(&mut self, code: impl FnOnce(&mut Self) -> T) -> T {
        self.fuel = self.telling;
        let result = code(self);
        self.telling = self.fuel;
        result
    }
}

/// The list that an objection goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Objection,
    Warning,
    Waived,
    Trial,
}

/// A statement that fired, and what it says.
struct Judged<'r> {
    fired: Fired,
    statement: &'r Statement,
    rule: &'r Rule,
    policy: &'r str,
    verdict: Option<Verdict>,
    place: Place,
}

/// What a statement that fired says, before any text is written.
fn weigh<'r>(run: Run<'r>, waived: &[WaiverId], fired: Fired) -> Option<Judged<'r>> {
    let program = run.program();
    let statement = program.statements.get(fired.statement.index())?;
    let rule = program.rules.get(usize::from(statement.rule))?;
    let policy = program.policies.get(usize::from(rule.policy))?;
    let effect = match (fired.cond, statement.effect) {
        // Advice changes nothing, whatever becomes of it.
        (Value::Fault(_), Effect::Object(_)) => Effect::Object(Verdict::Block),
        (Value::Bool(true) | Value::Fault(_), effect) => effect,
        _ => statement.on_unknown,
    };
    let verdict = match effect {
        Effect::Warn => None,
        Effect::Object(verdict) => Some(verdict),
        // The verifier lets no code of admission judge a stage.
        Effect::Judge(_) => Some(Verdict::Block),
    };
    // A fault cannot be waived.
    let waived =
        || !matches!(fired.cond, Value::Fault(_)) && waivers(run, waived, statement.rule).next().is_some();
    let place = match (rule.trial || policy.trial, verdict) {
        (true, _) => Place::Trial,
        (false, None) => Place::Warning,
        (false, Some(_)) if waived() => Place::Waived,
        (false, Some(_)) => Place::Objection,
    };
    Some(Judged { fired, statement, rule, policy: &policy.name, verdict, place })
}

/// Of the waivers that apply, those that remove the objections of a rule.
fn waivers<'a>(run: Run<'a>, applied: &'a [WaiverId], rule: u16) -> impl Iterator<Item = WaiverId> + 'a {
    let waives = move |id: &WaiverId| {
        run.program().waivers.get(id.index()).is_some_and(|waiver| waiver.rules.contains(&rule))
    };
    applied.iter().copied().filter(waives)
}

/// A decision in the making.
struct Report<'r> {
    tell: Teller<'r>,
    decision: Decision,
    /// Delays that object: when each ends, where that is known.
    delays: Vec<Option<i64>>,
    /// Waivers that removed something.
    effective: BTreeSet<WaiverId>,
}

impl<'r> Report<'r> {
    fn new(run: Run<'r>, map: &'r SourceMap, fuel_used: u64) -> Self {
        let decision = Decision {
            verdict: Verdict::Allow,
            objections: Vec::new(),
            warnings: Vec::new(),
            waived: Vec::new(),
            trial: Vec::new(),
            scores: Vec::new(),
            obligations: Vec::new(),
            plan: None,
            left_out: 0,
            retry_at: None,
            policy: run.module.hash(),
            fuel_used,
            fuel_bound: run.module.fuel_bound(),
        };
        Self { tell: Teller { run, map }, decision, delays: Vec::new(), effective: BTreeSet::new() }
    }

    const fn verdict(&self) -> Verdict {
        self.decision.verdict
    }

    /// Turns what fired into objections with reasons.
    fn collect(&mut self, machine: &mut Machine) {
        let heads = std::mem::take(&mut machine.heads);
        self.governing(&heads);
        machine.heads = heads;
        self.plan(machine);
        self.scores(machine);
        // Texts run code, which needs the machine whole.
        let fired = std::mem::take(&mut machine.fired);
        let mut judged: Vec<Judged<'_>> =
            fired.iter().filter_map(|fired| weigh(self.tell.run, &machine.waived, *fired)).collect();
        // The gravest first, so that what is left out beyond the limit is never what decides, and what a rule says
        // most gravely never is.
        judged.sort_by_key(|j| (std::cmp::Reverse(j.verdict), j.policy, &j.rule.name, j.fired.statement));
        let mut rules = BTreeSet::new();
        let first = |judged: &&Judged<'_>| rules.insert((judged.place, judged.statement.rule));
        let (gravest, others): (Vec<_>, Vec<_>) = judged.iter().partition(first);
        gravest.into_iter().for_each(|judged| self.statement(machine, judged));
        for judged in others {
            if self.room(judged.place) { self.statement(machine, judged) } else { self.leave_out(judged) }
        }
        machine.fired = fired;
        self.obligations(machine);
    }

    /// Notes the scores that were counted, from the registers in which their code left them.
    fn scores(&mut self, machine: &Machine) {
        for score in &self.tell.run.program().scores {
            let Value::Dec(total) = machine.get(score.total) else { continue };
            let factors = score.factors.iter().map(|factor| {
                let known = |reg| if let Value::Dec(value) = machine.get(reg) { Some(value) } else { None };
                Factor {
                    label: factor.label.clone(),
                    weight: factor.weight,
                    value: known(factor.value),
                    contribution: known(factor.contribution).unwrap_or_default(),
                }
            });
            let factors = factors.collect();
            self.decision.scores.push(Score { name: score.name.clone(), total, factors });
        }
        self.decision.scores.sort();
    }

    /// Objects where no enforced policy governs, or where whether one does is not known.
    fn governing(&mut self, heads: &[(PolicyId, Value)]) {
        let (mut governed, mut doubtful) = (false, false);
        for (id, head) in heads {
            let Some(policy) = self.tell.run.program().policies.get(id.index()) else { continue };
            let (unknown, fault) = match head {
                Value::Bool(true) => {
                    governed |= policy.governs && !policy.trial;
                    continue;
                }
                Value::Bool(false) => continue,
                Value::Fault(fault) => (Vec::new(), Some(fault.text())),
                Value::Unknown(cause) => (vec![self.tell.cause(*cause)], None),
                _ => (Vec::new(), None),
            };
            doubtful |= !policy.trial;
            let why = fault.map_or_else(|| are_unknown(&unknown), str::to_owned);
            let place = self.tell.map.policies.get(id.index()).map(|place| self.tell.map.show(*place));
            let objection = Objection {
                verdict: Some(Verdict::Block),
                rule: policy.name.clone(),
                reason: format!("whether this policy governs cannot be told: {why}"),
                control: None,
                source: place,
                unknown,
                fault: fault.is_some(),
                fix: None,
                until: None,
                escalate: None,
            };
            self.place(if policy.trial { Place::Trial } else { Place::Objection }, objection, None);
        }
        // Where it cannot be told whether a policy governs, that has been said.
        if !governed && !doubtful {
            self.system("no enforced policy governs this request".to_owned(), false);
        }
    }

    /// Objects in Holdpoint's own name.
    fn system(&mut self, reason: String, fault: bool) {
        self.system_unknown(reason, Vec::new(), fault);
    }

    /// Objects in Holdpoint's own name to what is not known.
    fn system_unknown(&mut self, reason: String, unknown: Vec<String>, fault: bool) {
        let objection = Objection {
            verdict: Some(Verdict::Block),
            rule: SYSTEM.to_owned(),
            reason,
            control: None,
            source: None,
            unknown,
            fault,
            fix: None,
            until: None,
            escalate: None,
        };
        self.place(Place::Objection, objection, None);
    }

    /// Counts a statement that fired, and what it says for the verdict, without keeping it.
    fn leave_out(&mut self, judged: &Judged<'r>) {
        self.decision.left_out = self.decision.left_out.saturating_add(1);
        if let (Place::Objection, Some(verdict)) = (judged.place, judged.verdict) {
            self.count(verdict, None);
        }
    }

    fn statement(&mut self, machine: &mut Machine, judged: &Judged<'r>) {
        let objection = self.objection(machine, judged);
        let until = objection.until;
        if judged.place == Place::Waived {
            self.waived(machine, judged, objection);
        } else {
            self.place(judged.place, objection, Some(until));
        }
    }

    fn objection(&self, machine: &mut Machine, judged: &Judged<'r>) -> Objection {
        let Judged { fired, statement, rule, policy, verdict, .. } = *judged;
        if let Some(witness) = statement.witness {
            machine.set(witness, fired.witness);
        }
        let certain = fired.cond == Value::Bool(true);
        let (reason, unknown) = self.tell.reason(machine, fired, statement);
        let fix = statement.fix.filter(|_| certain).and_then(|text| self.tell.text(machine, text));
        let until = if certain && verdict == Some(Verdict::Delay) {
            machine.until(self.tell.run, statement).filter(|end| *end > self.tell.run.now)
        } else {
            None
        };
        Objection {
            verdict,
            rule: format!("{policy}.{}", rule.name),
            reason,
            control: rule.control.clone(),
            source: self.tell.place(fired.statement.index()),
            unknown,
            fault: matches!(fired.cond, Value::Fault(_)),
            fix,
            until,
            escalate: statement
                .escalate
                .filter(|_| verdict == Some(Verdict::Escalate))
                .and_then(|e| self.tell.escalate(e)),
        }
    }

    /// Whether another entry fits into a list.
    fn room(&self, place: Place) -> bool {
        let len = match place {
            Place::Objection => self.decision.objections.len(),
            Place::Warning => self.decision.warnings.len(),
            Place::Waived => self.decision.waived.len(),
            Place::Trial => self.decision.trial.len(),
        };
        len < limits::OBJECTIONS_MAX as usize
    }

    /// Lets a verdict count, and the end of a delay.
    fn count(&mut self, verdict: Verdict, until: Option<i64>) {
        self.decision.verdict = self.decision.verdict.max(verdict);
        if verdict == Verdict::Delay {
            self.delays.push(until);
        }
    }

    /// Puts an objection into its list; `until` is that of a statement.
    fn place(&mut self, place: Place, objection: Objection, until: Option<Option<i64>>) {
        if let (Place::Objection, Some(verdict)) = (place, objection.verdict) {
            self.count(verdict, until.flatten());
        }
        let list = match place {
            Place::Objection => &mut self.decision.objections,
            Place::Warning => &mut self.decision.warnings,
            Place::Trial => &mut self.decision.trial,
            Place::Waived => return,
        };
        list.push(objection);
    }

    /// Puts an objection among those that waivers removed.
    fn waived(&mut self, machine: &Machine, judged: &Judged<'r>, objection: Objection) {
        let run = self.tell.run;
        let waivers = || waivers(run, &machine.waived, judged.statement.rule);
        let name = |id: WaiverId| run.program().waivers.get(id.index()).map(|waiver| waiver.name.clone());
        let names: BTreeSet<String> = waivers().filter_map(name).collect();
        self.effective.extend(waivers());
        self.decision.waived.push((names.into_iter().collect(), objection));
    }

    /// What the waivers that removed something oblige to.
    fn obligations(&mut self, machine: &mut Machine) {
        for id in std::mem::take(&mut self.effective) {
            let Some(waiver) = self.tell.run.program().waivers.get(id.index()) else { continue };
            for o in &waiver.obligations {
                let text = self.tell.text(machine, o.text).unwrap_or_default();
                let (name, within, of_finish) = (o.name.clone(), o.within, o.of_finish);
                let obligation = Obligation { name, waiver: waiver.name.clone(), text, within, of_finish };
                self.decision.obligations.push(obligation);
            }
        }
    }

    fn finish(self, retry_at: Option<i64>) -> Decision {
        let mut decision = self.decision;
        let key = |o: &Objection| {
            (std::cmp::Reverse(o.verdict), o.rule.clone(), o.reason.clone(), o.source.clone())
        };
        decision.objections.sort_by_key(key);
        decision.warnings.sort_by_key(key);
        decision.trial.sort_by_key(key);
        decision.waived.sort_by_key(|(waiver, o)| (waiver.clone(), key(o)));
        decision.obligations.sort();
        decision.retry_at = retry_at;
        decision
    }
}
