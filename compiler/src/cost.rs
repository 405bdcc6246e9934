//! What the parts of a package cost: the bound that is proven of the package with one of them alone, or without it.

use holdpoint_lang::hir::Package;
use holdpoint_lang::{Sources, Span};

use crate::compile;

/// What a rule or a score costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Its name, as `policy.rule` or `score.name`.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// By how much fuel the bound of a decision falls where it is left out. What it shares with others counts for none of
    /// them.
    pub adds: u64,
    /// The bound in fuel of a package that has nothing else.
    pub alone: u64,
}

/// A part of a package, by the place of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A policy with its rules.
    Policy(Span),
    /// A rule of a policy.
    Rule(Span),
    /// A score.
    Score(Span),
}

/// What each rule and each score of a package costs that has this bound: the one that adds most first, then by name.
pub fn costs(package: &Package, sources: &Sources, fuel_bound: u64) -> Vec<Cost> {
    let rules = package.policies.iter().flat_map(|policy| {
        policy.rules.iter().map(|rule| (format!("{}.{}", policy.name, rule.name), Part::Rule(rule.span)))
    });
    let scores =
        package.scores.iter().map(|score| (format!("score.{}", score.name), Part::Score(score.span)));
    let cost = |(name, part): (String, Part)| {
        let bound = |package: &Package| compile(package, sources).ok().map(|made| made.fuel_bound);
        let adds = fuel_bound.saturating_sub(bound(&without(package, part))?);
        Some(Cost { name, span: part.span(), adds, alone: bound_alone(package, sources, part)? })
    };
    let mut costs: Vec<Cost> = rules.chain(scores).filter_map(cost).collect();
    costs.sort_by(|a, b| b.adds.cmp(&a.adds).then(b.alone.cmp(&a.alone)).then_with(|| a.name.cmp(&b.name)));
    costs
}

/// Most fuel that a decision takes by one part of a package alone, its waivers apart; nothing where that does not
/// compile.
pub fn bound_alone(package: &Package, sources: &Sources, part: Part) -> Option<u64> {
    let mut package = package.clone();
    match part {
        Part::Rule(span) => {
            package.policies.iter_mut().for_each(|policy| policy.rules.retain(|rule| rule.span == span));
            package.policies.retain(|policy| !policy.rules.is_empty());
        }
        Part::Policy(span) => package.policies.retain(|policy| policy.span == span),
        Part::Score(_) => package.policies.clear(),
    }
    // Waivers name rules by their places among all of them.
    package.policies.iter_mut().for_each(|policy| policy.waivers.clear());
    package.scores.retain(|score| part == Part::Score(score.span));
    compile(&package, sources).ok().map(|made| made.fuel_bound)
}

/// The package without one of its parts.
fn without(package: &Package, part: Part) -> Package {
    let mut package = package.clone();
    package.policies.retain(|policy| part != Part::Policy(policy.span));
    package.scores.retain(|score| part != Part::Score(score.span));
    for policy in &mut package.policies {
        let Some(at) = policy.rules.iter().position(|rule| part == Part::Rule(rule.span)) else { continue };
        policy.rules.remove(at);
        for waiver in &mut policy.waivers {
            waiver.rules.retain(|rule| *rule != at);
            let behind = waiver.rules.iter_mut().filter(|rule| **rule > at);
            behind.for_each(|rule| *rule = rule.saturating_sub(1));
        }
        policy.waivers.retain(|waiver| !waiver.rules.is_empty());
    }
    package
}

impl Part {
    const fn span(self) -> Span {
        match self {
            Self::Policy(span) | Self::Rule(span) | Self::Score(span) => span,
        }
    }
}
