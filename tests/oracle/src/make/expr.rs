//! Expressions of a wanted type, from what is in scope.

use holdpoint_isa::builtins::{Builtin, Param};
use holdpoint_lang::ops::{OVERLOADS, Operand};

use super::{Made, Maker, Ty, Var};

const fn of_operand(operand: Operand) -> Ty {
    match operand {
        Operand::Int => Ty::Int,
        Operand::Decimal => Ty::Decimal,
        Operand::Percent => Ty::Percent,
        Operand::Points => Ty::Points,
        Operand::Duration => Ty::Duration,
        Operand::Instant => Ty::Instant,
        Operand::Date => Ty::Date,
        Operand::Size => Ty::Size,
        Operand::Money => Ty::Money,
    }
}

/// The type of a parameter; nothing for a list of numbers.
const fn of_param(param: Param) -> Option<Ty> {
    Some(match param {
        Param::Bool => Ty::Bool,
        Param::Int => Ty::Int,
        Param::Decimal => Ty::Decimal,
        Param::Percent => Ty::Percent,
        Param::Duration => Ty::Duration,
        Param::Instant => Ty::Instant,
        Param::Str => Ty::Str,
        Param::Numbers => return None,
    })
}

fn required(text: String) -> Made {
    Made { text, optional: false }
}

impl Maker {
    /// An expression of a type.
    pub(super) fn expr(&mut self, ty: &Ty, depth: usize) -> Made {
        let Some(less) = depth.checked_sub(1) else { return self.leaf(ty) };
        match self.rng.below(12) {
            0..3 => self.leaf(ty),
            3 => self.choice(ty, less),
            4 if !self.in_hole => self.matching(ty, less),
            5 => self.otherwise(ty, less),
            6 => self.call(ty, less),
            7 => self.fold(ty, less),
            _ => self.operation(ty, less),
        }
    }

    /// A truth value that is often something to think about.
    pub(super) fn condition(&mut self, depth: usize) -> String {
        self.expr(&Ty::Bool, depth).text
    }

    /// Something in scope, or a literal.
    pub(super) fn leaf(&mut self, ty: &Ty) -> Made {
        if let (8.., Some(made)) = (self.rng.below(10), self.within(ty)) {
            return made;
        }
        let found = self.named(|var| var.ty == *ty);
        match found {
            Some(var) if *ty == Ty::Principal || self.rng.percent(75) => {
                Made { text: var.text, optional: var.optional }
            }
            _ => required(self.literal(ty)),
        }
    }

    /// An entry of a map, or something at the end of a list.
    fn within(&mut self, ty: &Ty) -> Option<Made> {
        let map = self.named(|var| matches!(&var.ty, Ty::Map(value) if **value == *ty));
        let key = if self.in_hole {
            "word".to_owned()
        } else {
            self.rng.word(&["\"a\"", "\"main\"", "word", "none"])
        };
        if let Some(map) = map.filter(|_| self.rng.percent(60)) {
            return Some(Made { text: format!("{}[{key}]", map.text), optional: true });
        }
        let end = self.rng.word(&["first", "last"]);
        let list = self.named(|var| matches!(var.ty, Ty::List(..)))?;
        match &list.ty {
            Ty::List(element, _) if **element == *ty => Some(required(format!("{}.{end}", list.text))),
            Ty::List(element, _) => {
                let Ty::Record(id) = **element else { return None };
                let fields = self.model.records.get(id).map(|(_, fields)| fields.clone()).unwrap_or_default();
                let field = fields.iter().find(|field| field.ty == *ty)?;
                let text = format!("{}.{end}.{}", list.text, field.name);
                Some(Made { text, optional: field.optional })
            }
            _ => None,
        }
    }

    /// Something in scope that fits.
    pub(super) fn named(&mut self, fits: impl Fn(&Var) -> bool) -> Option<Var> {
        let found: Vec<&Var> = self.vars.iter().filter(|var| fits(var)).collect();
        self.rng.pick(&found).map(|var| (*var).clone())
    }

    /// Records in scope, in some order.
    pub(super) fn records(&mut self) -> Vec<Var> {
        let mut found: Vec<Var> =
            self.vars.iter().filter(|var| matches!(var.ty, Ty::Record(_))).cloned().collect();
        self.rng.shuffle(&mut found);
        found
    }

