//! Rollouts.

use super::{Layout, Placed};
use crate::ast::{HoldDecl, MetricDecl, MetricPart, RolloutDecl, VerificationDecl, Watched};
use crate::token::Token;

impl Layout<'_, '_> {
    pub(super) fn rollout(&mut self, decl: &RolloutDecl) -> Placed {
        let (first, open) = self.head(decl.name.span, decl.head.as_ref());
        let mut parts: Vec<Placed> = decl.params.iter().map(|param| self.param(param)).collect();
        for step in &decl.steps {
            self.expr(&step.traffic);
            self.expr(&step.lasts);
            parts.push((self.at(step.span.start), false));
        }
        parts.extend(self.watched(&decl.watched));
        parts.extend(decl.on_unknown.iter().map(|hold| self.hold(hold)));
        parts.extend(decl.verifications.iter().map(|verification| self.verification(verification)));
        self.body(open, parts);
        (first, true)
    }

    fn hold(&mut self, hold: &HoldDecl) -> Placed {
        self.expr(&hold.most);
        (self.at(hold.span.start), false)
    }

    fn verification(&mut self, decl: &VerificationDecl) -> Placed {
        self.expr(&decl.lasts);
        let parts = self.watched(&decl.watched);
        self.body(self.at(decl.lasts.span.end), parts);
        (self.at(decl.name.span.start).saturating_sub(1), false)
    }

    fn watched(&mut self, watched: &Watched) -> Vec<Placed> {
        let mut parts: Vec<Placed> = watched.metrics.iter().map(|metric| self.metric(metric)).collect();
        parts.extend(watched.triggers.iter().map(|trigger| self.statement(trigger.span, &trigger.clauses)));
        parts
    }

    fn metric(&mut self, decl: &MetricDecl) -> Placed {
        let mut parts: Vec<Placed> = Vec::new();
        for part in &decl.parts {
            parts.push(match part {
                MetricPart::MinSamples(e, span)
                | MetricPart::MaxAge(e, span)
                | MetricPart::Warmup(e, span) => {
                    self.expr(e);
                    (self.at(span.start), false)
                }
                MetricPart::Confirm(needed, last, span) => {
                    self.expr(needed);
                    self.expr(last);
                    (self.at(span.start), false)
                }
                MetricPart::Trigger(trigger) => self.statement(trigger.span, &trigger.clauses),
                MetricPart::Error => continue,
            });
        }
        self.body(self.find(self.at(decl.name.span.end), Token::LBrace), parts);
        (self.at(decl.name.span.start).saturating_sub(1), false)
    }
}
