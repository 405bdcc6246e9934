//! `holdpoint fmt`: files, standard input, and what it leaves alone.

use std::fs;

use crate::run::{holdpoint, with_input};

const UNTIDY: &str = "request{n:int} // n\npolicy p{rule r{block when n>3}}\n";
const TIDY: &str = "request {\n  n: int\n} // n\n\npolicy p {\n  rule r {\n    block when n > 3\n  }\n}\n";
const BROKEN: &str = "policy p { rule r { block when\n";

#[test]
fn files_are_written_only_where_their_layout_is_another() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().to_str().unwrap();
    let (untidy, tidy) = (place.path().join("a.hold"), place.path().join("b/b.hold"));
    fs::create_dir(place.path().join("b")).unwrap();
    fs::write(&untidy, UNTIDY).unwrap();
    fs::write(&tidy, TIDY).unwrap();
    let before = holdpoint(&["build", untidy.to_str().unwrap()]).out;

    let ran = holdpoint(&["fmt", "--check", directory]);
    assert_eq!((ran.code, ran.out.as_str()), (1, format!("{}\n", untidy.display()).as_str()), "{}", ran.err);
    let ran = holdpoint(&["fmt", "--diff", directory]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\n-request{n:int} // n\n") && ran.out.contains("\n+  n: int\n"), "{}", ran.out);
    assert_eq!(fs::read_to_string(&untidy).unwrap(), UNTIDY, "nothing is written to be shown");

    let ran = holdpoint(&["fmt", directory]);
    assert_eq!((ran.code, ran.err), (0, format!("formatted {}\n", untidy.display())));
    assert_eq!(fs::read_to_string(&untidy).unwrap(), TIDY);
    assert_eq!(holdpoint(&["build", untidy.to_str().unwrap()]).out, before, "the module is another one");

    let ran = holdpoint(&["fmt", "--check", directory]);
    assert_eq!((ran.code, ran.out, ran.err), (0, String::new(), String::new()));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let ran = with_input(&["fmt", "-"], UNTIDY);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, TIDY, ""));
    assert_eq!(with_input(&["fmt", "-"], TIDY).out, TIDY);
    assert_eq!(with_input(&["fmt", "--check", "-"], TIDY).code, 0);
    let ran = with_input(&["fmt", "--check", "-"], UNTIDY);
    assert_eq!((ran.code, ran.out.as_str()), (1, "stdin.hold\n"));
}

#[test]
fn what_cannot_be_read_is_reported_and_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let (broken, untidy) = (place.path().join("a.hold"), place.path().join("b.hold"));
    fs::write(&broken, BROKEN).unwrap();
    fs::write(&untidy, UNTIDY).unwrap();
    let ran = holdpoint(&["fmt", place.path().to_str().unwrap()]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("E0201") && ran.err.contains("one file was left as found"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&broken).unwrap(), BROKEN);
    assert_eq!(fs::read_to_string(&untidy).unwrap(), TIDY, "others are laid out");
    assert_eq!(with_input(&["fmt", "-"], BROKEN).out, "");

    let ran = holdpoint(&["fmt", place.path().join("none.hold").to_str().unwrap()]);
    assert!(ran.code == 5 && ran.err.contains("cannot read"), "{}", ran.err);
    fs::write(&broken, b"\xff").unwrap();
    let ran = holdpoint(&["fmt", broken.to_str().unwrap()]);
    assert!(ran.code == 3 && ran.err.contains("is not UTF-8"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn who_may_read_a_file_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.hold");
    fs::write(&file, UNTIDY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(holdpoint(&["fmt", file.to_str().unwrap()]).code, 0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}
