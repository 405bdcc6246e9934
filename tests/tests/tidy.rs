//! The repository keeps to the rules of the house.

use std::io;

use holdpoint_tests::homes::root;
use holdpoint_tests::tidy;

fn nothing(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn functions_and_files_are_short() -> io::Result<()> {
    nothing(&tidy::lengths(&tidy::rust_files(&root())?));
    Ok(())
}

#[test]
fn files_say_what_they_are_and_allow_no_panic_as_a_whole() -> io::Result<()> {
    nothing(&tidy::headers(&tidy::rust_files(&root())?));
    Ok(())
}

#[test]
fn no_file_is_dead() -> io::Result<()> {
    nothing(&tidy::dead_files(&tidy::rust_files(&root())?, &tidy::manifests(&root())?));
    Ok(())
}

#[test]
fn policies_have_their_layout() -> io::Result<()> {
    nothing(&tidy::layouts(&root())?);
    Ok(())
}

#[test]
fn nothing_is_left_unfinished() -> io::Result<()> {
    nothing(&tidy::leftovers(&root())?);
    Ok(())
}

#[test]
fn no_path_is_of_one_machine() -> io::Result<()> {
    nothing(&tidy::machine_paths(&root())?);
    Ok(())
}

#[test]
fn crates_depend_in_one_direction() -> io::Result<()> {
    nothing(&tidy::directions(&tidy::manifests(&root())?));
    Ok(())
}

#[test]
fn pure_crates_use_nothing_that_varies() -> io::Result<()> {
    nothing(&tidy::impure(&tidy::rust_files(&root())?));
    Ok(())
}
