//! The specification, the tables and the tests hang together.

use std::io;

use holdpoint_tests::coverage::Survey;
use holdpoint_tests::homes::root;

fn nothing(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn each_clause_is_declared_once() -> io::Result<()> {
    nothing(&Survey::of(&root())?.declared_twice());
    Ok(())
}

#[test]
fn every_clause_that_is_named_is_declared() -> io::Result<()> {
    nothing(&Survey::of(&root())?.undeclared());
    Ok(())
}

#[test]
fn every_clause_is_shown_by_something_that_runs() -> io::Result<()> {
    nothing(&Survey::of(&root())?.uncovered());
    Ok(())
}

#[test]
fn every_code_has_a_page_with_a_wrong_and_a_right_example() -> io::Result<()> {
    nothing(&Survey::of(&root())?.code_pages());
    Ok(())
}

#[test]
fn every_module_of_the_library_is_described() -> io::Result<()> {
    let page = std::fs::read_to_string(root().join("spec/10-library.md"))?;
    let missing = holdpoint_stdlib::NAMES.iter().filter(|name| !page.contains(&format!("`{name}`")));
    nothing(
        &missing.map(|name| format!("spec/10-library.md does not tell what `{name}` is")).collect::<Vec<_>>(),
    );
    Ok(())
}
