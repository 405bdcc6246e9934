//! Clauses of the specification about bytes: modules and what the verifier refuses of them, requests, replay. Packages
//! and decisions alone cannot show them.
//!
//! All of it stands under `cfg(test)`, so that what a test may do, its helpers may.

#[cfg(test)]
mod bytes {
    use std::collections::BTreeSet;

    use holdpoint_compiler::{Compiled, compile};
    use holdpoint_isa::codec::{CodecError, ModuleHash};
    use holdpoint_isa::ops::{Konst, Label, Op, Reg, Slot, Thunk};
    use holdpoint_isa::program::{Program, SourceMap};
    use holdpoint_isa::types::Kind;
    use holdpoint_isa::{decode, encode, limits};
    use holdpoint_lang::{PackageInput, check};
    use holdpoint_vm::request::RequestErrorKind;
    use holdpoint_vm::verify::LoadError;
    use holdpoint_vm::window::{TZDB_VERSION, bundled_zone};
    use holdpoint_vm::{Decision, Machine, RequestError, Snapshot, VerifiedProgram};

    /// 2026-01-05T12:00:00Z
    const NOW: i64 = 1_767_614_400_000_000_000;

    const POLICY: &str = "
record Host { name: string, ports: list<int, max 4> }
request { n: int, rate: percent?, hosts: list<Host, max 3> }
signal load: percent = metrics.load(n)
window hours in \"UTC\" { open mon through fri 09:00 to 17:00 }
group ops = directory(\"ops\")
policy p when n > 0 {
  let many = count h in hosts where h.ports.size > 1
  let most = many + n
  waivable rule r { block for each h in hosts where (any port in h.ports where port == 22) because \"{h.name}\" }
  rule s { delay unless now in hours escalate to ops when most > 3 }
  rule t { warn when load > 50% or rate > 5% }
  waiver w { when load < 1% waives r }
}
";

    fn compiled(text: &str) -> Compiled {
        let files = vec![("policy.hold".to_owned(), text.to_owned())];
        let input = PackageInput { name: "example".to_owned(), files, ..PackageInput::default() };
        let checked = check(&input, &holdpoint_stdlib::module);
        assert!(checked.is_ok(), "{:?}", checked.diagnostics);
        compile(&checked.package, &checked.sources).unwrap()
    }

    fn read(module: &VerifiedProgram, body: &str, facts: &str) -> Result<Snapshot, RequestError> {
        let mut snapshot = Snapshot::new();
        snapshot.read(module.program(), body.as_bytes(), facts.as_bytes()).map(|()| snapshot)
    }

    fn decide(compiled: &Compiled, map: &SourceMap, body: &str, facts: &str) -> Decision {
        let module = VerifiedProgram::load(&compiled.module).unwrap();
        let snapshot = read(&module, body, facts).unwrap();
        Machine::new().decide(&module, map, &snapshot, NOW)
    }

    const BODY: &str = r#"{"n":2,"hosts":[{"name":"a","ports":[22,80]},{"name":"b","ports":[]},{"name":"c","ports":[22,1,2,3]}]}"#;

    /// What the verifier says of a module that was changed.
    fn changed(change: impl FnOnce(&mut Program)) -> Result<(), LoadError> {
        let mut program = decode(&compiled(POLICY).module).unwrap();
        change(&mut program);
        VerifiedProgram::load(&encode(&program).unwrap()).map(|_| ())
    }

    fn refused(change: impl FnOnce(&mut Program)) {
        let outcome = changed(change);
        assert!(matches!(outcome, Err(LoadError::Invalid(_))), "{outcome:?}");
    }

    /// The first operation that `wanted` accepts.
    fn place(program: &Program, wanted: impl Fn(&Op) -> bool) -> usize {
        program.code.iter().position(wanted).unwrap()
    }

    #[test]
    fn a_module_is_its_canonical_bytes() {
        // rule: module.bytes, module.hash
        let module = compiled(POLICY).module;
        assert_eq!(module.get(..10), Some(b"HOLDPNT\0\x01\0".as_slice()));
        assert_eq!(compiled(POLICY).module, module);
        let program = decode(&module).unwrap();
        assert_eq!(encode(&program).unwrap(), module);
        assert_eq!(VerifiedProgram::load(&module).unwrap().hash(), ModuleHash::of(&module));
        let longer = [module.as_slice(), &[0]].concat();
        assert_eq!(decode(&longer), Err(CodecError::NotCanonical));
        assert_eq!(decode(b"HOLDPNT"), Err(CodecError::NotAModule));
    }

    #[test]
    fn other_versions_are_refused() {
        // rule: module.versions
        let mut other = compiled(POLICY).module;
        if let Some(format) = other.get_mut(8) {
            *format = 9;
        }
        assert_eq!(decode(&other), Err(CodecError::Format(9)));
        assert_eq!(changed(|program| program.semantics = 9), Err(LoadError::Semantics(9)));
    }

    #[test]
    fn a_module_carries_the_time_zones_that_it_names() {
        // rule: window.database
        let carried = |program: &Program| {
            program.zones.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        let program = decode(&compiled(POLICY).module).unwrap();
        assert_eq!(carried(&program), "UTC");
        let not_those = Err(LoadError::Invalid(
            "it does not carry just the time zones that it names, by name".to_owned(),
        ));
        assert_eq!(changed(|program| program.zones.clear()), not_those);
        assert_eq!(changed(|program| program.zones.push(program.zones[0].clone())), not_those);
        // Another version may have other zones, which are those that count; this one may not.
        let other_clocks =
            |program: &mut Program| program.zones[0].tzif = bundled_zone("Asia/Tokyo").unwrap().tzif;
        let refused = LoadError::Invalid(format!("time zone `UTC` is not that of database {TZDB_VERSION}"));
        assert_eq!(changed(other_clocks), Err(refused));
        let older = |program: &mut Program| program.tzdb = "1999a".to_owned();
        assert_eq!(changed(older), Ok(()));
        assert_eq!(
            changed(|program| {
                older(program);
                program.zones[0].tzif.truncate(40);
            }),
            Err(LoadError::Invalid("the data of time zone `UTC` is damaged".to_owned()))
        );
        assert_eq!(
            changed(|program| {
                older(program);
                program.zones[0].tzif.resize(limits::ZONE_BYTES_MAX as usize + 1, 0);
            }),
            Err(LoadError::Invalid("time zone `UTC` has 16385 bytes".to_owned()))
        );
    }

    #[test]
    fn a_decision_goes_by_the_clocks_that_its_module_carries() {
        // rule: window.database
        let source = "request { n: int }\nwindow office in \"Europe/Berlin\" { open mon through fri 09:00 to 17:00 }\n\
                      policy p { rule r { delay unless now in office } }";
        let mut compiled = compiled(source);
        // Noon in Berlin, and ten in the evening in Tokyo.
        let verdict =
            |compiled: &Compiled| decide(compiled, &compiled.source_map, "{\"n\":1}", "{}").verdict.word();
        assert_eq!(verdict(&compiled), "allow");
        let mut program = decode(&compiled.module).unwrap();
        program.tzdb = "1999a".to_owned();
        program.zones[0].tzif = bundled_zone("Asia/Tokyo").unwrap().tzif;
        compiled.module = encode(&program).unwrap();
        assert_eq!(verdict(&compiled), "delay");
    }

    #[test]
    fn what_nothing_uses_of_the_library_is_no_part_of_a_module() {
        // rule: module.spare
        let policy = "request { n: int }\npolicy p { rule r { block when n > 3 } }\n";
        let with = |uses: &str| compiled(&format!("{uses}{policy}"));
        let plain = with("");
        for module in ["std.groups", "std.windows", "std.calendar"] {
            assert_eq!(with(&format!("use {module}\n")).module, plain.module, "{module}");
        }
        let asks = "use std.groups\nrequest { n: int }\n\
                    policy p { rule r { escalate to release_managers when n > 3 } }\n";
        let program = decode(&compiled(asks).module).unwrap();
        let groups: Vec<&str> = program.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(groups, ["release_managers"]);
    }

    #[test]
    fn telling_why_has_fuel_of_its_own() {
        // rule: fuel.explain
        let compiled = compiled(
            "request { xs: list<int, max 600> }\npolicy p {\n\
             rule dear { delay for each x in xs because \"{count a in xs where (count b in xs where a < b) > x}\" }\n\
             rule cheap { delay for 1h when xs.size > 0 because \"cheap\" } }",
        );
        let xs: Vec<String> = (0..600).map(|x| x.to_string()).collect();
        let decision =
            decide(&compiled, &compiled.source_map, &format!("{{\"xs\":[{}]}}", xs.join(",")), "{}");
        let reasons = |rule: &str| {
            let own = decision.objections.iter().filter(|objection| objection.rule == rule);
            own.map(|objection| objection.reason.as_str()).collect::<Vec<_>>()
        };
        let untold = |reason: &&str| **reason == *"the fuel for telling why is used up";
        assert_eq!(reasons("p.cheap"), ["cheap"]);
        assert!(!reasons("p.dear").is_empty() && reasons("p.dear").iter().any(untold));
        assert_eq!((decision.verdict.word(), decision.retry_at), ("delay", None));
        assert!(decision.fuel_used <= decision.fuel_bound);
    }

    #[test]
    fn only_admission_gives_verdicts() {
        // rule: verify.verdicts
        refused(|program| {
            let at = place(program, |op| matches!(op, Op::Object { .. }));
            let object = program.code[at];
            let text = program.texts.iter().position(|text| text.block.len > 1).unwrap();
            program.code[program.texts[text].block.start as usize] = object;
        });
    }

    #[test]
    fn places_in_the_source_are_beside_the_module() {
        // rule: module.source-map
        let compiled = compiled(POLICY);
        let with = decide(&compiled, &compiled.source_map, BODY, "{}");
        let mut without = decide(&compiled, &SourceMap::default(), BODY, "{}");
        assert!(without.objections.iter().all(|objection| objection.source.is_none()));
        for (objection, other) in without.objections.iter_mut().zip(&with.objections) {
            objection.source.clone_from(&other.source);
        }
        without.warnings.clone_from(&with.warnings);
        assert_eq!(without, with);
    }

    #[test]
    fn what_verifies_is_what_the_compiler_made() {
        // rule: verify.sound
        assert_eq!(changed(|_| ()), Ok(()));
    }

    #[test]
    fn operands_are_there_and_of_their_kind() {
        // rule: verify.operands
        let fact = |op: &Op| matches!(op, Op::Fact { .. });
        refused(|program| {
            let at = place(program, fact);
            program.code[at] = Op::Fact { dst: Reg(0), slot: Slot(999) };
        });
        refused(|program| {
            let at = place(program, |op| matches!(op, Op::Const { .. }));
            program.code[at] = Op::Const { dst: Reg(0), konst: Konst(999) };
        });
        refused(|program| {
            let at = place(program, |op| matches!(op, Op::Now { .. }));
            program.code[at] = Op::Now { dst: Reg(999) };
        });
        refused(|program| {
            let text = program.registers.iter().position(|kind| *kind == Kind::Str).unwrap();
            let at = place(program, |op| matches!(op, Op::Now { .. }));
            program.code[at] = Op::Now { dst: Reg(u16::try_from(text).unwrap()) };
        });
    }

    #[test]
    fn jumps_go_forward_and_loops_match() {
        // rule: verify.flow
        let jump = |op: &Op| matches!(op, Op::JumpIfFalse { .. });
        refused(|program| {
            let at = place(program, jump);
            program.code[at] = Op::Jump { to: Label(0) };
        });
        refused(|program| {
            let at = place(program, jump);
            program.code[at] = Op::Jump { to: Label(999_999) };
        });
        refused(|program| {
            let at = place(program, jump);
            program.code[at] = Op::End {};
        });
        refused(|program| {
            let at = place(program, |op| matches!(op, Op::Each { .. }));
            program.code[at] = Op::Now { dst: Reg(0) };
        });
        refused(|program| program.admission.len -= 1);
        refused(|program| program.admission.start = 999_999);
    }

    #[test]
    fn a_let_needs_only_those_before_it() {
        // rule: verify.lets
        refused(|program| {
            let at = place(program, |op| matches!(op, Op::Force { .. }));
            program.code[at] = Op::Force { thunk: Thunk(1) };
        });
    }

    #[test]
    fn indices_of_tables_lead_somewhere() {
        // rule: verify.references
        refused(|program| program.rules[0].policy = 9);
        refused(|program| program.statements[0].rule = 9);
        refused(|program| program.statements[0].reason = 999);
        refused(|program| program.waivers[0].rules[0] = 9);
        refused(|program| program.layouts[0].slots = 0);
        refused(|program| program.causes.clear());
    }

    #[test]
    fn a_stated_bound_is_the_bound() {
        // rule: verify.bounds
        refused(|program| program.fuel_bound -= 1);
        refused(|program| program.fuel_bound += 1);
    }

    #[test]
    fn no_decision_uses_more_than_the_bound() {
        // rule: theorem.fuel, fault.fuel
        let compiled = compiled(POLICY);
        let full = r#"{"name":"a","ports":[1,2,3,22]}"#;
        for body in [
            BODY,
            r#"{"n":0,"hosts":[]}"#,
            &format!(r#"{{"n":2,"rate":null,"hosts":[{full},{full},{full}]}}"#),
        ] {
            let decision = decide(&compiled, &compiled.source_map, body, r#"{"load":"99%"}"#);
            assert!(decision.fuel_used <= decision.fuel_bound, "{decision:?}");
            assert!(decision.objections.iter().all(|objection| !objection.fault));
        }
    }

    #[test]
    fn order_in_the_source_cannot_be_told_from_a_decision() {
        // rule: theorem.permute
        let request = "request { n: int, m: int? }\n";
        let p = |rules: &str| format!("policy p {{ {rules} }}\n");
        let (r, s) =
            ("rule r { block when n > 1 delay when m > 1 }", "rule s { warn when n > 0 delay when n > 0 }");
        let s_turned = "rule s { delay when n > 0 warn when n > 0 }";
        let q = "policy q when m > 1 { rule r { block when n > 0 } }\n";
        let texts = [
            format!("{request}{}{q}", p(&format!("{r} {s}"))),
            format!("{q}{}{request}", p(&format!("{s} {r}"))),
            format!("{}{request}{q}", p(&format!("{s_turned} {r}"))),
        ];
        let decisions = texts.map(|text| {
            let compiled = compiled(&text);
            let mut decision = decide(&compiled, &SourceMap::default(), r#"{"n":2}"#, "{}");
            decision.policy = ModuleHash::of(b"");
            (decision.verdict, decision.objections, decision.warnings, decision.retry_at)
        });
        let [first, rest @ ..] = &decisions;
        assert_eq!(first.1.len(), 5);
        assert!(rest.iter().all(|other| other == first), "{decisions:?}");
    }

    #[test]
    fn a_decision_is_replayed_from_canonical_facts() {
        // rule: theorem.replay, determinism.replay, determinism.canonical
        let compiled = compiled(POLICY);
        let module = VerifiedProgram::load(&compiled.module).unwrap();
        let body = r#" { "hosts": [ { "ports": [22], "name": "\u00e4" } ], "rate": "5.50%", "n": 2 } "#;
        let snapshot = read(&module, body, r#"{ "load": "0.5%" }"#).unwrap();
        let original = Machine::new().decide(&module, &compiled.source_map, &snapshot, NOW).to_json();
        let (mut request, mut facts) = (Vec::new(), Vec::new());
        snapshot.canonical_request(module.program(), &mut request);
        snapshot.canonical_signals(module.program(), &mut facts);
        let (request, facts) = (String::from_utf8(request).unwrap(), String::from_utf8(facts).unwrap());
        assert_eq!(request, r#"{"hosts":[{"name":"ä","ports":[22]}],"n":2,"rate":"5.5%"}"#);
        assert_eq!(facts, r#"{"load":"0.5%"}"#);
        let again = decide(&compiled, &compiled.source_map, &request, &facts);
        assert_eq!(again.to_json(), original);
        let unknown = read(&module, r#"{"hosts":[],"n":2}"#, "").unwrap();
        let mut without = Vec::new();
        unknown.canonical_request(module.program(), &mut without);
        assert_eq!(without, br#"{"hosts":[],"n":2}"#);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        // rule: request.strict, request.size, request.depth
        let module = VerifiedProgram::load(&compiled(POLICY).module).unwrap();
        let refused = |body: &str| {
            let error = read(&module, body, "").unwrap_err();
            (error.kind, error.pointer)
        };
        let is = |kind, pointer: &str| (kind, pointer.to_owned());
        use RequestErrorKind as E;
        assert_eq!(refused(r#"{"n":1,"hosts":[],"m":1}"#), is(E::UnknownMember, "/m"));
        assert_eq!(refused(r#"{"n":1,"n":2,"hosts":[]}"#), is(E::DuplicateMember, "/n"));
        assert_eq!(refused(r#"{"hosts":[]}"#), is(E::MissingMember, ""));
        assert_eq!(refused(r#"{"n":null,"hosts":[]}"#), is(E::UnexpectedNull, "/n"));
        assert_eq!(refused(r#"{"n":"1","hosts":[]}"#), is(E::WrongType, "/n"));
        assert_eq!(refused(r#"{"n":1,"rate":5,"hosts":[]}"#), is(E::BadUnit, "/rate"));
        assert_eq!(refused(r#"{"n":1,"load":"5%","hosts":[]}"#), is(E::NotClaimed, "/load"));
        assert_eq!(
            refused(r#"{"n":1,"hosts":[{"name":"a","ports":[1,2,3,4,5]}]}"#),
            is(E::TooLong, "/hosts/0/ports")
        );
        let blanks = " ".repeat(limits::REQUEST_BYTES_MAX as usize);
        assert_eq!(refused(&format!(r#"{blanks}{{"n":1,"hosts":[]}}"#)), is(E::TooLarge, ""));
        let deep = "[".repeat(limits::REQUEST_DEPTH_MAX as usize + 1);
        assert_eq!(refused(&format!(r#"{{"n":1,"hosts":[],"m":{deep}"#)).0, E::TooDeep);
    }

    #[test]
    fn what_is_beyond_a_limit_of_a_decision_is_cut_and_counted() {
        // rule: verdict.objections.max, reason.size
        let compiled = compiled(
            "record Item { n: int, name: string<max 4000> }\nrequest { items: list<Item, max 2000> }\n\
         policy p { rule r { delay for each i in items when i.n > 0 because \"{i.name}\" } rule s { block when items.size > 1024 } }",
        );
        let name = "ä".repeat(1500);
        let items = |count: usize, name: &str| {
            let item = format!(r#"{{"n":1,"name":"{name}"}}"#);
            format!(r#"{{"items":[{}]}}"#, vec![item; count].join(","))
        };
        let map = &compiled.source_map;
        let one = decide(&compiled, map, &items(1, &name), "{}");
        let reason = one.objections.first().map(|objection| objection.reason.as_str()).unwrap_or_default();
        assert!(reason.len() <= limits::REASON_BYTES_MAX as usize && reason.ends_with('…'), "{reason}");
        let many = decide(&compiled, map, &items(1100, "a"), "{}");
        assert_eq!(many.objections.len(), limits::OBJECTIONS_MAX as usize);
        let rules: BTreeSet<&str> = many.objections.iter().map(|objection| objection.rule.as_str()).collect();
        assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["p.r", "p.s"]);
        assert_eq!(many.left_out, 1101 - u64::from(limits::OBJECTIONS_MAX));
        assert_eq!(many.verdict.word(), "block");
    }
}
