//! Cedar: one permit and 28 forbids; the host works out what Cedar cannot compute, and folds.

use std::fs;
use std::path::Path;

use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request, RestrictedExpression};
use serde::Deserialize;

use crate::Failure;
use crate::load::{Answer, clock, verdict};

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    service: Service<'a>,
    environment: &'a str,
    artifact: Artifact<'a>,
    change: Change<'a>,
    actor: Actor<'a>,
    approvals: Vec<Approval<'a>>,
    gates: Gates<'a>,
    staging: Option<Staging<'a>>,
    strategy: Strategy<'a>,
    rollback_plan: Option<&'a str>,
    incident: Option<&'a str>,
    now: &'a str,
    history: History,
}

#[derive(Deserialize)]
struct Service<'a> {
    team: &'a str,
    tier: i64,
    criticality: &'a str,
}

#[derive(Deserialize)]
struct Artifact<'a> {
    tag: &'a str,
    commit: &'a str,
    signed: bool,
}

#[derive(Deserialize)]
struct Change<'a> {
    kind: &'a str,
    migrations: Vec<Migration>,
}

#[derive(Deserialize)]
struct Migration {
    backward_compatible: bool,
    tested: bool,
    lock_seconds: i64,
}

#[derive(Deserialize)]
struct Actor<'a> {
    id: &'a str,
    team: &'a str,
    #[serde(borrow)]
    roles: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Approval<'a> {
    by: &'a str,
    role: &'a str,
    commit: &'a str,
}

#[derive(Deserialize)]
struct Gates<'a> {
    unit: &'a str,
    integration: &'a str,
    sast: Sast,
    contract: &'a str,
    e2e: &'a str,
    coverage: f64,
}

#[derive(Deserialize)]
struct Sast {
    critical: i64,
    high: i64,
}

#[derive(Deserialize)]
struct Staging<'a> {
    commit: &'a str,
    soak_minutes: i64,
    error_rate: f64,
    baseline_error_rate: f64,
}

#[derive(Deserialize)]
struct Strategy<'a> {
    kind: &'a str,
    steps: Vec<i64>,
}

#[derive(Deserialize)]
struct History {
    change_failure_rate: f64,
    deploys_24h: i64,
}

type Pair = (String, RestrictedExpression);

fn text(name: &str, value: &str) -> Pair {
    (name.to_owned(), RestrictedExpression::new_string(value.to_owned()))
}

fn long(name: &str, value: i64) -> Pair {
    (name.to_owned(), RestrictedExpression::new_long(value))
}

fn bool(name: &str, value: bool) -> Pair {
    (name.to_owned(), RestrictedExpression::new_bool(value))
}

fn record(name: &str, members: Vec<Pair>) -> Result<Pair, Failure> {
    Ok((name.to_owned(), RestrictedExpression::new_record(members)?))
}

/// A decimal as a whole number of `1 / scale`.
fn scaled(value: f64, scale: f64) -> i64 {
    (value * scale).round() as i64
}