    /// A literal that says of itself what it is.
    pub(super) fn literal(&mut self, ty: &Ty) -> String {
        let words: &[&str] = match ty {
            Ty::Bool => &["true", "false"],
            Ty::Int => &[
                "0",
                "1",
                "2",
                "3",
                "10",
                "100",
                "(-1)",
                "(-7)",
                "9223372036854775807",
                "4611686018427387904",
            ],
            Ty::Decimal => {
                &["0.0", "0.5", "1.5", "2.25", "(-3.5)", "100.0", "0.000000001", "9000000000000000000.0"]
            }
            Ty::Percent => &["0%", "0.1%", "5%", "50%", "80%", "99.9%", "100%", "250%"],
            Ty::Points => &["0pp", "0.1pp", "2pp", "(-2pp)", "33.3pp"],
            Ty::Duration => &["0s", "1ms", "30s", "15m", "1h30m", "1d", "2w", "(-1h)", "90d", "30000d"],
            Ty::Instant => {
                &["2026-11-17T10:00Z", "2026-11-20T15:30+01:00", "2026-12-24T00:00Z", "2027-01-15T12:00Z"]
            }
            Ty::Date => &["2026-11-20", "2026-12-31", "9999-12-31", "2027-02-28"],
            Ty::Size => &["0B", "512MB", "1KiB", "1.5GB", "4PB"],
            Ty::Version => &["v1.2.3", "v1.2.3+x", "v1.2.3-rc.1", "v1.10.0", "v2.0.0-alpha.1+b.2"],
            Ty::Money => &["EUR 0", "EUR 499.90", "EUR 3", "EUR 9000000000000000000"],
            Ty::Str if self.in_hole => return self.named_text(),
            Ty::Str => &["\"\"", "\"a\"", "\"main\"", "\"release/1\"", "\"ü {{x}}\"", "\"b\\\"\""],
            Ty::Principal => return "who".to_owned(),
            Ty::Enum(id) => {
                let Some(def) = self.model.enums.get(*id).cloned() else { return String::new() };
                let member = self.rng.pick(&def.members).cloned().unwrap_or_default();
                return format!("{}.{member}", def.name);
            }
            Ty::Record(_) | Ty::List(..) | Ty::Map(_) => return String::new(),
        };
        self.rng.word(words)
    }

    /// A text without quotes: one that has a name.
    fn named_text(&mut self) -> String {
        let found = self.named(|var| var.ty == Ty::Str && !var.optional && !var.text.starts_with('q'));
        found.map(|var| var.text).unwrap_or_default()
    }

    /// Literals of a type that differ.
    pub(super) fn distinct_literals(&mut self, ty: &Ty) -> Vec<String> {
        let mut found: Vec<String> = (0..3).map(|_| self.literal(ty)).collect();
        found.sort();
        found.dedup();
        found
    }

    fn choice(&mut self, ty: &Ty, depth: usize) -> Made {
        let cond = self.condition(depth);
        let (mut yes, mut no) = (self.expr(ty, depth), self.expr(ty, depth));
        let none = Made { text: "none".to_owned(), optional: true };
        match self.rng.below(10) {
            0 => yes = none,
            1 => no = none,
            _ => {}
        }
        let optional = yes.optional || no.optional;
        Made { text: format!("(if {cond} then {} else {})", yes.text, no.text), optional }
    }

    fn matching(&mut self, ty: &Ty, depth: usize) -> Made {
        let id = self.rng.below(self.model.enums.len());
        let on = self.leaf(&Ty::Enum(id));
        let mut members = self.model.enums.get(id).map(|def| def.members.clone()).unwrap_or_default();
        self.rng.shuffle(&mut members);
        let (mut arms, mut optional) = (Vec::new(), false);
        while !members.is_empty() {
            let most = members.len().min(if arms.len() < 2 { 40 } else { usize::MAX });
            let taken = if arms.len() == 2 { members.len() } else { self.rng.below(most).saturating_add(1) };
            let taken: Vec<String> = members.drain(..taken).collect();
            let value = match self.rng.below(10) {
                0 if !arms.is_empty() || !members.is_empty() => {
                    Made { text: "none".to_owned(), optional: true }
                }
                _ => self.expr(ty, depth),
            };
            optional |= value.optional;
            arms.push((taken.join(", "), value.text));
        }
        if arms.iter().all(|(_, value)| value == "none") {
            return self.leaf(ty);
        }
        let arms: Vec<String> =
            arms.into_iter().map(|(members, value)| format!("{members}: {value}")).collect();
        Made { text: format!("(match {} {{ {} }})", on.text, arms.join("  ")), optional }
    }

    fn otherwise(&mut self, ty: &Ty, depth: usize) -> Made {
        let Some(first) = self.named(|var| var.ty == *ty && var.optional) else { return self.leaf(ty) };
        let second = match self.rng.below(15) {
            0 => Made { text: "none".to_owned(), optional: true },
            _ => self.expr(ty, depth),
        };
        Made { text: format!("({} else {})", first.text, second.text), optional: second.optional }
    }

