//! The floor: what an expert would write in Rust for this one policy, over `serde_json`, with nothing to configure,
//! explain, bound or record.

use holdpoint_isa::verdict::Verdict;
use serde::Deserialize;

/// The members of a request that the rules look at; texts stay in the body.
#[derive(Debug, Deserialize)]
pub struct Input<'a> {
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

#[derive(Debug, Deserialize)]
struct Service<'a> {
    team: &'a str,
    tier: i64,
    criticality: &'a str,
}

#[derive(Debug, Deserialize)]
struct Artifact<'a> {
    tag: &'a str,
    commit: &'a str,
    signed: bool,
}

#[derive(Debug, Deserialize)]
struct Change<'a> {
    kind: &'a str,
    migrations: Vec<Migration>,
}

#[derive(Debug, Deserialize)]
struct Migration {
    backward_compatible: bool,
    tested: bool,
    lock_seconds: i64,
}

#[derive(Debug, Deserialize)]
struct Actor<'a> {
    id: &'a str,
    team: &'a str,
    #[serde(borrow)]
    roles: Vec<&'a str>,
}

#[derive(Debug, Deserialize)]
struct Approval<'a> {
    by: &'a str,
    role: &'a str,
    commit: &'a str,
}

#[derive(Debug, Deserialize)]
struct Gates<'a> {
    unit: &'a str,
    integration: &'a str,
    sast: Sast,
    contract: &'a str,
    e2e: &'a str,
    coverage: f64,
}

#[derive(Debug, Deserialize)]
struct Sast {
    critical: i64,
    high: i64,
}

#[derive(Debug, Deserialize)]
struct Staging<'a> {
    commit: &'a str,
    soak_minutes: i64,
    error_rate: f64,
    baseline_error_rate: f64,
}

#[derive(Debug, Deserialize)]
struct Strategy<'a> {
    kind: &'a str,
    steps: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct History {
    change_failure_rate: f64,
    deploys_24h: i64,
}

/// The rules that object: bit N for rule N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The rules.
    pub rules: u32,
}

impl Decision {
    /// The names of the rules that object, such as `P07-01`.
    pub fn names(self) -> impl Iterator<Item = String> {
        (1..=28).filter(move |rule| self.rules >> rule & 1 == 1).map(|rule| format!("P07-{rule:02}"))
    }
}

/// Rules that escalate, and rules that delay.
const ESCALATE: u32 = 1 << 6 | 1 << 10 | 1 << 24 | 1 << 27;
const DELAY: u32 = 1 << 13 | 1 << 14 | 1 << 28;

impl<'a> Input<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn read(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// Decides.
    pub fn decide(&self) -> Decision {
        let (approvers, sre) = self.approvers();
        let hotfix = self.change.kind == "hotfix";
        let excepted = hotfix && approvers >= 2 && self.incident.is_some_and(|incident| !incident.is_empty());
        let rules = self.gates()
            | self.staged(excepted)
            | self.approved(approvers, sre)
            | self.clock(excepted)
            | self.artifact()
            | self.rollout()
            | self.migrations()
            | self.rest(hotfix && !excepted);
        let verdict = if rules & !(ESCALATE | DELAY) != 0 {
            Verdict::Block
        } else if rules & ESCALATE != 0 {
            Verdict::Escalate
        } else if rules != 0 {
            Verdict::Delay
        } else {
            Verdict::Allow
        };
        Decision { verdict, rules }
    }

    /// How many others approved this very commit, and whether an SRE was among them.
    fn approvers(&self) -> (usize, bool) {
        let valid = |a: &&Approval<'_>| a.by != self.actor.id && a.commit == self.artifact.commit;
        let (mut count, mut sre) = (0, false);
        for (index, approval) in self.approvals.iter().enumerate().filter(|(_, a)| valid(a)) {
            sre |= approval.role == "sre";
            let earlier = self.approvals.iter().take(index).filter(valid);
            count += usize::from(!earlier.into_iter().any(|other| other.by == approval.by));
        }
        (count, sre)
    }

    fn gates(&self) -> u32 {
        let g = &self.gates;
        bit(1, g.unit != "passed")
            | bit(2, g.integration != "passed")
            | bit(3, g.sast.critical > 0 || g.sast.high > 0)
            | bit(4, g.contract != "passed")
            | bit(5, g.e2e == "failed")
            | bit(6, g.e2e == "missing")
            | bit(7, g.coverage < 80.0)
    }

    fn staged(&self, excepted: bool) -> u32 {
        if self.environment != "production" {
            return 0;
        }
        let Some(staging) = &self.staging else { return bit(10, true) };
        bit(8, staging.soak_minutes < 15 && !excepted)
            | bit(9, staging.error_rate >= staging.baseline_error_rate + 0.1)
            | bit(26, staging.commit != self.artifact.commit)
    }

    fn approved(&self, approvers: usize, sre: bool) -> u32 {
        let needed = if matches!(self.change.kind, "breaking" | "security") { 2 } else { 1 };
        bit(11, approvers < needed) | bit(12, self.service.criticality == "high" && !sre)
    }

    fn clock(&self, excepted: bool) -> u32 {
        if excepted {
            return 0;
        }
        // What cannot be read objects.
        let (weekday, hour) = clock(self.now).unwrap_or((6, 0));
        bit(13, weekday >= 4) | bit(14, !(9..16).contains(&hour))
    }

    fn artifact(&self) -> u32 {
        bit(15, self.artifact.tag == "latest")
            | bit(16, !self.artifact.tag.starts_with(self.artifact.commit))
            | bit(17, !self.artifact.signed)
    }

    fn rollout(&self) -> u32 {
        let (canary, steps) = (self.strategy.kind == "canary", &self.strategy.steps);
        bit(18, self.service.tier == 1 && !canary)
            | bit(19, canary && (steps.last() != Some(&100) || !steps.is_sorted_by(|a, b| a < b)))
    }

    fn migrations(&self) -> u32 {
        let migrations = &self.change.migrations;
        bit(20, migrations.iter().any(|m| !m.backward_compatible))
            | bit(21, migrations.iter().any(|m| !m.tested))
            | bit(22, migrations.iter().any(|m| m.lock_seconds > 30))
    }

    fn rest(&self, bare_hotfix: bool) -> u32 {
        let (actor, history) = (&self.actor, &self.history);
        bit(23, self.rollback_plan.is_none_or(str::is_empty))
            | bit(24, bare_hotfix)
            | bit(25, actor.team != self.service.team && !actor.roles.contains(&"release-manager"))
            | bit(27, history.change_failure_rate > 0.15)
            | bit(28, history.deploys_24h > 20)
    }
}

fn bit(rule: u32, objects: bool) -> u32 {
    u32::from(objects) << rule
}

/// The day of the week, Monday as 0, and the hour of an instant such as `2026-11-17T09:23:00Z`.
fn clock(instant: &str) -> Option<(i64, i64)> {
    let number = |from: usize, to: usize| instant.get(from..to)?.parse::<i64>().ok();
    let (year, month, day, hour) = (number(0, 4)?, number(5, 7)?, number(8, 10)?, number(11, 13)?);
    // Sakamoto's method counts from Sunday.
    let offset = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4].get(usize::try_from(month - 1).ok()?)?;
    let year = if month < 3 { year - 1 } else { year };
    let from_sunday = (year + year / 4 - year / 100 + year / 400 + offset + day) % 7;
    Some(((from_sunday + 6) % 7, hour))
}
