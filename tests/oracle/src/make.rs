//! Cases from a seed: a package as source text that is well typed by construction, and requests for it.
//!
//! The text is kept in parts, so that the same package can be written in another order. Nothing here knows what a
//! package means; it only has to compile.

mod expr;
mod facts;
mod policy;
mod rollout;
mod truth;
mod types;

pub use facts::{Facts, complete};
pub use policy::{PolicyText, RuleText};
pub use rollout::{MetricText, RolloutText, WatchedText};
pub use types::{Field, Model, Ty};

use crate::rng::Rng;

/// A package as text in parts.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it declares about requests.
    pub model: Model,
    /// Declarations of the package, policies apart.
    pub items: Vec<String>,
    /// Policies.
    pub policies: Vec<PolicyText>,
    /// Rollouts.
    pub rollouts: Vec<RolloutText>,
    /// How many files there are; a declaration's place in the list tells its file.
    pub files: usize,
    maker: Maker,
}

impl Case {
    /// The case of a seed.
    pub fn new(seed: u64) -> Self {
        let mut maker = Maker::new(Rng::new(seed));
        maker.patient = maker.rng.percent(25);
        maker.rolls_out = maker.rng.percent(40);
        maker.declare();
        if !maker.patient {
            maker.scores();
        }
        let count = maker.rng.below(3).saturating_add(1);
        let policies = (0..count).map(|index| maker.policy(index)).collect();
        let files = maker.rng.below(2).saturating_add(1);
        let rollouts = if maker.rolls_out { maker.rollouts() } else { Vec::new() };
        maker.model.rollouts =
            rollouts.iter().map(|rollout| (rollout.name.clone(), rollout.stages())).collect();
        Self { model: maker.model.clone(), items: maker.items.clone(), policies, rollouts, files, maker }
    }

    /// Its files: path and text.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> =
            (0..self.files).map(|index| (format!("f{index}.hold"), String::new())).collect();
        let policies = self.policies.iter().map(PolicyText::text);
        let rollouts = self.rollouts.iter().map(RolloutText::text);
        for (index, text) in self.items.iter().cloned().chain(policies).chain(rollouts).enumerate() {
            let file = index.checked_rem(self.files).unwrap_or(0);
            if let Some((_, whole)) = files.get_mut(file) {
                whole.push_str(&text);
                whole.push_str("\n\n");
            }
        }
        files
    }

    /// The same package with its files, declarations, policies, rules and statements in another order.
    #[must_use]
    pub fn permuted(&self, rng: &mut Rng) -> Self {
        let mut other = self.clone();
        other.files = rng.below(3).saturating_add(1);
        rng.shuffle(&mut other.items);
        rng.shuffle(&mut other.policies);
        for policy in &mut other.policies {
            rng.shuffle(&mut policy.items);
            rng.shuffle(&mut policy.rules);
            policy.rules.iter_mut().for_each(|rule| rng.shuffle(&mut rule.statements));
        }
        rng.shuffle(&mut other.rollouts);
        other.rollouts.iter_mut().for_each(|rollout| rollout.shuffle(rng));
        other
    }

    /// The same package with one more trigger in each rollout.
    #[must_use]
    pub fn with_triggers(&self) -> Self {
        let mut other = self.clone();
        let Self { rollouts, maker, .. } = &mut other;
        rollouts.iter_mut().for_each(|rollout| rollout.watched.triggers.push(maker.trigger()));
        other
    }

    /// The same package with one more rule in a policy; `trial` makes it one on trial.
    #[must_use]
    pub fn with_rule(&self, policy: usize, trial: bool) -> Self {
        let mut other = self.clone();
        let rule = other.maker.extra_rule(trial);
        if let Some(policy) = other.policies.get_mut(policy) {
            policy.rules.push(rule);
        }
        other
    }

    /// A package of the layer below: it sees the request and the types, and has windows and a group of its own.
    pub fn below(&self) -> Vec<(String, String)> {
        let mut maker = self.maker.clone();
        maker.items.clear();
        maker.vars.clear();
        maker.functions.clear();
        maker.windows.clear();
        maker.groups = vec!["below".to_owned()];
        maker.windows();
        for field in maker.model.request.clone() {
            maker.bring(&field.name, &field.ty, field.optional);
        }
        maker.vars.push(Var { text: "now".to_owned(), ty: Ty::Instant, optional: false });
        let rules = (0..maker.rng.below(2).saturating_add(1)).map(|_| maker.extra_rule(false).text());
        let rules: Vec<String> = rules.collect();
        let items = maker.items.join("\n");
        let text =
            format!("group below = directory(\"b\")\n{items}\npolicy below {{\n{}\n}}\n", rules.join("\n"));
        vec![("below.hold".to_owned(), text)]
    }

    /// The same package with one more policy on trial.
    #[must_use]
    pub fn with_trial_policy(&self) -> Self {
        let mut other = self.clone();
        let mut policy = other.maker.policy(99);
        policy.trial = true;
        other.policies.push(policy);
        other
    }

    /// The same package without what warns; a rule that only warned goes as well, unless the policy governs by it.
    #[must_use]
    pub fn without_warnings(&self) -> Self {
        let mut other = self.clone();
        for policy in &mut other.policies {
            let keeps = |rule: &RuleText| rule.statements.iter().any(|s| !s.starts_with("warn"));
            let governs = policy.allows() || policy.rules.iter().any(|rule| !rule.is_trial() && keeps(rule));
            if governs {
                policy.rules.iter_mut().for_each(|rule| rule.statements.retain(|s| !s.starts_with("warn")));
                policy.rules.retain(|rule| {
                    !rule.statements.is_empty() || policy.items.iter().any(|i| rule.is_waived_in(i))
                });
                policy.rules.iter_mut().filter(|rule| rule.statements.is_empty()).for_each(|rule| {
                    rule.statements.push("warn when false".to_owned());
                });
            }
        }
        other
    }
}

