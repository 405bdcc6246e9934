//! JUnit's XML, as Jenkins, GitLab and most others read it.

use super::{Case, Suite};
use crate::output;

/// The results of tests.
pub(crate) fn junit(suites: &[Suite]) -> String {
    let body: String = suites.iter().map(suite).collect();
    let tests: usize = suites.iter().map(|suite| suite.cases().len()).sum();
    let failed: usize = suites.iter().map(Suite::failed).sum();
    let errors = suites.iter().filter(|suite| suite.cases.is_err()).count();
    let tests = tests.saturating_add(errors);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"holdpoint\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">\n\
         {body}</testsuites>\n"
    )
}

fn suite(suite: &Suite) -> String {
    let path = escape(&suite.path);
    let (tests, failed, errors, body) = match &suite.cases {
        Ok(cases) => {
            (cases.len(), suite.failed(), 0, cases.iter().map(|c| case(&path, c)).collect::<String>())
        }
        Err(error) => {
            let error = format!("      <error message=\"{}\"/>\n", escape(error));
            let case =
                format!("    <testcase classname=\"{path}\" name=\"the package\">\n{error}    </testcase>\n");
            (1, 0, 1, case)
        }
    };
    format!(
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">\n\
         {body}  </testsuite>\n"
    )
}

fn case(suite: &str, case: &Case) -> String {
    let (name, file, line) = (escape(&case.name), escape(&case.file), case.line);
    let head = format!("    <testcase classname=\"{suite}\" name=\"{name}\" file=\"{file}\" line=\"{line}\"");
    let Some(first) = case.failures.first() else { return format!("{head}/>\n") };
    let lines: Vec<String> = case.failures.iter().map(|line| escape(line)).collect();
    let failure = format!("      <failure message=\"{}\">{}</failure>\n", escape(first), lines.join("\n"));
    format!("{head}>\n{failure}    </testcase>\n")
}

/// A text as XML takes it, without the characters that XML 1.0 cannot hold.
fn escape(text: &str) -> String {
    output::visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
