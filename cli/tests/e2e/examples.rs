//! The examples: their tests pass, their modules have the hash that is printed, their requests decide as recorded.

use std::fs;

use serde_json::Value;

use crate::run::{holdpoint, root};

#[test]
fn the_tests_of_acme_pass() {
    let ran = holdpoint(&["test", "examples/acme"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(" passed, 0 failed"), "{}", ran.out);
}

/// The library and every example, in one run.
#[test]
fn every_rule_of_the_library_and_the_examples_fires_in_a_test() {
    let ran = holdpoint(&["test", "stdlib", "examples"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let total = ran.out.lines().last().unwrap();
    let (packages, counts) = total.split_once(" packages: ").unwrap();
    assert!(packages.parse::<u32>().unwrap() >= 20, "{total}");
    let (fired, rules) =
        counts.rsplit_once("; ").unwrap().1.strip_suffix(" rules fired").unwrap().split_once(" of ").unwrap();
    assert_eq!(fired, rules, "{}", ran.out);
    assert!(counts.contains(" passed, 0 failed, 0 left out; "), "{total}");
    assert!(ran.out.contains("package examples/acme\n"), "{}", ran.out);
}

#[test]
fn a_rule_that_no_test_makes_fire_is_named_and_is_no_failure() {
    let place = tempfile::tempdir().unwrap();
    let text = "request { n: int }\npolicy p { rule r { block when n > 3 } rule s { block when n > 5 } }\n\
                test \"four\" { given { now: 2026-01-05T12:00Z n: 4 } expect block by r }\n";
    fs::create_dir(place.path().join("one")).unwrap();
    fs::write(place.path().join("one/policy.hold"), text).unwrap();
    let package = holdpoint(&["test", place.path().join("one").to_str().unwrap()]);
    assert_eq!(package.code, 0, "{}", package.err);
    assert!(
        package.out.contains("\n1 passed, 0 failed, 0 left out; 1 of 2 rules fired\n"),
        "{}",
        package.out
    );
    assert!(package.out.contains(" fuel at most, and is proven to take no more than "), "{}", package.out);
    assert!(package.out.ends_with("\nno test makes these fire: p.s\n"), "{}", package.out);
    // A folder without sources of its own is looked through, and what has no test there is passed over.
    fs::create_dir(place.path().join("none")).unwrap();
    fs::write(place.path().join("none/policy.hold"), "request { n: int }\n").unwrap();
    assert_eq!(holdpoint(&["test", place.path().to_str().unwrap()]).out, package.out);
    let filtered = holdpoint(&["test", place.path().to_str().unwrap(), "--filter", "four"]);
    assert!(filtered.out.contains("\n1 passed, 0 failed, 0 left out\n"), "{}", filtered.out);
    // One that does not compile does not keep the others from being run.
    fs::create_dir(place.path().join("broken")).unwrap();
    fs::write(place.path().join("broken/policy.hold"), text.replace("n > 3", "m > 3")).unwrap();
    let both = holdpoint(&["test", place.path().to_str().unwrap()]);
    assert_eq!(both.code, 3, "{}", both.out);
    assert!(both.err.contains("E0301") && both.err.contains("broken` does not compile"), "{}", both.err);
    let total = "2 packages: 1 passed, 0 failed, 0 left out; 1 of 2 rules fired\n";
    assert!(both.out.ends_with(total), "{}", both.out);
    fs::remove_dir_all(place.path().join("broken")).unwrap();
    fs::remove_file(place.path().join("one/policy.hold")).unwrap();
    let nothing = holdpoint(&["test", place.path().to_str().unwrap()]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("has no `.hold` file with a test"), "{}", nothing.err);
}

#[test]
fn rules_of_the_layers_above_fire_in_their_own_tests() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let folder = place.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("policy.hold"), text).unwrap();
        folder.to_str().unwrap().to_owned()
    };
    let above = write("above", "request { n: int }\npolicy p { rule r { block when n > 5 } }\n");
    let test = "test \"four\" { given { now: 2026-01-05T12:00Z n: 4 } expect block by s }\n";
    let below = write("below", &format!("policy q {{ rule s {{ block when n > 3 }} }}\n{test}"));
    let ran = holdpoint(&["test", &below, "--under", &above]);
    assert!(
        ran.out.contains("1 passed, 0 failed, 0 left out; 1 of 1 rules fired\n"),
        "{}{}",
        ran.out,
        ran.err
    );
}

#[test]
fn acme_has_neither_errors_nor_warnings() {
    let ran = holdpoint(&["check", "examples/acme", "--format", "json"]);
    assert_eq!(ran.code, 0);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["diagnostics"], serde_json::json!([]));
}

/// The instant of each request's decision: hotfixes come at night.
fn instant(name: &str) -> &'static str {
    match name {
        _ if name.starts_with("hotfix") => "2026-11-20T22:10+01:00",
        "rollback" => "2026-12-25T03:00+01:00",
        _ => "2026-11-17T10:00+01:00",
    }
}

