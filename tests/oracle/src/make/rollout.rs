//! Rollouts: plans, metrics, triggers, verifications.

use super::{Maker, Ty, Var};
use crate::rng::Rng;

/// A rollout as text in parts.
#[derive(Debug, Clone)]
pub struct RolloutText {
    /// Its name.
    pub name: String,
    /// What stands between its name and its body.
    pub head: String,
    /// Its steps and, behind them, how long it waits.
    pub plan: Vec<String>,
    /// What it watches.
    pub watched: WatchedText,
    /// Verifications: what stands in front of the body, and what each watches.
    pub verifications: Vec<(String, WatchedText)>,
}

/// What is watched, as text in parts.
#[derive(Debug, Clone, Default)]
pub struct WatchedText {
    /// Metrics.
    pub metrics: Vec<MetricText>,
    /// Triggers that belong to none.
    pub triggers: Vec<String>,
}

/// A metric as text in parts.
#[derive(Debug, Clone)]
pub struct MetricText {
    /// What stands in front of its body.
    pub head: String,
    /// Its clauses and triggers.
    pub parts: Vec<String>,
}

impl RolloutText {
    /// The text.
    pub fn text(&self) -> String {
        let verifications =
            self.verifications.iter().map(|(head, watched)| format!("  {head} {{\n{}  }}\n", watched.text()));
        let verifications: String = verifications.collect();
        let plan: String = self.plan.iter().map(|line| format!("  {line}\n")).collect();
        format!("rollout {}{} {{\n{plan}{}{verifications}}}", self.name, self.head, self.watched.text())
    }

    /// How many stages it has.
    pub fn stages(&self) -> usize {
        let steps = self.plan.iter().filter(|line| line.starts_with("step"));
        steps.count().saturating_add(self.verifications.len())
    }

    /// Puts what it watches into another order.
    pub(super) fn shuffle(&mut self, rng: &mut Rng) {
        let verifications = self.verifications.iter_mut().map(|(_, watched)| watched);
        for watched in verifications.chain([&mut self.watched]) {
            rng.shuffle(&mut watched.triggers);
            rng.shuffle(&mut watched.metrics);
            watched.metrics.iter_mut().for_each(|metric| rng.shuffle(&mut metric.parts));
        }
    }
}

impl WatchedText {
    fn text(&self) -> String {
        let metrics = self.metrics.iter().map(|metric| {
            let parts: String = metric.parts.iter().map(|part| format!("      {part}\n")).collect();
            format!("    {} {{\n{parts}    }}\n", metric.head)
        });
        let triggers = self.triggers.iter().map(|trigger| format!("    {trigger}\n"));
        metrics.chain(triggers).collect()
    }
}

impl Maker {
    /// Rollouts of a package, mostly so that one fits each request.
    pub(super) fn rollouts(&mut self) -> Vec<RolloutText> {
        let heads = match self.rng.below(4) {
            0 | 1 => vec![String::new()],
            2 => {
                let cond = self.condition(1);
                vec![format!(" when {cond}"), format!(" when not {cond}")]
            }
            _ => (0..self.rng.below(3).saturating_add(1))
                .map(|_| format!(" when {}", self.condition(2)))
                .collect(),
        };
        heads.into_iter().enumerate().map(|(index, head)| self.rollout(index, head)).collect()
    }

    fn rollout(&mut self, index: usize, head: String) -> RolloutText {
        let mut plan = Vec::new();
        for traffic in ["0%", "5%", "25.5%", "100%"] {
            if traffic == "100%" || self.rng.percent(40) {
                plan.push(format!("step {traffic} for {}", self.rng.word(&["0s", "1m", "5m", "100000d"])));
            }
        }
        let most = self.rng.word(&["0s", "2m", "10m", "100000d"]);
        let then = match self.rng.below(2) {
            0 => "rollback".to_owned(),
            _ => format!("escalate to {} needs 2", self.rng.pick(&self.groups).cloned().unwrap_or_default()),
        };
        plan.push(format!("on unknown hold at most {most} then {then}"));
        let watched = self.watched(true);
        let verifications = (0..self.rng.below(3)).map(|_| {
            let head = format!("verify {} for {}", self.name("y"), self.rng.word(&["0s", "5m", "15m"]));
            (head, self.watched(false))
        });
        let verifications = verifications.collect();
        RolloutText { name: format!("t{index}"), head, plan, watched, verifications }
    }

