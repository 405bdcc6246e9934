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

/// What a row of the requirements' page names and is not there: a clause, or a rule of a module or of an example, and a
/// test of a package.
fn untrue(row: &str, clauses: &str) -> io::Result<Option<String>> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [number, _, place, test] = cells.as_slice() else {
        return Ok(Some(format!("{row}: not four cells")));
    };
    let names: Vec<&str> = place.split('`').filter(|part| !part.trim().is_empty()).collect();
    let there = match names.as_slice() {
        [clause] => clauses.contains(&format!("\nr[{clause}]\n")),
        [home, rule] => declares(home, rule)?,
        _ => false,
    };
    if !there {
        return Ok(Some(format!("{number}: there is no {place}")));
    }
    let Some((package, test)) = test.split_once(": ") else { return Ok(None) };
    let tests = std::fs::read_to_string(root().join(package).join("tests.hold"))?;
    let known = tests.contains(&format!("\ntest \"{test}\" {{\n"));
    Ok((!known).then(|| format!("{number}: {package} has no test {test:?}")))
}

/// Whether a module of the library, or the policy of an example, declares a rule, a waiver, a score, a rollout or a
/// verification.
fn declares(home: &str, rule: &str) -> io::Result<bool> {
    let text = match holdpoint_stdlib::module(home) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(root().join(home).join("policy.hold"))?,
    };
    Ok(["rule", "waiver", "score", "rollout", "verify"]
        .iter()
        .any(|word| text.contains(&format!("{word} {rule} "))))
}

#[test]
fn requirements_are_met_where_their_page_says() -> io::Result<()> {
    let page = std::fs::read_to_string(root().join("spec/18-requirements.md"))?;
    let mut clauses = String::new();
    for path in holdpoint_tests::homes::files(&root(), "spec", "md")? {
        clauses.push_str(&std::fs::read_to_string(root().join(path))?);
    }
    let met = page.split("## Not yet").next().unwrap_or_default();
    let rows: Vec<&str> = met.lines().filter(|line| line.starts_with("| R")).collect();
    assert!(rows.len() > 70, "only {} rows", rows.len());
    let untrue: io::Result<Vec<Option<String>>> = rows.into_iter().map(|row| untrue(row, &clauses)).collect();
    nothing(&untrue?.into_iter().flatten().collect::<Vec<_>>());
    Ok(())
}
