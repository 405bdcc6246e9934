//! A decision in plain words, from what was recorded of it: as text, and as a page of HTML without scripts.
//!
//! Nothing is made up here: reasons, with their values and thresholds, are those of the record, and so are the places in
//! the source. What comes from policies and requests is made harmless for the place where it is shown.

use std::fmt::Write as _;

use holdpoint_isa::literal::format_instant;
use serde_json::Value;

use crate::answer::decision;
use crate::id::LogId;
use crate::log::{ReadError, Record, Stored};

/// A part of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A title.
    Title(String),
    /// A sentence or two.
    Says(String),
    /// One point of a list, with what belongs to it.
    Point(String, Vec<String>),
}

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    parts: Vec<Part>,
}

impl Explanation {
    /// Explains a decision of a log.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] where its result is no decision.
    pub fn of(log: LogId, stored: &Stored) -> Result<Self, ReadError> {
        let record = stored.record()?;
        let unread = |_| ReadError::damaged(stored.sequence, "its result is not the JSON of a decision");
        let answer: Value = serde_json::from_slice(&decision(log, stored)?).map_err(unread)?;
        let signals: Value = serde_json::from_slice(record.signals).map_err(unread)?;
        let mut all = Self { parts: Vec::new() };
        all.verdict(&answer, &record);
        all.objections(&answer);
        all.aside(&answer);
        all.facts(&answer, &signals);
        all.origin(&answer, &record);
        Ok(all)
    }

    fn title(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Title(text.into()));
    }

    fn says(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Says(text.into()));
    }

    fn verdict(&mut self, answer: &Value, record: &Record<'_>) {
        let what = match record.origin.service {
            "" => "The request".to_owned(),
            service => format!("The deployment of {service}"),
        };
        let (title, meaning) = match text(answer, "verdict") {
            "allow" => ("allowed", "may go on: no rule objects to it."),
            "delay" => ("delayed", "has to wait: nobody has to do anything, but the time has not come."),
            "escalate" => ("escalated", "has to wait for people: somebody has to look at it and release it."),
            _ => ("blocked", "must not go on. What is below has to change first; then it is asked for anew."),
        };
        self.title(format!("{what} was {title}"));
        self.says(format!("It {meaning}"));
        if let Some(at) = answer.get("retry_at").and_then(Value::as_str) {
            self.says(format!("It makes sense to ask again at {at}."));
        }
    }

    fn objections(&mut self, answer: &Value) {
        let found = list(answer, "objections");
        if found.is_empty() {
            return;
        }
        self.title(match found.len() {
            1 => "One rule objects".to_owned(),
            count => format!("{count} objections, the gravest first"),
        });
        found.iter().for_each(|one| self.parts.push(objection(one)));
        if let Some(left_out @ 1..) = answer.get("left_out").and_then(Value::as_u64) {
            self.says(format!("{left_out} more were left out."));
        }
    }

    /// What has no say in the verdict.
    fn aside(&mut self, answer: &Value) {
        for (member, title) in [
            ("warnings", "Warnings, which change nothing"),
            ("waived", "Objections that were waived"),
            ("trial", "Rules on trial would object"),
        ] {
            let found = list(answer, member);
            if !found.is_empty() {
                self.title(title);
                found.iter().for_each(|one| self.parts.push(objection(one)));
            }
        }
        for score in list(answer, "scores") {
            self.title(format!("Score {}: {}", text(score, "name"), text(score, "value")));
            for factor in list(score, "factors") {
                let value = factor.get("value").and_then(Value::as_str).unwrap_or("not known");
                let (name, adds) = (text(factor, "factor"), text(factor, "adds"));
                self.parts.push(Part::Point(format!("{name}: {value}"), vec![format!("It adds {adds}.")]));
            }
        }
        let due = list(answer, "obligations");
        if !due.is_empty() {
            self.title("To be done");
        }
        for one in due {
            let when = format!("within {} of the {}", text(one, "within"), text(one, "of"));
            self.parts.push(Part::Point(text(one, "text").to_owned(), vec![when]));
        }
    }

    /// What was known, and what was not.
    fn facts(&mut self, answer: &Value, signals: &Value) {
        let Value::Object(signals) = signals else { return };
        let mut unknown: Vec<&str> = list(answer, "objections")
            .iter()
            .flat_map(|one| list(one, "unknown"))
            .filter_map(Value::as_str)
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if signals.is_empty() && unknown.is_empty() {
            return;
        }
        self.title("What was known besides the request");
        for (name, value) in signals {
            self.parts.push(Part::Point(format!("{name}: {value}"), Vec::new()));
        }
        if !unknown.is_empty() {
            self.says(format!("Not known, and therefore not taken as good: {}.", unknown.join(", ")));
        }
    }

    fn origin(&mut self, answer: &Value, record: &Record<'_>) {
        self.title("Where this comes from");
        let at = format_instant(record.decided_at);
        let number = answer.get("sequence").and_then(Value::as_u64).unwrap_or_default();
        let id = text(answer, "id");
        self.says(format!("Decision {id}, number {number} of its log, was made at {at}."));
        self.says(format!(
            "It was asked for by {} of the tenant {}.",
            record.origin.caller, record.origin.tenant
        ));
        self.says(format!(
            "It was made by policy {}, by the time zones of {}, and replays to the same bytes.",
            record.module, record.tzdb
        ));
    }

    /// As text, wrapped by nobody.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (index, part) in self.parts.iter().enumerate() {
            // Writing to a text does not fail.
            let _ = match part {
                Part::Title(title) if index == 0 => writeln!(out, "{}\n", plain(title)),
                Part::Title(title) => writeln!(out, "\n{}\n", plain(title)),
                Part::Says(words) => writeln!(out, "{}", plain(words)),
                Part::Point(words, more) => {
                    let more: String = more.iter().map(|one| format!("\n    {}", plain(one))).collect();
                    writeln!(out, "  - {}{more}", plain(words))
                }
            };
        }
        out
    }

    /// As a page of HTML, complete in itself.
    pub fn html(&self) -> String {
        let mut body = String::new();
        let mut open = false;
        for (index, part) in self.parts.iter().enumerate() {
            let is_point = matches!(part, Part::Point(..));
            if is_point != open {
                body.push_str(if is_point { "<ul>\n" } else { "</ul>\n" });
                open = is_point;
            }
            let _ = match part {
                Part::Title(title) if index == 0 => writeln!(body, "<h1>{}</h1>", escaped(title)),
                Part::Title(title) => writeln!(body, "<h2>{}</h2>", escaped(title)),
                Part::Says(words) => writeln!(body, "<p>{}</p>", escaped(words)),
                Part::Point(words, more) => {
                    let more: String = more.iter().map(|one| format!("<br>{}", escaped(one))).collect();
                    writeln!(body, "<li><strong>{}</strong>{more}</li>", escaped(words))
                }
            };
        }
        if open {
            body.push_str("</ul>\n");
        }
        let title = match self.parts.first() {
            Some(Part::Title(title)) => escaped(title),
            _ => String::new(),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\
             body {{ font-family: sans-serif; line-height: 1.5; max-width: 45em; margin: 2em auto; padding: 0 1em }}\
             </style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    }
}

