//! The table that is printed: a figure to a row, with target, stretch and what was measured.

use std::fmt;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// No more than the target.
    AtMost,
    /// No less than the target.
    AtLeast,
    /// Told, with no target.
    Told,
}

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The number of the figure; variants of one have a letter.
    pub number: &'static str,
    /// What is measured.
    pub figure: String,
    /// Which way is better.
    pub goal: Goal,
    /// What must be reached.
    pub target: f64,
    /// What would be better still.
    pub stretch: Option<f64>,
    /// What was measured; `Err` says why it was not.
    pub measured: Result<f64, String>,
    /// What it was made from.
    pub detail: String,
}

impl Row {
    fn verdict(&self) -> &'static str {
        let reaches = |goal: f64, measured: f64| match self.goal {
            Goal::AtMost => measured <= goal,
            Goal::AtLeast => measured >= goal,
            Goal::Told => true,
        };
        match (&self.measured, self.goal) {
            (Err(_), _) => "not measured",
            (Ok(_), Goal::Told) => "",
            (Ok(measured), _) if self.stretch.is_some_and(|stretch| reaches(stretch, *measured)) => "stretch",
            (Ok(measured), _) if reaches(self.target, *measured) => "met",
            (Ok(_), _) => "MISSED",
        }
    }
}

/// Rows, as a table of Markdown.
#[derive(Debug, Default)]
pub struct Table(pub Vec<Row>);

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| # | figure | target | stretch | measured | | from |")?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for row in &self.0 {
            let sign = match row.goal {
                Goal::AtMost => "≤ ",
                Goal::AtLeast => "≥ ",
                Goal::Told => "",
            };
            let target = if row.goal == Goal::Told { String::new() } else { format!("{sign}{}", row.target) };
            let stretch = row.stretch.map(|stretch| stretch.to_string()).unwrap_or_default();
            let (measured, detail) = match &row.measured {
                Ok(measured) => (digits(*measured), row.detail.clone()),
                Err(why) => ("—".to_owned(), why.clone()),
            };
            let (number, figure, verdict) = (row.number, &row.figure, row.verdict());
            writeln!(
                f,
                "| {number} | {figure} | {target} | {stretch} | {measured} | {verdict} | {detail} |"
            )?;
        }
        Ok(())
    }
}

/// Three significant digits.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Row, Table};

    fn row(goal: Goal, measured: f64) -> Row {
        let (figure, detail, stretch) =
            (String::from("f"), String::new(), Some(if goal == Goal::AtMost { 0.5 } else { 2.0 }));
        Row { number: "1", figure, goal, target: 1.0, stretch, measured: Ok(measured), detail }
    }

    #[test]
    fn a_row_says_whether_its_target_is_met() {
        let verdicts = |goal| [0.4, 0.9, 1.5, 2.5].map(|measured| row(goal, measured).verdict());
        assert_eq!(verdicts(Goal::AtMost), ["stretch", "met", "MISSED", "MISSED"]);
        assert_eq!(verdicts(Goal::AtLeast), ["MISSED", "MISSED", "met", "stretch"]);
    }

    #[test]
    fn what_was_not_measured_says_why() {
        let row = Row { measured: Err("no data".to_owned()), ..row(Goal::AtMost, 0.0) };
        let text = Table(vec![row]).to_string();
        assert!(text.ends_with("| 1 | f | ≤ 1 | 0.5 | — | not measured | no data |\n"), "{text}");
    }
}
