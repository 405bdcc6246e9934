//! Policies, rules, statements, waivers and texts.

use super::{Maker, Ty};

/// A policy as text in parts.
#[derive(Debug, Clone)]
pub struct PolicyText {
    /// Its name.
    pub name: String,
    /// Whether it is on trial.
    pub trial: bool,
    /// What stands between its name and its body.
    pub head: String,
    /// Parameters, names for values, waivers and `allow`.
    pub items: Vec<String>,
    /// Rules.
    pub rules: Vec<RuleText>,
}

impl PolicyText {
    /// The text.
    pub fn text(&self) -> String {
        let trial = if self.trial { "trial " } else { "" };
        let items = self.items.iter().cloned().chain(self.rules.iter().map(RuleText::text));
        let body: String = items.map(|item| format!("  {item}\n")).collect();
        format!("{trial}policy {}{} {{\n{body}}}", self.name, self.head)
    }

    /// Whether it says `allow`.
    pub fn allows(&self) -> bool {
        self.items.iter().any(|item| item.starts_with("allow"))
    }

    /// Whether it governs where its head is true.
    pub fn governs(&self) -> bool {
        !self.trial && (self.allows() || self.rules.iter().any(|rule| !rule.is_trial()))
    }
}

/// A rule as text in parts.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// Its name.
    pub name: String,
    /// What stands in front of its body.
    pub head: String,
    /// Statements.
    pub statements: Vec<String>,
}

impl RuleText {
    pub(super) fn text(&self) -> String {
        let body: String = self.statements.iter().map(|s| format!("    {s}\n")).collect();
        format!("{} {{\n{body}  }}", self.head)
    }

    /// Whether it is on trial.
    pub fn is_trial(&self) -> bool {
        self.head.contains("trial rule")
    }

    /// Whether an item of its policy is a waiver that names it.
    pub fn is_waived_in(&self, item: &str) -> bool {
        item.starts_with("waiver ") && item.contains(&self.name)
    }
}

impl Maker {
    /// A policy.
    pub(super) fn policy(&mut self, index: usize) -> PolicyText {
        let outside = self.vars.len();
        let mut items = Vec::new();
        for _ in 0..self.rng.below(2) {
            items.push(self.param());
        }
        for _ in 0..self.rng.below(3) {
            items.push(self.binding());
        }
        let rules: Vec<RuleText> = (0..self.rng.below(4)).map(|_| self.rule(false)).collect();
        if rules.is_empty() || self.rng.percent(20) {
            items.push("allow on the caller's word".to_owned());
        }
        let waivable: Vec<String> = rules
            .iter()
            .filter(|rule| rule.head.starts_with("waivable"))
            .map(|rule| rule.name.clone())
            .collect();
        if !waivable.is_empty() && self.rng.percent(80) {
            items.push(self.waiver(&waivable));
        }
        let mut head = String::new();
        if self.rng.percent(30) {
            head.push_str(" \"A title\"");
        }
        if self.rng.percent(if self.patient { 10 } else { 40 }) {
            head.push_str(&format!(" when {}", self.condition(2)));
        }
        head.push_str(&self.on_unknown());
        self.vars.truncate(outside);
        PolicyText { name: format!("p{index}"), trial: self.rng.percent(10), head, items, rules }
    }

    /// A score whose bands get stricter on the way down.
    pub(super) fn score(&mut self) -> String {
        let name = self.name("s");
        let guard = if self.rng.percent(50) { format!(" when {}", self.condition(2)) } else { String::new() };
        let share = self.rng.below(98).saturating_add(1);
        let factors: String = [share, 100usize.saturating_sub(share)]
            .into_iter()
            .map(|weight| format!("  {weight} for {}\n", self.expr(&Ty::Percent, 2).text))
            .collect();
        let group = self.groups.first().cloned().unwrap_or_default();
        let escalate = format!("escalate to {group} needs 2");
        let bands = match self.rng.below(3) {
            0 => format!(">= 60% allow >= 30% {escalate} else block"),
            1 => ">= 30.5% delay else block".to_owned(),
            _ => format!(">= 80% allow >= 79.9% delay else {escalate}"),
        };
        format!("score {name} \"A score\" for deploy{guard} {{\n{factors}  bands {{ {bands} }}\n}}")
    }

    fn on_unknown(&mut self) -> String {
        if !self.rng.percent(25) {
            return String::new();
        }
        format!(" on unknown {}", self.rng.word(&["delay", "block"]))
    }

    /// A rule to be added to a policy that is there; it uses only what the package declares.
    pub(super) fn extra_rule(&mut self, trial: bool) -> RuleText {
        self.rule(trial)
    }