impl Input<'_> {
    /// The context of the request, with the facts that Cedar cannot work out.
    fn context(&self) -> Result<Context, Failure> {
        let mut pairs = self.facts()?;
        pairs.extend(self.records()?);
        Ok(Context::from_pairs(pairs)?)
    }

    fn facts(&self) -> Result<Vec<Pair>, Failure> {
        let valid = self.approvals.iter().filter(|a| a.by != self.actor.id && a.commit == self.artifact.commit);
        let (mut by, mut sre) = (Vec::new(), false);
        for approval in valid {
            sre |= approval.role == "sre";
            if !by.contains(&approval.by) {
                by.push(approval.by);
            }
        }
        let (weekday, hour) = clock(self.now).ok_or("no instant")?;
        let mut pairs = vec![
            text("environment", self.environment),
            long("approvers", i64::try_from(by.len())?),
            bool("sre_approved", sre),
            long("weekday", weekday),
            long("hour", hour),
        ];
        pairs.extend(self.incident.map(|incident| text("incident", incident)));
        pairs.extend(self.rollback_plan.map(|plan| text("rollback_plan", plan)));
        Ok(pairs)
    }

    fn records(&self) -> Result<Vec<Pair>, Failure> {
        let (service, artifact, gates) = (&self.service, &self.artifact, &self.gates);
        let (migrations, steps) = (&self.change.migrations, &self.strategy.steps);
        let roles = self.actor.roles.iter().map(|role| RestrictedExpression::new_string((*role).to_owned()));
        let mut pairs = vec![
            record("service", vec![
                text("team", service.team),
                long("tier", service.tier),
                text("criticality", service.criticality),
            ])?,
            record("artifact", vec![
                text("tag", artifact.tag),
                text("commit", artifact.commit),
                bool("signed", artifact.signed),
                bool("tag_matches", artifact.tag.starts_with(artifact.commit)),
            ])?,
            record("change", vec![
                text("kind", self.change.kind),
                bool("any_incompatible", migrations.iter().any(|m| !m.backward_compatible)),
                bool("any_untested", migrations.iter().any(|m| !m.tested)),
                long("max_lock_seconds", migrations.iter().map(|m| m.lock_seconds).max().unwrap_or_default()),
            ])?,
            record("actor", vec![
                text("team", self.actor.team),
                ("roles".to_owned(), RestrictedExpression::new_set(roles)),
            ])?,
            record("gates", vec![
                text("unit", gates.unit),
                text("integration", gates.integration),
                long("sast_critical", gates.sast.critical),
                long("sast_high", gates.sast.high),
                text("contract", gates.contract),
                text("e2e", gates.e2e),
                long("coverage_e2", scaled(gates.coverage, 1e2)),
            ])?,
            record("strategy", vec![
                text("kind", self.strategy.kind),
                bool("steps_ok", steps.last() == Some(&100) && steps.is_sorted_by(|a, b| a < b)),
            ])?,
            record("history", vec![
                long("change_failure_rate_e4", scaled(self.history.change_failure_rate, 1e4)),
                long("deploys_24h", self.history.deploys_24h),
            ])?,
        ];
        if let Some(staging) = &self.staging {
            let delta = scaled(staging.error_rate, 1e4) - scaled(staging.baseline_error_rate, 1e4);
            pairs.push(record("staging", vec![
                text("commit", staging.commit),
                long("soak_minutes", staging.soak_minutes),
                long("error_delta_e4", delta),
            ])?);
        }
        Ok(pairs)
    }
}

/// The policies and what a request names.
pub struct Policies {
    policies: PolicySet,
    entities: Entities,
    authorizer: Authorizer,
    principal: cedar_policy::EntityUid,
    action: cedar_policy::EntityUid,
    resource: cedar_policy::EntityUid,
}

impl Policies {
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(folder.join("pol007.cedar"))?;
        Ok(Self {
            policies: text.parse()?,
            entities: Entities::empty(),
            authorizer: Authorizer::new(),
            principal: r#"User::"pipeline""#.parse()?,
            action: r#"Action::"deploy""#.parse()?,
            resource: r#"Service::"service""#.parse()?,
        })
    }
}

impl crate::Engine for Policies {
    fn name(&self) -> &'static str {
        "Cedar 4.14"
    }

    fn decide(&mut self, body: &str) -> Result<Answer, Failure> {
        let context = serde_json::from_str::<Input<'_>>(body)?.context()?;
        let (principal, action, resource) =
            (self.principal.clone(), self.action.clone(), self.resource.clone());
        let request = Request::new(principal, action, resource, context, None)?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string().into());
        }
        let (mut objections, mut verdicts) = (Vec::new(), Vec::new());
        for policy in response.diagnostics().reason() {
            let annotation = |name| self.policies.annotation(policy, name);
            let id = annotation("id").ok_or("a policy without an id")?;
            if id != "allow" {
                objections.push(id.to_owned());
                verdicts.push(match annotation("verdict") {
                    Some("delay") => "delay",
                    Some("escalate") => "escalate",
                    _ => "block",
                });
            }
        }
        Ok(Answer { verdict: verdict(verdicts.into_iter()), objections })
    }
}
