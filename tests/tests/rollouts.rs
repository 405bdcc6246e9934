//! Clauses about modules with rollouts: what the verifier refuses of them, and the bound of a judgement.
//!
//! All of it stands under `cfg(test)`, so that what a test may do, its helpers may.

#[cfg(test)]
mod rollouts {
    use holdpoint_compiler::{Compiled, compile};
    use holdpoint_isa::literal::instant;
    use holdpoint_isa::ops::Op;
    use holdpoint_isa::program::{Effect, Program};
    use holdpoint_isa::verdict::{Judgement as Says, Verdict};
    use holdpoint_isa::{Dec, decode, encode};
    use holdpoint_lang::{PackageInput, check};
    use holdpoint_vm::verify::LoadError;
    use holdpoint_vm::{Judgement, Machine, Snapshot, VerifiedProgram};

    /// 2026-01-05T12:00:00Z
    const NOW: i64 = 1_767_614_400_000_000_000;

    const POLICY: &str = "
request { service: string }
signal errors: samples<percent> = prometheus.ratio(\"errors\")
policy p { rule r { block when service == \"\" } }
rollout slow {
  step 10% for 5m
  step 100% for 5m
  metric errors critical { max_age 5m confirm 2 of 3 rollback when value > 1% }
  rollback for each s in errors when s.value > 50% because \"{s.value}\"
  on unknown hold at most 5m then rollback
  verify quiet for 5m { metric errors { rollback when value > 0.5% } }
}
";

    fn compiled() -> Compiled {
        compiled_of(POLICY)
    }

    fn compiled_of(source: &str) -> Compiled {
        let files = vec![("policy.hold".to_owned(), source.to_owned())];
        let input = PackageInput { name: "example".to_owned(), files, ..PackageInput::default() };
        let checked = check(&input, &holdpoint_stdlib::module);
        assert!(checked.is_ok(), "{:?}", checked.diagnostics);
        compile(&checked.package, &checked.sources).unwrap()
    }

    fn refused(change: impl FnOnce(&mut Program)) {
        let mut program = decode(&compiled().module).unwrap();
        change(&mut program);
        let outcome = VerifiedProgram::load(&encode(&program).unwrap());
        assert!(matches!(outcome, Err(LoadError::Invalid(_))), "{outcome:?}");
    }

    fn judge(facts: &str) -> Judgement {
        judge_at(&compiled(), facts, NOW)
    }

    fn judge_at(compiled: &Compiled, facts: &str, now: i64) -> Judgement {
        let module = VerifiedProgram::load(&compiled.module).unwrap();
        let mut snapshot = Snapshot::new();
        snapshot.read(module.program(), b"{\"service\":\"a\"}", facts.as_bytes()).unwrap();
        Machine::new().judge(&module, &compiled.source_map, &snapshot, now)
    }

    fn facts(stage: u32, samples: &[&str]) -> String {
        let progress = format!(
            r#"{{"rollout":"slow","stage":{stage},"since":"2026-01-05T11:00:00Z","held_since":null}}"#
        );
        format!(r#"{{"progress":{progress},"errors":[{}]}}"#, samples.join(","))
    }

    #[test]
    fn a_judgement_keeps_within_the_bound_of_its_stage() {
        // rule: rollout.bound
        let sample =
            |at: u32, value: &str| format!(r#"{{"value":"{value}","at":"2026-01-05T11:59:{at:02}Z"}}"#);
        let many: Vec<String> = (0..60).map(|at| sample(at, "2%")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for stage in 0..3 {
            for samples in [&[] as &[&str], &many] {
                let judgement = judge(&facts(stage, samples));
                assert!(
                    judgement.fuel_used > 0 && judgement.fuel_used <= judgement.fuel_bound,
                    "{judgement:?}"
                );
            }
        }
        assert!(judge(&facts(2, &[])).fuel_bound > judge(&facts(1, &[])).fuel_bound);
        assert_eq!(judge(&facts(1, &many)).outcome, Says::Rollback);
    }

    #[test]
    fn judging_has_fuel_of_its_own_for_reasons() {
        // rule: rollout.bound
        let one = r#"{"value":"60%","at":"2026-01-05T11:59:00Z"}"#;
        let judgement = judge(&facts(0, &[one]));
        let reasons: Vec<&str> = judgement.findings.iter().map(|finding| finding.reason.as_str()).collect();
        assert_eq!(reasons, ["60%", "1 of 2 samples confirm it so far, and 1 of 3 are there"]);
        assert_eq!(judge(&facts(0, &[one])).to_json(), judgement.to_json());
    }

    #[test]
    fn the_gravest_findings_are_kept_in_whatever_order_they_come() {
        // rule: rollout.bound
        let triggers = ["hold for each x in xs when x >= 0", "rollback for each x in xs when x == 1499"];
        let package = |first: &str, second: &str| {
            format!(
                "request {{ service: string xs: list<int, max 2048> as gathered }}\n\
                 signal errors: samples<percent> = prometheus.ratio(\"errors\")\n\
                 policy p {{ rule r {{ block when service == \"\" }} }}\n\
                 rollout slow {{\n  step 100% for 5m\n  metric errors critical {{ rollback when value > 1% }}\n  \
                 {first}\n  {second}\n  on unknown hold at most 5m then rollback\n}}"
            )
        };
        let xs: Vec<String> = (0..1500).map(|x: u32| x.to_string()).collect();
        let facts = facts(0, &[r#"{"value":"0%","at":"2026-01-05T11:59:00Z"}"#]);
        let facts = facts.replacen('{', &format!(r#"{{"xs":[{}],"#, xs.join(",")), 1);
        for [first, second] in [[0, 1], [1, 0]] {
            let compiled = compiled_of(&package(triggers[first], triggers[second]));
            let judgement = judge_at(&compiled, &facts, NOW);
            assert_eq!((judgement.outcome, judgement.held), (Says::Rollback, true));
            assert_eq!((judgement.findings.len(), judgement.left_out), (1024, 477));
            assert_eq!(judgement.findings[0].reason, "x is 1499");
        }
    }

    #[test]
    fn no_instant_is_too_early_or_too_late_to_judge() {
        // rule: rollout.time, rollout.metric, rollout.hold
        let compiled = compiled();
        let sample = |at: &str| format!(r#"{{"value":"0%","at":"{at}"}}"#);
        let ends = ["1677-09-21T00:12:44Z", "2026-01-05T11:59:00Z", "2262-04-11T23:47:16Z"];
        for since in ends {
            for held in ends {
                for at in ends {
                    let progress =
                        format!(r#"{{"rollout":"slow","stage":0,"since":"{since}","held_since":"{held}"}}"#);
                    let facts = format!(r#"{{"progress":{progress},"errors":[{}]}}"#, sample(at));
                    for now in [i64::MIN, NOW, i64::MAX] {
                        let judgement = judge_at(&compiled, &facts, now);
                        // Only after five minutes of traffic, and with a sample of the last five of them.
                        let [since, at] = [since, at].map(|text| i128::from(instant(text).unwrap()));
                        let (now, five) = (i128::from(now), 300_000_000_000);
                        let promotes = now - since >= five && now >= at && now - at <= five && at >= since;
                        assert_eq!(judgement.outcome == Says::Promote, promotes, "{judgement:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_rollout_that_makes_no_sense_is_refused() {
        // rule: rollout.bound, verify.verdicts
        refused(|program| program.rollouts[0].stages[0].fuel_bound += 1);
        refused(|program| program.rollouts[0].stages.clear());
        refused(|program| program.rollouts[0].stages[0].lasts = -1);
        refused(|program| program.rollouts[0].stages[0].traffic = Dec::from_int(101));
        refused(|program| program.rollouts[0].hold = -1);
        refused(|program| program.progress = None);
        refused(|program| {
            let progress = program.progress.as_mut().unwrap();
            progress.stage = progress.rollout;
        });
        refused(|program| {
            let judging = program.statements.iter_mut().find(|s| matches!(s.effect, Effect::Judge(_)));
            judging.unwrap().effect = Effect::Object(Verdict::Block);
        });
        refused(|program| {
            let deciding = program.statements.iter_mut().find(|s| matches!(s.effect, Effect::Object(_)));
            deciding.unwrap().effect = Effect::Judge(Says::Promote);
        });
        refused(|program| {
            let plan = *program.code.iter().find(|op| matches!(op, Op::Plan { .. })).unwrap();
            let start = program.rollouts[0].code.start as usize;
            program.code[start] = plan;
        });
    }
}
