//! Which files are read and written: no more than is asked for.

use std::fs;
use std::process::{Command, Stdio};

use crate::run::{binary, holdpoint, with_input};

const POLICY: &str = "request { n: int }\n\npolicy p { rule r { block when n > 3 } }\n\n";
const FROM_FILE: &str =
    "test \"few\" { given from \"few.json\" with { now: 2026-11-20T15:30Z } expect allow }\n";

fn package(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::create_dir_all(place.path().join(name).parent().unwrap()).unwrap();
        fs::write(place.path().join(name), bytes).unwrap();
    }
    place
}

#[test]
fn only_the_json_files_that_tests_name_are_read() {
    let policy = format!("{POLICY}{FROM_FILE}");
    let place = package(&[
        ("policy.hold", policy.as_bytes()),
        ("few.json", b"{\"n\": 1}"),
        ("other.json", b"\xff\xfe"),
        ("below/broken.hold.json", b"{"),
    ]);
    // What cannot be read at all does not matter either, unless it is named.
    std::os::unix::fs::symlink("nowhere", place.path().join("gone.json")).unwrap();
    for path in [place.path().to_owned(), place.path().join("policy.hold")] {
        let path = path.to_str().unwrap();
        let ran = holdpoint(&["check", path]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let ran = holdpoint(&["test", path]);
        assert_eq!((ran.code, ran.out.contains("1 passed")), (0, true), "{}", ran.err);
    }

    let wrong = format!("{POLICY}{}", FROM_FILE.replace("few.json", "fwe.json"));
    fs::write(place.path().join("policy.hold"), wrong).unwrap();
    let ran = holdpoint(&["check", place.path().to_str().unwrap()]);
    assert!(ran.code == 1 && ran.err.contains("did you mean `few.json`?"), "{}", ran.err);
}

#[test]
fn a_file_is_checked_without_its_neighbours_and_reads_nothing_above_it() {
    let outside = format!("{POLICY}{}", FROM_FILE.replace("few.json", "../few.json"));
    let place = package(&[
        ("few.json", b"{\"n\": 1}"),
        ("one/policy.hold", outside.as_bytes()),
        ("one/other.hold", b"\xff"),
    ]);
    let path = place.path().join("one/policy.hold");
    let ran = holdpoint(&["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no file `../few.json`"), "{}", ran.err);
    fs::write(&path, POLICY).unwrap();
    assert_eq!(holdpoint(&["check", path.to_str().unwrap()]).code, 0);
}

#[test]
fn a_policy_is_read_from_standard_input() {
    let policy =
        format!("{POLICY}test \"many\" {{ given {{ now: 2026-11-20T15:30Z n: 4 }} expect block }}\n");
    let ran = with_input(&["check", "-"], &policy);
    assert_eq!((ran.code, ran.err.as_str()), (0, "stdin: 1 policy, 1 rule, 1 test\n"));
    let ran = with_input(&["check", "-", "--format", "concise"], &policy.replace("n > 3", "m > 3"));
    assert!(ran.code == 1 && ran.err.starts_with("stdin.hold:3:"), "{}", ran.err);
    assert!(with_input(&["test", "-"], &policy).out.contains("1 passed"));
    assert!(with_input(&["build", "-"], &policy).out.starts_with("sha256:"));

    let place = package(&[("few.json", b"{\"n\": 1}")]);
    let few = place.path().join("few.json");
    let few = few.to_str().unwrap();
    assert_eq!(with_input(&["eval", "-", "--request", few], &policy).code, 0);
    for args in [
        ["eval", "-", "--request", "-", "--signals", few],
        ["eval", "-", "--request", few, "--signals", "-"],
        ["eval", "examples/acme", "--request", "-", "--signals", "-"],
    ] {
        let ran = with_input(&args, &policy);
        assert!(ran.code == 2 && ran.err.contains("only once"), "{args:?} {}", ran.err);
    }
}

#[test]
fn a_module_goes_where_it_is_sent() {
    let place = package(&[("p/policy.hold", POLICY.as_bytes())]);
    let (package, module) = (place.path().join("p"), place.path().join("p.hpm"));
    let package = package.to_str().unwrap();
    let ran = holdpoint(&["build", package, "-o", module.to_str().unwrap()]);
    let (hash, bytes) = (ran.out, fs::read(&module).unwrap());
    assert!(ran.code == 0 && hash.starts_with("sha256:"), "{}", ran.err);
    assert!(place.path().join("p.hpm.map").exists());

    let without = holdpoint(&["build", package]);
    assert_eq!((without.code, without.out), (0, hash.clone()));

    let printed = binary().args(["build", package, "-o", "-"]).output().unwrap();
    assert_eq!(printed.stdout, bytes);
    assert_eq!(String::from_utf8(printed.stderr).unwrap(), hash);

    // A link stays one, and what it leads to is replaced.
    let link = place.path().join("link.hpm");
    std::os::unix::fs::symlink("p.hpm", &link).unwrap();
    fs::write(&module, "old").unwrap();
    assert_eq!(holdpoint(&["build", package, "-o", link.to_str().unwrap()]).code, 0);
    assert!(link.is_symlink() && fs::read(&module).unwrap() == bytes);
}

#[test]
fn a_pipe_is_written_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;

    let place = package(&[("p/policy.hold", POLICY.as_bytes())]);
    let pipe = place.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap();
    let package = place.path().join("p");
    let ran = holdpoint(&["build", package.to_str().unwrap(), "-o", pipe.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let read = reader.wait_with_output().unwrap().stdout;
    assert_eq!(holdpoint_isa::ModuleHash::of(&read).to_string(), ran.err.trim());
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
}

#[test]
fn no_source_is_written_over() {
    let policy = format!("{POLICY}{FROM_FILE}");
    let place = package(&[("policy.hold", policy.as_bytes()), ("few.json", b"{\"n\": 1}"), ("p.txt", b"")]);
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    fs::copy(at("policy.hold"), at("p.txt")).unwrap();
    std::os::unix::fs::symlink("policy.hold", at("link")).unwrap();
    for (path, to) in [
        ("", "policy.hold"),
        ("", "new.hold"),
        ("", "few.json"),
        ("", "link"),
        ("policy.hold", "few.json"),
        ("p.txt", "p.txt"),
    ] {
        let ran = holdpoint(&["build", &at(path), "-o", &at(to)]);
        assert!(ran.code == 2 && ran.err.contains("is a source file"), "{path} {to} {}", ran.err);
    }
    assert_eq!(fs::read_to_string(at("policy.hold")).unwrap(), policy);
    assert!(!place.path().join("new.hold").exists());
}