    fn call(&mut self, ty: &Ty, depth: usize) -> Made {
        let fitting = self.functions.iter().filter(|function| function.result == *ty).cloned();
        let fitting: Vec<super::Function> = fitting.collect();
        let Some(function) = self.rng.pick(&fitting).cloned() else { return self.builtin(ty, depth) };
        let mut args = Vec::new();
        for (param, optional) in &function.params {
            match self.argument(param, *optional, depth) {
                Some(arg) => args.push(arg),
                None => return self.leaf(ty),
            }
        }
        Made { text: format!("{}({})", function.name, args.join(", ")), optional: function.optional }
    }

    /// An argument for a parameter, if there is one that fits.
    fn argument(&mut self, ty: &Ty, optional: bool, depth: usize) -> Option<String> {
        if optional && self.rng.percent(15) {
            return Some("none".to_owned());
        }
        match ty {
            Ty::Record(_) if self.rng.percent(30) => {
                let end = self.rng.word(&["first", "last"]);
                let list = self.named(|var| matches!(&var.ty, Ty::List(element, _) if **element == *ty));
                list.map(|list| format!("{}.{end}", list.text))
            }
            Ty::Record(_) | Ty::Map(_) => {
                self.named(|var| var.ty == *ty && (optional || !var.optional)).map(|var| var.text)
            }
            Ty::List(element, _) => {
                let (list, _) = self.list(Some(element));
                Some(list)
                    .filter(|list| !list.text.is_empty() && (optional || !list.optional))
                    .map(|list| list.text)
            }
            scalar => (0..4)
                .map(|_| self.expr(scalar, depth))
                .find(|made| optional || !made.optional)
                .map(|made| made.text),
        }
    }

    fn builtin(&mut self, ty: &Ty, depth: usize) -> Made {
        let fitting = Builtin::ALL.iter().map(|b| b.info());
        let fitting: Vec<_> = fitting.filter(|info| of_param(info.result).as_ref() == Some(ty)).collect();
        let Some(info) = self.rng.pick(&fitting).copied() else { return self.operation(ty, depth) };
        let args = info.params.iter().map(|(_, param)| match (of_param(*param), self.rng.below(20)) {
            (Some(_), 0) => "none".to_owned(),
            (Some(param), _) => self.expr(&param, depth).text,
            (None, _) => {
                let numbers = [Ty::Int, Ty::Decimal, Ty::Instant, Ty::Date, Ty::Size, Ty::Money];
                let ty = self.rng.pick(&numbers).cloned();
                self.list(ty.as_ref()).0.text
            }
        });
        let args: Vec<String> = args.collect();
        required(format!("{}({})", info.word, args.join(", ")))
    }

    /// `x in xs where P`; the element is in scope from here on.
    pub(super) fn binder(&mut self, depth: usize, filter: bool) -> Option<String> {
        let (list, ty) = self.list(None);
        let Ty::List(element, _) = ty else { return None };
        let name = self.name("x");
        self.bring(&name, &element, false);
        let filter = if filter { format!(" where {}", self.condition(depth)) } else { String::new() };
        Some(format!("{name} in {}{filter}", list.text))
    }

    fn fold(&mut self, ty: &Ty, depth: usize) -> Made {
        let words: &[&str] = match ty {
            Ty::Int | Ty::Decimal | Ty::Points | Ty::Duration | Ty::Size | Ty::Money => {
                &["sum", "min", "max"]
            }
            Ty::Percent | Ty::Instant | Ty::Date => &["min", "max"],
            _ => return self.operation(ty, depth),
        };
        let (word, outside, filter) = (self.rng.word(words), self.vars.len(), self.rng.percent(60));
        let Some(binder) = self.binder(depth, filter) else { return self.leaf(ty) };
        let value = self.expr(ty, depth);
        self.vars.truncate(outside);
        required(format!("({word} {} for {binder})", value.text))
    }

    /// A list with the type of its elements; of some type where none is wanted.
    pub(super) fn list(&mut self, wanted: Option<&Ty>) -> (Made, Ty) {
        let fits = |var: &Var| match &var.ty {
            Ty::List(element, _) => wanted.is_none_or(|wanted| **element == *wanted),
            _ => false,
        };
        let written = wanted.is_none_or(|wanted| !matches!(wanted, Ty::Record(_)));
        match (self.rng.below(5), self.named(fits)) {
            (0..3, Some(var)) => (Made { text: var.text, optional: var.optional }, var.ty),
            (_, Some(var)) if !written => (Made { text: var.text, optional: var.optional }, var.ty),
            _ if !written => (required(String::new()), Ty::Bool),
            _ => self.written_list(wanted),
        }
    }

