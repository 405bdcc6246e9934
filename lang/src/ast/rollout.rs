//! Rollouts as written.

use holdpoint_isa::verdict::Judgement;

use super::{Clause, Expr, Ident, ParamDecl};
use crate::span::Span;

/// `rollout`
#[derive(Debug, Clone)]
pub struct RolloutDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its title.
    pub title: String,
    /// Which requests take it.
    pub head: Option<Expr>,
    /// Parameters.
    pub params: Vec<ParamDecl>,
    /// Its steps.
    pub steps: Vec<StepDecl>,
    /// What is watched in every stage.
    pub watched: Watched,
    /// `on unknown hold at most D then …`
    pub on_unknown: Option<HoldDecl>,
    /// Its verifications.
    pub verifications: Vec<VerificationDecl>,
}

/// `step P for D`
#[derive(Debug, Clone)]
pub struct StepDecl {
    /// The part of the traffic.
    pub traffic: Expr,
    /// How long it lasts at least.
    pub lasts: Expr,
    /// All of it.
    pub span: Span,
}

/// `on unknown hold at most D then …`
#[derive(Debug, Clone)]
pub struct HoldDecl {
    /// How long a stage is held.
    pub most: Expr,
    /// What comes of it then.
    pub then: ThenDecl,
    /// All of it.
    pub span: Span,
}

/// What comes of a stage that is held too long.
#[derive(Debug, Clone)]
pub enum ThenDecl {
    /// `rollback`
    Rollback,
    /// `escalate`, with its place and clauses.
    Escalate(Span, Vec<Clause>),
}

/// `verify`
#[derive(Debug, Clone)]
pub struct VerificationDecl {
    /// Its name.
    pub name: Ident,
    /// Its title.
    pub title: String,
    /// How long it lasts at least.
    pub lasts: Expr,
    /// What is watched in it.
    pub watched: Watched,
}

/// What is watched in a stage.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Metrics.
    pub metrics: Vec<MetricDecl>,
    /// Triggers that belong to no metric.
    pub triggers: Vec<TriggerDecl>,
}

/// `metric`
#[derive(Debug, Clone)]
pub struct MetricDecl {
    /// The signal that its samples are.
    pub name: Ident,
    /// Whether a stage needs a valid sample of it.
    pub critical: bool,
    /// Its clauses as written.
    pub parts: Vec<MetricPart>,
}

/// A clause of a metric.
#[derive(Debug, Clone)]
pub enum MetricPart {
    /// `min_samples N`
    MinSamples(Expr, Span),
    /// `max_age D`
    MaxAge(Expr, Span),
    /// `warmup D`
    Warmup(Expr, Span),
    /// `confirm K of N`
    Confirm(Expr, Expr, Span),
    /// `rollback when …`
    Trigger(TriggerDecl),
    /// What could not be read.
    Error,
}

/// `rollback …` or `hold …`
#[derive(Debug, Clone)]
pub struct TriggerDecl {
    /// What it asks for.
    pub judgement: Judgement,
    /// Its clauses as written.
    pub clauses: Vec<Clause>,
    /// All of it.
    pub span: Span,
}
