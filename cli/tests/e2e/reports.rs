//! What `check` and `test` write for the programs that gather reports.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{binary, holdpoint, root};

/// A package in a folder whose name a URI and a command of GitHub have to escape.
fn package(place: &Path, text: &str) -> String {
    let folder = place.join("a b,c");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("policy.hold"), text).unwrap();
    folder.to_str().unwrap().to_owned()
}

/// So many rules with an unknown name each, the first behind characters of two UTF-16 code units.
fn mistakes(count: usize) -> String {
    let rules: String =
        (0..count).map(|n| format!("  rule r{n} \"😀 50%::x\" {{ block when nothing{n} > 3 }}\n")).collect();
    format!("request {{ n: int }}\nlet spare = 3\npolicy p {{\n{rules}}}\n")
}

/// The members that SARIF 2.1.0 demands, with the type of each.
fn assert_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-2.1.0.json"));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (driver["name"].as_str(), run["columnKind"].as_str()),
        (Some("holdpoint"), Some("utf16CodeUnits"))
    );
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        for text in
            [&rule["id"], &rule["shortDescription"]["text"], &rule["help"]["text"], &rule["help"]["markdown"]]
        {
            assert!(!text.as_str().unwrap().is_empty(), "{rule}");
        }
    }
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()), "{result}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let [location] = result["locations"].as_array().unwrap().as_slice() else { panic!("{result}") };
        let related = result["relatedLocations"].as_array().unwrap();
        for place in std::iter::once(location).chain(related).map(|place| &place["physicalLocation"]) {
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && !uri.contains([' ', ',', '\\']), "{uri}");
            let number = |member: &str| place["region"][member].as_u64().unwrap();
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            let (start, end) = ("startLine", "endLine");
            assert!((number(start), number("startColumn")) <= (number(end), number("endColumn")));
        }
        for change in result["fixes"].as_array().unwrap().iter().map(|fix| &fix["artifactChanges"][0]) {
            assert!(change["replacements"][0]["insertedContent"]["text"].is_string(), "{result}");
            assert!(change["replacements"][0]["deletedRegion"]["startLine"].is_u64(), "{result}");
        }
        assert_eq!(result["partialFingerprints"]["holdpoint/v1"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn sarif_has_what_code_scanning_reads() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), &mistakes(3));
    let ran = holdpoint(&["check", &path, "--format", "sarif"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 4, "{}", ran.out);
    let unknown = results.iter().find(|result| result["ruleId"] == "E0301").unwrap();
    let place = &unknown["locations"][0]["physicalLocation"];
    assert!(
        place["artifactLocation"]["uri"].as_str().unwrap().ends_with("/a%20b%2Cc/policy.hold"),
        "{place}"
    );
    // Behind `rule r0 "😀 50%::x" { block when `, in which 😀 counts twice.
    let region = &place["region"];
    assert_eq!(
        (region["startLine"].as_u64(), region["startColumn"].as_u64()),
        (Some(4), Some(36)),
        "{region}"
    );
    let clean = holdpoint(&["check", "examples/acme", "--format", "sarif"]);
    assert_eq!(clean.code, 0);
    let log: Value = serde_json::from_str(&clean.out).unwrap();
    assert_sarif(&log);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn fingerprints_stay_where_other_lines_change_and_differ_among_those_alike() {
    let prints = |text: &str| -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("policy.hold"), text).unwrap();
        let ran =
            binary().current_dir(place.path()).args(["check", ".", "--format", "gitlab"]).output().unwrap();
        let issues: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let issues = issues.as_array().unwrap();
        for issue in issues {
            assert_eq!(issue["location"]["path"], "policy.hold");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
            assert!(!issue["description"].as_str().unwrap().is_empty());
            let severity =
                if issue["check_name"].as_str().unwrap().starts_with('E') { "major" } else { "minor" };
            assert_eq!(issue["severity"], severity);
        }
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let text = mistakes(2).replace("nothing1", "nothing0");
    let before = prints(&text);
    assert_eq!(before.len(), 3);
    assert!(before[1] != before[2] && before[0] != before[1], "{before:?}");
    assert_eq!(before, prints(&format!("// one line more\n{text}")));
}