    fn written_list(&mut self, wanted: Option<&Ty>) -> (Made, Ty) {
        let element = wanted.cloned().unwrap_or_else(|| self.constant_type());
        let sources: Vec<Var> =
            self.vars.iter().filter(|var| matches!(var.ty, Ty::List(..))).cloned().collect();
        if let Some(source) = self.rng.pick(&sources).cloned()
            && self.rng.percent(50)
            && let Ty::List(inner, max) = &source.ty
        {
            let (name, outside, max) = (self.name("x"), self.vars.len(), *max);
            self.bring(&name, inner, false);
            let value = self.expr(&element, 1);
            self.vars.truncate(outside);
            let text = format!("(distinct {} for {name} in {})", value.text, source.text);
            return (required(text), Ty::List(Box::new(element), max));
        }
        let mut members: Vec<String> = Vec::new();
        for _ in 0..self.rng.below(3).saturating_add(1) {
            // A list has one type: its members have a `?` or not as the first one has it.
            let found = self.named(|var| var.ty == element && !var.optional && !var.text.starts_with('q'));
            members.push(found.map_or_else(|| self.literal(&element), |var| var.text));
        }
        if element == Ty::Principal && members.iter().any(|member| member == "who") {
            members = vec!["(distinct x0 for x0 in people)".to_owned()];
            return (required(members.concat()), Ty::List(Box::new(element), 4));
        }
        // A value that stands twice is an error only where it is constant.
        let mut constants: Vec<String> = Vec::new();
        members.retain(|member| {
            let version = member.starts_with('v') && member.contains('.');
            let constant =
                !member.starts_with(char::is_lowercase) || member == "true" || member == "false" || version;
            let again = constant && constants.contains(member);
            constants.push(member.clone());
            !again
        });
        (required(format!("[{}]", members.join(", "))), Ty::List(Box::new(element), 3))
    }

    /// An operator that gives a type.
    fn operation(&mut self, ty: &Ty, depth: usize) -> Made {
        match ty {
            Ty::Bool => required(self.truth(depth)),
            Ty::Int if self.rng.percent(10) => {
                let (part, version) =
                    (self.rng.word(&["major", "minor", "patch"]), self.expr(&Ty::Version, depth));
                required(format!("({}).{part}", version.text))
            }
            Ty::Date if !self.in_hole && self.rng.percent(40) => {
                let at = self.expr(&Ty::Instant, depth).text;
                required(format!("date_in({at}, \"Pacific/Auckland\")"))
            }
            Ty::Int if self.rng.percent(40) => self.counting(depth),
            Ty::Instant if self.rng.percent(30) && !self.windows.is_empty() => {
                let window = self.rng.pick(&self.windows).cloned().unwrap_or_default();
                let at = self.expr(&Ty::Instant, depth).text;
                required(format!("next_open({window}, {at})"))
            }
            Ty::Int | Ty::Decimal | Ty::Points | Ty::Duration if self.rng.percent(15) => {
                let inner = self.expr(ty, depth).text;
                required(format!("(-{inner})"))
            }
            _ => self.arithmetic(ty, depth),
        }
    }

    fn arithmetic(&mut self, ty: &Ty, depth: usize) -> Made {
        let rows = OVERLOADS.iter().filter(|row| of_operand(row.result) == *ty);
        let rows: Vec<_> = rows.collect();
        let Some(row) = self.rng.pick(&rows).copied() else { return self.leaf(ty) };
        let dates = [row.lhs, row.rhs].contains(&Operand::Date);
        let mut operand = |operand: Operand| match operand {
            Operand::Duration if dates => self.days(),
            operand => self.expr(&of_operand(operand), depth).text,
        };
        let (a, b) = (operand(row.lhs), operand(row.rhs));
        required(format!("({a} {} {b})", row.op.word()))
    }

    /// A length of time for a date: a constant one must be whole days.
    fn days(&mut self) -> String {
        let fact = self.named(|var| var.ty == Ty::Duration && !var.text.starts_with('q'));
        match fact {
            Some(fact) if self.rng.percent(50) => fact.text,
            _ => self.rng.word(&["1d", "2w", "(-1d)", "30000d", "(2 * 1d)"]),
        }
    }

    fn counting(&mut self, depth: usize) -> Made {
        let (list, outside) = (self.named(|var| matches!(var.ty, Ty::List(..))), self.vars.len());
        match list {
            Some(list) if self.rng.percent(50) => {
                let map = self.named(|var| matches!(var.ty, Ty::Map(_))).filter(|_| self.rng.percent(20));
                let list = map.unwrap_or(list);
                Made { text: format!("{}.size", list.text), optional: list.optional }
            }
            _ => {
                let filter = self.rng.percent(70);
                let binder = self.binder(depth, filter);
                self.vars.truncate(outside);
                binder
                    .map_or_else(|| required("0".to_owned()), |binder| required(format!("(count {binder})")))
            }
        }
    }

    /// What a text can show.
    pub(super) fn shown(&mut self) -> String {
        self.in_hole = true;
        let text = if self.rng.percent(20) {
            let ty = self.scalar_type();
            self.list(Some(&ty)).0.text
        } else {
            let ty = self.scalar_type();
            self.expr(&ty, 1).text
        };
        self.in_hole = false;
        text
    }
}