/// A value that is in scope.
#[derive(Debug, Clone)]
struct Var {
    text: String,
    ty: Ty,
    optional: bool,
}

/// An expression as text, and whether its type has a `?`.
#[derive(Debug, Clone)]
struct Made {
    text: String,
    optional: bool,
}

/// A function that may be called.
#[derive(Debug, Clone)]
struct Function {
    name: String,
    params: Vec<(Ty, bool)>,
    result: Ty,
    optional: bool,
}

/// The state of making a case.
#[derive(Debug, Clone)]
struct Maker {
    rng: Rng,
    model: Model,
    items: Vec<String>,
    /// Everything in scope, members of records spelt out.
    vars: Vec<Var>,
    functions: Vec<Function>,
    windows: Vec<String>,
    groups: Vec<String>,
    /// How many names there are so far; each is new.
    names: usize,
    /// Rules that mostly delay until some instant, so that ends of delays come up often.
    patient: bool,
    /// Has rollouts, and samples to judge them by.
    rolls_out: bool,
    /// Within the hole of a text, where neither quotes nor braces may stand.
    in_hole: bool,
}

impl Maker {
    fn new(rng: Rng) -> Self {
        Self {
            rng,
            model: Model::default(),
            items: Vec::new(),
            vars: Vec::new(),
            functions: Vec::new(),
            windows: Vec::new(),
            groups: Vec::new(),
            names: 0,
            patient: false,
            rolls_out: false,
            in_hole: false,
        }
    }

    /// A new name.
    fn name(&mut self, prefix: &str) -> String {
        self.names = self.names.saturating_add(1);
        format!("{prefix}{}", self.names)
    }

    /// Puts a value into scope, and what can be reached from it by its members.
    fn bring(&mut self, text: &str, ty: &Ty, optional: bool) {
        self.vars.push(Var { text: text.to_owned(), ty: ty.clone(), optional });
        if let Ty::Record(id) = ty {
            let fields = self.model.records.get(*id).map(|(_, fields)| fields.clone()).unwrap_or_default();
            for field in fields {
                self.bring(&format!("{text}.{}", field.name), &field.ty, optional || field.optional);
            }
        }
    }

    /// Declares everything but policies.
    fn declare(&mut self) {
        self.types();
        self.windows();
        for field in self.model.request.clone().into_iter().chain(self.model.signals.clone()) {
            self.bring(&field.name, &field.ty, field.optional);
        }
        self.vars.push(Var { text: "now".to_owned(), ty: Ty::Instant, optional: false });
        for _ in 0..self.rng.below(3) {
            let param = self.param();
            self.items.push(param);
        }
        for _ in 0..self.rng.below(5) {
            if self.rng.percent(40) {
                self.function();
            } else {
                let item = self.binding();
                self.items.push(item);
            }
        }
    }

    /// Declares scores, which may use everything.
    fn scores(&mut self) {
        for _ in 0..self.rng.below(3).saturating_sub(1) {
            let score = self.score();
            self.items.push(score);
        }
    }

    /// `let l = …`
    fn binding(&mut self) -> String {
        let name = self.name("l");
        let (made, ty) = match self.rng.below(6) {
            0 => self.list(None),
            1 => match self.records().first().cloned() {
                Some(record) => (Made { text: record.text, optional: record.optional }, record.ty),
                None => self.list(None),
            },
            _ => {
                let ty = self.scalar_type();
                (self.expr(&ty, 2), ty)
            }
        };
        self.bring(&name, &ty, made.optional);
        format!("let {name} = {}", made.text)
    }

    /// `param q: T = …`
    fn param(&mut self) -> String {
        let name = self.name("q");
        let ty = self.constant_type();
        let word = ty.word(&self.model);
        if self.rng.percent(25) {
            let values = self.distinct_literals(&ty);
            self.bring(&name, &Ty::List(Box::new(ty), 8), false);
            return format!("param {name}: list<{word}> = [{}]", values.join(", "));
        }
        let value = self.literal(&ty);
        self.bring(&name, &ty, false);
        format!("param {name}: {word} = {value}")
    }

    /// `fn f(…) -> T = …`
    fn function(&mut self) {
        let name = self.name("f");
        let outside = self.vars.len();
        let mut params = Vec::new();
        let mut words = Vec::new();
        for _ in 0..self.rng.below(3).saturating_add(1) {
            let (ty, optional) = (self.parameter_type(), self.rng.percent(40));
            let param = self.name("a");
            let mark = if optional { "?" } else { "" };
            words.push(format!("{param}: {}{mark}", ty.word(&self.model)));
            self.bring(&param, &ty, optional);
            params.push((ty, optional));
        }
        let result = self.scalar_type();
        let body = self.expr(&result, 2);
        self.vars.truncate(outside);
        let mark = if body.optional { "?" } else { "" };
        let word = result.word(&self.model);
        self.items.push(format!("fn {name}({}) -> {word}{mark} = {}", words.join(", "), body.text));
        self.functions.push(Function { name, params, result, optional: body.optional });
    }
}
