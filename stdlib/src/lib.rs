//! The library of the Holdpoint language, as text: what `use std.…` reads.

macro_rules! modules {
    ($( $name:literal $file:literal; )+) => {
        /// Names of all modules.
        pub const NAMES: &[&str] = &[ $( $name, )+ ];

        /// The names, one a line.
        const INDEX: &str = concat!($( $name, "\n", )+);

        /// The text of a module by its name, such as `std.deployment`; for the empty name, the names, one a line.
        pub fn module(name: &str) -> Option<&'static str> {
            match name {
                "" => Some(INDEX),
                $( $name => Some(include_str!(concat!("../", $file))), )+
                _ => None,
            }
        }
    };
}

modules! {
    "std.approvals" "std/approvals.hold";
    "std.blue_green" "std/blue_green.hold";
    "std.burn_rate" "std/burn_rate.hold";
    "std.calendar" "std/calendar.hold";
    "std.canary" "std/canary.hold";
    "std.concurrency" "std/concurrency.hold";
    "std.confidence" "std/confidence.hold";
    "std.cost" "std/cost.hold";
    "std.deployment" "std/deployment.hold";
    "std.deployment_policy" "std/deployment_policy.hold";
    "std.direct" "std/direct.hold";
    "std.freeze" "std/freeze.hold";
    "std.gates.artifact" "std/gates/artifact.hold";
    "std.gates.quality" "std/gates/quality.hold";
    "std.gates.readiness" "std/gates/readiness.hold";
    "std.gates.scans" "std/gates/scans.hold";
    "std.gates.tests" "std/gates/tests.hold";
    "std.groups" "std/groups.hold";
    "std.hotfix" "std/hotfix.hold";
    "std.infrastructure" "std/infrastructure.hold";
    "std.migration" "std/migration.hold";
    "std.pol_007" "std/pol_007.hold";
    "std.preview" "std/preview.hold";
    "std.rollback" "std/rollback.hold";
    "std.scope" "std/scope.hold";
    "std.score" "std/score.hold";
    "std.slow_canary" "std/slow_canary.hold";
    "std.soak" "std/soak.hold";
    "std.strategy" "std/strategy.hold";
    "std.verify" "std/verify.hold";
    "std.watched_rollback" "std/watched_rollback.hold";
    "std.windows" "std/windows.hold";
}
