//! Rollouts and layers through the real binary.

use std::fs;
use std::path::PathBuf;

use crate::run::holdpoint;

const ORGANISATION: &str = r#"
request { service: string, ready: bool }
signal errors: samples<percent> as number of fraction = prometheus.ratio("errors")
policy organisation { rule prepared { block unless ready } }
rollout careful {
  step 10% for 5m
  step 100% for 5m
  metric errors critical { max_age 2m rollback when value > 5% }
  on unknown hold at most 10m then rollback
}
"#;
const TEAM: &str = r#"
policy team { rule shop { delay when service == "shop" } }
test "the shop waits" { given { now: 2026-01-05T12:00Z service: "shop" ready: true } expect delay by shop }
"#;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn packages_are_linked_below_others() {
    // rule: layer.link
    let place = Place::new(&[
        ("organisation/policy.hold", ORGANISATION),
        ("team/policy.hold", TEAM),
        ("request.json", r#"{"service":"shop","ready":false}"#),
    ]);
    let (team, organisation) = (place.path("team"), place.path("organisation"));
    let alone = holdpoint(&["check", &team]);
    assert!(alone.code == 1 && alone.err.contains("E0307"), "{}", alone.err);
    let linked = holdpoint(&["check", &team, "--under", &organisation]);
    assert_eq!((linked.code, linked.err.as_str()), (0, "team: 1 policy, 1 rule, 1 test\n"));
    let tested = holdpoint(&["test", &team, "--under", &organisation]);
    assert!(tested.code == 0 && tested.out.contains("1 passed, 0 failed"), "{}{}", tested.out, tested.err);
    assert!(tested.out.contains("1 of 1 rules fired"), "{}", tested.out);

    let request = place.path("request.json");
    let decided = holdpoint(&["eval", &team, "--under", &organisation, "--request", &request]);
    assert_eq!(decided.code, 10, "{}", decided.err);
    for part in ["organisation.prepared  organisation/policy.hold:4:", "team.shop  policy.hold:2:"] {
        assert!(decided.out.contains(part), "{part}: {}", decided.out);
    }

    let module = place.path("team.module");
    assert_eq!(holdpoint(&["build", &team, "--under", &organisation, "-o", &module]).code, 0);
    assert_eq!(holdpoint(&["eval", &module, "--request", &request]).code, 10);
    let twice = holdpoint(&["eval", &module, "--under", &organisation, "--request", &request]);
    assert!(twice.code == 2 && twice.err.contains("linked already"), "{}", twice.err);
}

#[test]
fn a_stage_is_judged_and_the_exit_code_tells_how() {
    // rule: rollout.judge
    let sample = |value: &str| format!(r#"{{"value":{value},"at":"2026-01-05T12:09:00Z"}}"#);
    let facts = |samples: &str| {
        let progress = r#"{"rollout":"careful","stage":0,"since":"2026-01-05T12:00:00Z","held_since":null}"#;
        format!(r#"{{"progress":{progress},"errors":[{samples}]}}"#)
    };
    let place = Place::new(&[
        ("policy.hold", ORGANISATION),
        ("request.json", r#"{"service":"shop","ready":true}"#),
        ("good.json", &facts(&sample("0.01"))),
        ("bad.json", &facts(&sample("0.06"))),
        ("silent.json", &facts("")),
        ("damaged.json", r#"{"progress":{"stage":"first"}}"#),
    ]);
    let judge = |signals: &str, at: &str| {
        let (policy, request, signals) =
            (place.path("policy.hold"), place.path("request.json"), place.path(signals));
        holdpoint(&["judge", &policy, "--request", &request, "--signals", &signals, "--at", at])
    };
    let good = judge("good.json", "2026-01-05T12:10:00Z");
    assert!(good.code == 0 && good.out.starts_with("promote  careful stage 0"), "{}{}", good.out, good.err);
    let early = judge("good.json", "2026-01-05T12:04:00Z");
    assert!(early.code == 11 && early.out.contains("lasts until 2026-01-05T12:05:00Z"), "{}", early.out);
    let bad = judge("bad.json", "2026-01-05T12:10:00Z");
    assert!(bad.code == 10 && bad.out.contains("errors.value 6% > 5%"), "{}", bad.out);
    let silent = judge("silent.json", "2026-01-05T12:10:00Z");
    assert!(silent.code == 11 && silent.out.contains("no valid sample of errors"), "{}", silent.out);
    let damaged = judge("damaged.json", "2026-01-05T12:10:00Z");
    assert!(damaged.code == 3 && damaged.err.contains("/progress/stage"), "{}", damaged.err);

    let other = place.path("plain.hold");
    fs::write(&other, "request { n: int }\npolicy p { rule r { block when n > 3 } }\n").unwrap();
    let request = place.path("request.json");
    let none = holdpoint(&["judge", &other, "--request", &request, "--signals", &place.path("good.json")]);
    assert_eq!(none.code, 3, "{}", none.err);
}