    fn sampled(&self) -> Vec<(String, Ty)> {
        let signals = self.model.signals.iter().filter_map(|signal| match &signal.ty {
            Ty::List(element, _) if self.model.sampled(element).is_some() => match **element {
                Ty::Record(id) => self.model.records.get(id).and_then(|(_, fields)| fields.first()),
                _ => None,
            }
            .map(|value| (signal.name.clone(), value.ty.clone())),
            _ => None,
        });
        signals.collect()
    }

    /// What is watched: where it is that of a rollout, a critical metric at least, else anything.
    fn watched(&mut self, of_rollout: bool) -> WatchedText {
        let mut watched = WatchedText::default();
        for (index, (name, ty)) in self.sampled().into_iter().enumerate() {
            let critical = if of_rollout { index == 0 || self.rng.percent(30) } else { self.rng.percent(20) };
            if critical || self.rng.percent(50) {
                watched.metrics.push(self.metric(&name, &ty, critical));
            }
        }
        let least = usize::from(watched.metrics.is_empty());
        for _ in 0..self.rng.below(2).max(least) {
            let trigger = self.trigger();
            watched.triggers.push(trigger);
        }
        watched
    }

    fn metric(&mut self, name: &str, ty: &Ty, critical: bool) -> MetricText {
        let mut parts: Vec<String> = Vec::new();
        let clauses = [
            format!("min_samples {}", self.rng.word(&["1", "500"])),
            format!("max_age {}", self.rng.word(&["0s", "90s", "5m", "100000d"])),
            format!("warmup {}", self.rng.word(&["0s", "1m", "3m", "100000d"])),
            format!("confirm {}", self.rng.word(&["1 of 1", "1 of 3", "2 of 3", "3 of 3", "2 of 64"])),
        ];
        parts.extend(clauses.into_iter().filter(|_| self.rng.percent(35)));
        let outside = self.vars.len();
        for (member, optional) in [("value", false), ("baseline", true)] {
            self.vars.push(Var { text: member.to_owned(), ty: ty.clone(), optional });
        }
        for _ in 0..self.rng.below(2).saturating_add(1) {
            // What is not relative keeps every threshold above a floor.
            let mut text = format!("{} when value >= {}", self.judgement(), self.literal(ty));
            match self.rng.below(4) {
                0 => {}
                1 => text.push_str(&format!(" and value > (baseline else {})", self.literal(ty))),
                2 => text.push_str(&format!(" and {}", self.condition(2))),
                _ => text.push_str(&format!(" unless {}", self.condition(2))),
            }
            text.push_str(&self.reasons());
            parts.push(text);
        }
        self.vars.truncate(outside);
        let word = if critical { " critical" } else { "" };
        MetricText { head: format!("metric {name}{word}"), parts }
    }

    fn judgement(&mut self) -> String {
        self.rng.word(&["rollback", "rollback", "hold"])
    }

    fn reasons(&mut self) -> String {
        let mut text = String::new();
        for word in ["because", "fix"] {
            if self.rng.percent(40) {
                text.push_str(&format!(" {word} {}", self.text()));
            }
        }
        text
    }

    /// A trigger that belongs to no metric. Samples are looked at one by one, above a floor, or by what has a name.
    pub(super) fn trigger(&mut self) -> String {
        let judgement = self.judgement();
        let all = self.vars.clone();
        let samples = |var: &Var, model: &super::Model| match &var.ty {
            Ty::List(element, _) => model.sampled(element).is_some(),
            _ => false,
        };
        let model = self.model.clone();
        self.vars.retain(|var| !samples(var, &model));
        let sampled = self.sampled();
        let mut text = judgement;
        match (self.rng.below(4), self.rng.pick(&sampled).cloned()) {
            (0, Some((name, ty))) => {
                let element = self.name("x");
                for (member, optional) in [("value", false), ("baseline", true)] {
                    self.vars.push(Var { text: format!("{element}.{member}"), ty: ty.clone(), optional });
                }
                let (floor, cond) = (self.literal(&ty), self.condition(2));
                text.push_str(&format!(
                    " for each {element} in {name} when {element}.value >= {floor} and {cond}"
                ));
            }
            (1, _) => {
                let binder =
                    self.binder(2, true).map(|binder| format!(" for each {binder}")).unwrap_or_default();
                text.push_str(&format!("{binder} when {}", self.condition(2)));
            }
            (2, _) => text.push_str(&format!(" unless {}", self.condition(2))),
            _ => text.push_str(&format!(" when {} and {}", self.condition(2), self.condition(1))),
        }
        text.push_str(&self.reasons());
        self.vars = all;
        text
    }
}
