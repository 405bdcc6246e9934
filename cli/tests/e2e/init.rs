//! A package that was begun works, and nothing is written over.

use std::fs;

use serde_json::Value;

use crate::run::holdpoint;

#[test]
fn a_package_that_was_begun_compiles_passes_its_tests_and_decides_its_request() {
    for (ci, pipeline) in
        [("github", Some(".github/workflows/policy.yml")), ("gitlab", Some(".gitlab-ci.yml")), ("none", None)]
    {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new/policy");
        let path = folder.to_str().unwrap();
        let ran = holdpoint(&["init", path, "--ci", ci]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.starts_with(&format!("{path}/policy.hold\n")), "{}", ran.out);
        assert!(ran.err.contains(&format!("try `holdpoint test {path}`")), "{}", ran.err);
        assert_eq!(holdpoint(&["fmt", "--check", path]).code, 0);
        let checked = holdpoint(&["check", "--deny-warnings", path]);
        assert_eq!(checked.code, 0, "{}", checked.err);
        let tested = holdpoint(&["test", path]);
        assert_eq!(tested.code, 0, "{}", tested.out);
        assert!(
            tested.out.contains("\n7 passed, 0 failed, 0 left out; 4 of 4 rules fired\n"),
            "{}",
            tested.out
        );
        let request = folder.join("requests/ready.json");
        let at = ["--at", "2026-01-06T10:00Z", "--format", "json"];
        let eval = [&["eval", path, "--request", request.to_str().unwrap()], at.as_slice()].concat();
        let decision: Value = serde_json::from_str(&holdpoint(&eval).out).unwrap();
        assert_eq!(decision["verdict"], "allow");
        if let Some(pipeline) = pipeline {
            let text = fs::read_to_string(folder.join(pipeline)).unwrap();
            assert!(text.contains("--git https://") && !text.contains("REPOSITORY"), "{text}");
            // Every command that the pipeline runs is one, with options that it has.
            let lines = text.lines().filter(|line| !line.contains("cargo install"));
            let commands = lines.filter_map(|line| line.split_once("holdpoint ")).map(|(_, args)| args);
            let commands: Vec<&str> = commands.collect();
            assert_eq!(commands.len(), 3, "{text}");
            for args in commands {
                let report = |arg: &str| folder.join(arg).to_str().unwrap().to_owned();
                let args = args.split(' ').map(|arg| match arg {
                    "." => path.to_owned(),
                    _ if arg.ends_with(".json") || arg.ends_with(".xml") => report(arg),
                    _ => arg.to_owned(),
                });
                let args: Vec<String> = args.collect();
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                let ran = holdpoint(&args);
                assert_eq!(ran.code, 0, "{args:?} {}", ran.err);
            }
        }
    }
}

#[test]
fn nothing_is_written_over() {
    let place = tempfile::tempdir().unwrap();
    for taken in ["tests.hold", "requests/ready.json", ".github/workflows/policy.yml", "deep/other.hold"] {
        let folder = place.path().join(taken.replace('/', "-"));
        let file = folder.join(taken);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "mine").unwrap();
        let ran = holdpoint(&["init", folder.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{taken}");
        let words = format!("{taken}` is there already, and stays");
        assert!(ran.err.contains(&words) && ran.err.contains("help: name a directory"), "{}", ran.err);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        assert!(!folder.join("policy.hold").exists(), "{taken}");
    }
    let file = place.path().join("file");
    fs::write(&file, "mine").unwrap();
    let ran = holdpoint(&["init", file.to_str().unwrap()]);
    assert!(ran.code == 5 && ran.err.contains("cannot write"), "{}", ran.err);
}