    fn rule(&mut self, trial: bool) -> RuleText {
        let name = self.name("r");
        let mut head = String::new();
        if self.rng.percent(40) {
            head.push_str("waivable ");
        }
        if trial || self.rng.percent(10) {
            head.push_str("trial ");
        }
        head.push_str(&format!("rule {name}"));
        if self.rng.percent(30) {
            head.push_str(" \"What it is for\"");
        }
        if self.rng.percent(if self.patient { 10 } else { 40 }) {
            head.push_str(&format!(" when {}", self.condition(2)));
        }
        head.push_str(&self.on_unknown());
        if self.rng.percent(30) {
            head.push_str(" control \"CTRL-1\"");
        }
        let statements = (0..self.rng.below(3).saturating_add(1)).map(|_| self.statement()).collect();
        RuleText { name, head, statements }
    }

    fn statement(&mut self) -> String {
        let outside = self.vars.len();
        let verdict = match self.patient {
            true => self.rng.word(&["delay", "delay", "delay", "warn"]),
            false => self.rng.word(&["block", "block", "delay", "delay", "escalate", "warn"]),
        };
        let filter = self.rng.percent(60);
        let each = if self.rng.percent(30) { self.binder(2, filter) } else { None };
        let mut text = verdict.clone();
        let by_window = self.patient && self.rng.percent(30);
        if !by_window {
            text.push_str(&self.details(&verdict));
        }
        if let Some(binder) = &each {
            text.push_str(&format!(" for each {binder}"));
        }
        let window = self.rng.pick(&self.windows).cloned().unwrap_or_default();
        match self.rng.below(12) {
            _ if by_window && verdict == "delay" => text.push_str(&format!(" unless now in {window}")),
            0..9 if self.patient && verdict == "delay" => text.push_str(&format!(" when {}", self.time())),
            0..2 if verdict == "delay" => text.push_str(&format!(" unless now in {window}")),
            2 if verdict == "delay" => text.push_str(&format!(" when now not in {window}")),
            3 if each.is_some() => {}
            4 => text.push_str(&format!(" unless {}", self.condition(3))),
            5 => text.push_str(&format!(" when {} unless {}", self.condition(2), self.condition(2))),
            // Most rules have nothing to say to most requests.
            6..9 => text.push_str(&format!(
                " when {} and {} and {}",
                self.condition(2),
                self.condition(2),
                self.condition(1)
            )),
            _ => text.push_str(&format!(" when {}", self.condition(3))),
        }
        for word in ["because", "fix"] {
            if self.rng.percent(50) {
                text.push_str(&format!(" {word} {}", self.text()));
            }
        }
        self.vars.truncate(outside);
        text
    }

    /// A condition that another instant may change.
    fn time(&mut self) -> String {
        let instant = self.expr(&Ty::Instant, 1).text;
        let window = self.rng.pick(&self.windows).cloned().unwrap_or_default();
        match self.rng.below(5) {
            0 => format!("now < {instant} and {}", self.condition(1)),
            1 => format!("now not in {window}"),
            2 => format!("(now + {}) in {window}", self.expr(&Ty::Duration, 1).text),
            3 => format!("{instant} - now > {}", self.expr(&Ty::Duration, 1).text),
            _ => format!("now <= {instant}"),
        }
    }

    /// `for D`, `until I`, `to g needs N expires D`.
    fn details(&mut self, verdict: &str) -> String {
        match (verdict, self.rng.below(3)) {
            ("delay", _) if self.patient => {
                let (instant, length) = (self.expr(&Ty::Instant, 1).text, self.literal(&Ty::Duration));
                let ends = [
                    format!(" until {instant}"),
                    format!(" until (now + {length})"),
                    format!(" for {length}"),
                ];
                self.rng.pick(&ends).cloned().unwrap_or_default()
            }
            ("delay", 0) => match self.rng.below(20) {
                0 => " for none".to_owned(),
                _ => format!(" for {}", self.expr(&Ty::Duration, 2).text),
            },
            ("delay", 1) => format!(" until {}", self.expr(&Ty::Instant, 2).text),
            ("escalate", detail) => {
                let group = self.rng.pick(&self.groups).cloned().unwrap_or_default();
                let more = ["", " needs 2", " expires 24h"].get(detail).copied().unwrap_or_default();
                format!(" to {group}{more}")
            }
            _ => String::new(),
        }
    }

    /// A text with values.
    pub(super) fn text(&mut self) -> String {
        let mut text = String::from("\"");
        for _ in 0..self.rng.below(3).saturating_add(1) {
            text.push_str(&self.rng.word(&["is ", "ü: ", "{{x}} ", "a \\\"b\\\" ", ", "]));
            text.push_str(&format!("{{{}}}", self.shown()));
        }
        text.push('"');
        text
    }

    fn waiver(&mut self, waivable: &[String]) -> String {
        let name = self.name("v");
        let when = self.condition(2);
        let rules = waivable.join(", ");
        let mut text = format!("waiver {name} \"Why\" {{ when {when} on the caller's word waives {rules}");
        if self.rng.percent(60) {
            let (task, words) = (self.name("o"), self.text());
            let of = self.rng.word(&["finish", "decision"]);
            text.push_str(&format!(" oblige {task} {words} within 24h of {of}"));
        }
        text.push_str(" }");
        text
    }
}