#[test]
fn github_gets_ten_annotations_and_the_rest_in_a_summary() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), &mistakes(14));
    let summary = place.path().join("summary.md");
    let run = binary()
        .args(["check", &path, "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    let out = String::from_utf8(run.stdout).unwrap();
    let annotations: Vec<&str> = out.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 10, "{out}");
    assert!(!out.contains("::warning "), "errors go before warnings\n{out}");
    for line in &annotations {
        let (properties, message) = line.strip_prefix("::error ").unwrap().split_once("::").unwrap();
        assert!(properties.contains("/a b%2Cc/policy.hold,line="), "{line}");
        assert!(properties.contains(",title=E0301%3A unknown name") && !message.is_empty(), "{line}");
    }
    let (_, rest) = out.split_once("and 5 more:\n::stop-commands::").unwrap();
    let token = rest.lines().next().unwrap();
    assert_eq!(rest.lines().last().unwrap(), format!("::{token}::"));
    assert!(rest.contains("W0309") && rest.lines().count() == 7, "{rest}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("### holdpoint check: 15 found\n"), "{summary}");
    assert_eq!(summary.matches("E0301").count(), 14);
}

#[test]
fn text_shows_twenty_of_a_file_and_says_how_many_more() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), &mistakes(24));
    let text = holdpoint(&["check", &path]).err;
    assert_eq!(text.matches("error[E0301]").count() + text.matches("warning[W0309]").count(), 20, "{text}");
    assert!(text.contains("policy.hold: and 5 more\n"), "{text}");
    let all = holdpoint(&["check", &path, "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&all.out).unwrap()["diagnostics"].as_array().unwrap().len(), 25);
}

#[test]
fn a_report_goes_to_a_file_beside_the_text() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), &mistakes(1));
    let file = place.path().join("report");
    let to = file.to_str().unwrap();
    for format in ["text", "concise", "json", "sarif", "github", "gitlab"] {
        let ran = holdpoint(&["check", &path, "--format", format, "--output", to]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{format}");
        assert!(ran.err.contains("error[E0301]") && ran.err.contains('╭'), "{format} {}", ran.err);
        assert!(fs::read_to_string(&file).unwrap().contains("E0301"), "{format}");
    }
    let ran = holdpoint(&["check", &path, "--format", "sarif", "--output", "no/such/place"]);
    assert!(ran.code == 5 && ran.err.contains("cannot write `no/such/place`"), "{}", ran.err);
    let ran = holdpoint(&["check", &path, "--format", "xml"]);
    assert!(ran.code == 2 && ran.err.contains("sarif"), "{}", ran.err);
}

/// A package with a test that passes and one that fails, whose name is hard to write down.
const SUITE: &str = "request { n: int }\npolicy p { rule r { block when n > 3 } }\n\
    test \"four\" { given { now: 2026-01-05T12:00Z n: 4 } expect block by r }\n\
    test \"# <one> & \\\"100%, ok\\\"\" { given { now: 2026-01-05T12:00Z n: 1 } expect block by r }\n";

fn tested(format: &str, path: &str) -> String {
    let ran = holdpoint(&["test", path, "--format", format]);
    assert_eq!(ran.code, 1, "{format} {}", ran.err);
    assert_eq!(ran.err, "", "{format}");
    ran.out
}

#[test]
fn results_of_tests_come_as_json_junit_tap_and_annotations() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), SUITE);
    let json: Value = serde_json::from_str(&tested("json", &path)).unwrap();
    assert_eq!(json["schema"], "holdpoint/tests/v1");
    assert_eq!((json["passed"].as_u64(), json["failed"].as_u64()), (Some(1), Some(1)));
    let package = &json["packages"][0];
    assert_eq!(package["tests"][1]["failures"][0], "expected block, got allow");
    assert_eq!((package["tests"][1]["line"].as_u64(), package["fired"][0].as_str()), (Some(4), Some("p.r")));

    let junit = tested("junit", &path);
    assert!(junit.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{junit}");
    assert!(junit.contains("name=\"# &lt;one&gt; &amp; &quot;100%, ok&quot;\""), "{junit}");
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(junit.contains("<failure message=\"expected block, got allow\">"), "{junit}");
    for tag in ["testsuites", "testsuite"] {
        assert_eq!(junit.matches(&format!("<{tag} ")).count(), junit.matches(&format!("</{tag}>")).count());
    }

    let tap = tested("tap", &path);
    assert!(tap.starts_with("TAP version 14\n1..2\nok 1 - ") && tap.contains("\nnot ok 2 - "), "{tap}");
    assert!(
        tap.contains("a b,c: \\# <one>") && tap.contains("\n  ---\n  message:\n    - \"expected block"),
        "{tap}"
    );

    let github = tested("github", &path);
    assert_eq!(github.lines().count(), 1, "{github}");
    assert!(github.starts_with("::error file=") && github.contains(",line=4,"), "{github}");
    assert!(github.contains(",title=test # <one> & \"100%25%2C ok\"::expected block, got allow"), "{github}");
}

#[test]
fn a_package_that_does_not_compile_is_an_error_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let path = package(place.path(), &SUITE.replace("when n", "when m"));
    for (format, words) in [("json", "\"error\": \""), ("junit", "<error message="), ("tap", "not ok 1 - ")] {
        let ran = holdpoint(&["test", &path, "--format", format]);
        assert_eq!(ran.code, 3, "{format}");
        assert!(ran.out.contains(words) && ran.out.contains("does not compile"), "{format} {}", ran.out);
        assert!(ran.err.contains("E0301"), "{format} {}", ran.err);
    }
}

#[test]
fn results_of_tests_go_to_a_file_beside_the_text() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("junit.xml");
    let args = ["test", "stdlib", "examples/acme", "--format", "junit", "--output", file.to_str().unwrap()];
    let ran = holdpoint(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, holdpoint(&["test", "stdlib", "examples/acme"]).out);
    let junit = fs::read_to_string(file).unwrap();
    assert!(junit.contains("file=\"examples/acme/tests.hold\""), "{junit}");
    let cases = junit.matches("<testcase ").count();
    assert_eq!(cases, ran.out.lines().filter(|line| line.starts_with("test ")).count());
    assert!(root().join("examples/acme/tests.hold").is_file());
}