/// What an objection says, and what to do about it.
fn objection(one: &Value) -> Part {
    let mut more = Vec::new();
    let waivers: Vec<&str> = list(one, "waivers").iter().filter_map(Value::as_str).collect();
    if !waivers.is_empty() {
        more.push(format!("It was waived by {}.", waivers.join(", ")));
    }
    let mut put = |member: &str, says: &dyn Fn(&str) -> String| {
        more.extend(one.get(member).and_then(Value::as_str).map(says));
    };
    put("fix", &|fix| format!("To mend it: {fix}"));
    put("until", &|until| format!("It objects until {until}."));
    let needs = one.get("needs").and_then(Value::as_u64).unwrap_or(1);
    let members = if needs == 1 { "one member".to_owned() } else { format!("{needs} members") };
    put("escalate_to", &|group| format!("Ask {members} of {group} to release it."));
    put("expires", &|expires| format!("The release has to come within {expires}."));
    if list(one, "unknown").is_empty() {
        put("fault", &|_| String::new());
    } else {
        let unknown: Vec<&str> = list(one, "unknown").iter().filter_map(Value::as_str).collect();
        more.push(format!("Nothing is known of: {}.", unknown.join(", ")));
    }
    let control =
        one.get("control").and_then(Value::as_str).map(|control| format!(", for control {control}"));
    let source = one.get("source").and_then(Value::as_str).map(|source| format!(", at {source}"));
    let (control, source) = (control.unwrap_or_default(), source.unwrap_or_default());
    more.push(format!("Rule {}{control}{source} ({}).", text(one, "rule"), text(one, "verdict")));
    Part::Point(text(one, "reason").to_owned(), more)
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A text as one line in which nothing acts on a terminal or turns the direction of reading.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text as it stands in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Explanation, Part, escaped, objection, plain};
    use serde_json::json;

    #[test]
    fn what_comes_from_outside_is_harmless() {
        assert_eq!(plain("a\u{1b}[2J\nb\u{202e}"), "a\u{fffd}[2J\u{fffd}b\u{fffd}");
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        let all = Explanation {
            parts: vec![Part::Title("<script>".into()), Part::Point("<i>".into(), vec!["<u>".into()])],
        };
        let html = all.html();
        assert!(!html.contains("<script") && !html.contains("<i>") && !html.contains("<u>"), "{html}");
        assert_eq!(html.matches("<ul>").count(), html.matches("</ul>").count());
    }

    #[test]
    fn an_objection_says_why_what_to_do_and_where_it_stands() {
        let Part::Point(reason, more) = objection(&json!({
            "rule": "p.r", "verdict": "escalate", "reason": "coverage 74% < 80%", "control": "C-1",
            "source": "p.hold:3:9", "unknown": ["x"], "fix": "write tests", "escalate_to": "leads", "needs": 2,
        })) else {
            panic!("it is a point")
        };
        assert_eq!(reason, "coverage 74% < 80%");
        assert_eq!(
            more,
            [
                "To mend it: write tests",
                "Ask 2 members of leads to release it.",
                "Nothing is known of: x.",
                "Rule p.r, for control C-1, at p.hold:3:9 (escalate).",
            ]
        );
    }
}
