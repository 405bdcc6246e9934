//! Rollouts: the items of a body sorted, and those that stand twice.

use super::{Build, RolloutItem, WatchItem};
use crate::ast::{Expr, Ident, RolloutDecl, VerificationDecl, Watched};

impl Build<'_> {
    pub(crate) fn rollout(
        &mut self,
        start: usize,
        name: Ident,
        title: Option<Ident>,
        head: Option<Expr>,
        items: Vec<RolloutItem>,
    ) -> RolloutDecl {
        let (docs, title) = (self.docs(start), self.title(title));
        let (mut params, mut steps) = (Vec::new(), Vec::new());
        let (mut verifications, mut watched) = (Vec::new(), Vec::new());
        let mut on_unknown = None;
        for item in items {
            match item {
                RolloutItem::Param(param) => params.push(param),
                RolloutItem::Step(step) => steps.push(step),
                RolloutItem::Verification(verification) => verifications.push(verification),
                RolloutItem::Watch(item) => watched.push(item),
                RolloutItem::OnUnknown(hold) => {
                    self.once(&mut on_unknown, hold, |hold| hold.span, "on unknown")
                }
            }
        }
        let watched = sorted(watched);
        RolloutDecl { name, docs, title, head, params, steps, watched, on_unknown, verifications }
    }

    pub(crate) fn verification(
        &mut self,
        name: Ident,
        title: Option<Ident>,
        lasts: Expr,
        items: Vec<WatchItem>,
    ) -> RolloutItem {
        let (title, watched) = (self.title(title), sorted(items));
        RolloutItem::Verification(VerificationDecl { name, title, lasts, watched })
    }
}

fn sorted(items: Vec<WatchItem>) -> Watched {
    let mut watched = Watched::default();
    for item in items {
        match item {
            WatchItem::Metric(metric) => watched.metrics.push(metric),
            WatchItem::Trigger(trigger) => watched.triggers.push(trigger),
            WatchItem::Error => {}
        }
    }
    watched
}
