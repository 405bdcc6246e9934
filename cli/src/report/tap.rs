//! Test Anything Protocol 14: <https://testanything.org/tap-version-14-specification.html>

use super::{Case, Suite};
use crate::output;

/// The results of tests.
pub(crate) fn tap(suites: &[Suite]) -> String {
    let points: Vec<String> = suites.iter().flat_map(points).collect();
    let numbered =
        points.iter().zip(1_usize..).map(|(point, number)| point.replacen('#', &number.to_string(), 1));
    let count = points.len();
    format!("TAP version 14\n1..{count}\n{}", numbered.collect::<String>())
}

/// The test points of a package, with `#` for the number of each.
fn points(suite: &Suite) -> Vec<String> {
    match &suite.cases {
        Ok(cases) => cases.iter().map(|case| point(&suite.path, case)).collect(),
        Err(error) => {
            let at = description(&suite.path);
            vec![format!("not ok # - {at}\n{}", block(std::slice::from_ref(error), None))]
        }
    }
}

fn point(suite: &str, case: &Case) -> String {
    let name = description(&format!("{suite}: {}", case.name));
    if case.failures.is_empty() {
        return format!("ok # - {name}\n");
    }
    format!("not ok # - {name}\n{}", block(&case.failures, Some(case)))
}

/// A YAML block of what went wrong. A JSON string is a YAML one.
fn block(lines: &[String], at: Option<&Case>) -> String {
    let quoted = |text: &str| serde_json::Value::from(output::visible(text)).to_string();
    let message: Vec<String> = lines.iter().map(|line| format!("    - {}\n", quoted(line))).collect();
    let at = at.map(|case| {
        format!(
            "  at:\n    file: {}\n    line: {}\n    column: {}\n",
            quoted(&case.file),
            case.line,
            case.column
        )
    });
    format!("  ---\n  message:\n{}{}  ...\n", message.concat(), at.unwrap_or_default())
}

/// A text in which neither a directive nor an escape is read.
fn description(text: &str) -> String {
    output::visible(text).replace('\\', "\\\\").replace('#', "\\#")
}
