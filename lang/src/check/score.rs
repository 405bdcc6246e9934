//! Scores.

use holdpoint_isa::Dec;
use holdpoint_isa::verdict::Verdict;

use super::Checker;
use crate::ast;
use crate::diag::messages;
use crate::hir::{Band, Score, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    pub(super) fn check_scores(&mut self) {
        let decls = self.picked(|item| if let ast::Item::Score(decl) = item { Some(decl) } else { None });
        for (index, (decl, layer)) in decls.iter().enumerate() {
            self.scopes.layer = *layer;
            let same = |(other, _): &&(&'a ast::ScoreDecl, usize)| other.name.name == decl.name.name;
            if let Some((first, _)) = decls.iter().take(index).find(same) {
                self.report(messages::duplicate(decl.name.span, &decl.name.name, first.name.span));
            }
            let score = self.score(decl);
            self.package.scores.push(score);
        }
    }

    fn score(&mut self, decl: &'a ast::ScoreDecl) -> Score {
        let guard = decl.guard.as_ref().map(|guard| self.condition(guard));
        let mut factors = Vec::new();
        for factor in &decl.factors {
            let value = self.expr(&factor.value, Some(&Type::Percent));
            self.expect(&value, &Type::Percent.optional());
            if factor.weight < 1 {
                self.report(messages::out_of_range(factor.span, "a weight", 1, 100));
            }
            factors.push((factor.weight, value));
        }
        let sum = decl.factors.iter().fold(0i64, |sum, factor| sum.saturating_add(factor.weight));
        if sum != 100 {
            self.report(messages::weights(decl.name.span, sum));
        }
        let bands = self.bands(decl);
        Score {
            name: decl.name.name.clone(),
            title: decl.title.clone(),
            layer: self.scopes.layer,
            guard,
            factors,
            bands,
            span: decl.name.span,
        }
    }

    /// Bands run from the highest score down, without a gap, and never get milder on the way.
    fn bands(&mut self, decl: &'a ast::ScoreDecl) -> Vec<Band> {
        let mut bands: Vec<Band> = Vec::new();
        for band in &decl.bands {
            let statement = &band.statement;
            let Some(verdict) = statement.verdict.verdict else {
                self.report(messages::bands(statement.span, "a band gives a verdict, and `warn` is none"));
                continue;
            };
            let at = band.at.unwrap_or(Dec::ZERO);
            self.check_band(statement.span, at, verdict, bands.last());
            let escalate = self.band_escalation(statement);
            bands.push(Band { at, verdict, escalate, span: statement.span });
        }
        match decl.bands.last() {
            None => self
                .report(messages::bands(decl.name.span, "this score has no bands, so nothing comes of it")),
            Some(last) if last.at.is_some() => {
                self.report(messages::bands(
                    last.statement.span,
                    "the lowest band is `else`, so that every score has one",
                ));
            }
            Some(_) => {}
        }
        bands
    }

    fn check_band(&mut self, span: Span, at: Dec, verdict: Verdict, above: Option<&Band>) {
        if at > Dec::HUNDRED {
            self.report(messages::bands(span, "no score is above 100%"));
        }
        let Some(above) = above else { return };
        if at >= above.at {
            self.report(messages::bands(span, "this band begins no lower than the one before it"));
        }
        if verdict < above.verdict {
            self.report(messages::bands(
                span,
                "a lower score may not be judged more mildly than a higher one",
            ));
        }
    }
}