/// Every request of Acme has its decision beside it, without what any change of the compiler changes.
/// `HOLDPOINT_BLESS=1` writes them.
#[test]
fn each_request_of_acme_is_decided_as_recorded() {
    let acme = root().join("examples/acme");
    let bless = std::env::var_os("HOLDPOINT_BLESS").is_some();
    let mut count = 0;
    for entry in fs::read_dir(acme.join("requests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let request = path.to_str().unwrap();
        let at = instant(&name);
        let mut args = vec!["eval", "examples/acme", "--request", request, "--at", at, "--format", "json"];
        let facts = acme.join("facts").join(format!("{name}.json"));
        if facts.exists() {
            args.extend(["--signals", facts.to_str().unwrap()]);
        }
        let ran = holdpoint(&args);
        let mut decision: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{name}: {}", ran.err));
        assert!(decision["fuel_used"].as_u64() <= decision["fuel_bound"].as_u64());
        let expected_code = match decision["verdict"].as_str().unwrap() {
            "allow" => 0,
            "block" => 10,
            "delay" => 11,
            _ => 12,
        };
        assert_eq!(ran.code, expected_code, "{name}");
        for member in ["policy", "fuel_used", "fuel_bound", "id", "sequence"] {
            decision.as_object_mut().unwrap().remove(member).unwrap();
        }
        let recorded = acme.join("decisions").join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&decision).unwrap());
        if bless {
            fs::write(&recorded, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&recorded).unwrap_or_default(), text, "{name}");
        count += 1;
    }
    assert!(count >= 18, "only {count} requests");
}

#[test]
fn a_module_has_the_hash_that_is_printed_and_decides_like_its_package() {
    let place = tempfile::tempdir().unwrap();
    let module = place.path().join("acme.hpm");
    let module = module.to_str().unwrap();
    let built = holdpoint(&["build", "examples/acme", "-o", module]);
    assert_eq!(built.code, 0, "{}", built.err);
    let sum = holdpoint_isa::ModuleHash::of(&fs::read(module).unwrap()).to_string();
    assert_eq!(built.out.trim(), sum);

    let request = "examples/acme/requests/findings.json";
    let at = "2026-11-17T10:00+01:00";
    let decide =
        |path: &str| holdpoint(&["eval", path, "--request", request, "--at", at, "--format", "json"]).out;
    assert_eq!(decide(module), decide("examples/acme"));
    assert!(decide(module).contains(&sum));

    let again = place.path().join("again.hpm");
    holdpoint(&["build", "examples/acme", "-o", again.to_str().unwrap()]);
    assert_eq!(fs::read(module).unwrap(), fs::read(again).unwrap());
}

#[test]
fn comments_and_layout_do_not_change_the_hash() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let directory = place.path().join(name).join("same");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("policy.hold"), text).unwrap();
        let out = place.path().join(name).join("out.hpm");
        holdpoint(&["build", directory.to_str().unwrap(), "-o", out.to_str().unwrap()]).out
    };
    let one = write("a", "request { n: int }\npolicy p { rule r { block when n > 3 } }\n");
    let two = write(
        "b",
        "// why\nrequest {\n  n: int\n}\n\npolicy p {\n  rule r {\n    block when n > 3 // too many\n  }\n}\n",
    );
    let other = write("c", "request { n: int }\npolicy p { rule r { block when n > 4 } }\n");
    assert!(one.starts_with("sha256:"));
    assert_eq!(one, two);
    // Nor do calendars that no window takes, of the library or of the package.
    let text = "use std.calendar\nrequest { n: int }\npolicy p { rule r { block when n > 3 } }\n";
    assert_eq!(one, write("d", text));
    let spare = "calendar spare valid 2026-01-01 through 2026-12-31 { 2026-05-01 }\n";
    assert_eq!(one, write("e", &format!("{spare}{text}")));
    assert_ne!(one, other);
}

#[test]
fn code_completions_and_the_manual_are_printed() {
    assert!(holdpoint(&["disasm", "examples/acme"]).out.contains("admission:"));
    assert!(holdpoint(&["completions", "bash"]).out.contains("holdpoint"));
    let manual = holdpoint(&["man"]).out;
    for words in [
        ".TH holdpoint",
        "holdpoint\\-serve",
        "\\-\\-listen",
        "HOLDPOINT_LOG",
        "\\-\\-deny\\-warnings",
        "\\-\\-all",
    ] {
        assert!(manual.contains(words), "{words}");
    }
    assert!(holdpoint(&["serve", "--help"]).out.contains("HOLDPOINT_LOG"));
    assert!(holdpoint(&["explain", "301"]).out.starts_with("E0301: unknown name\n"));
    assert!(holdpoint(&["explain", "e0403"]).out.contains("E0403"));
    assert!(holdpoint(&["--help"]).out.contains("Exit codes"));
}
