//! Expressions of a wanted type, from what is in scope.

use holdpoint_isa::builtins::{Builtin, BuiltinInfo, Param};
use holdpoint_lang::ops::{OVERLOADS, Operand, Overload};

use super::{Made, Maker, Ty, Var};

/// The type of an operand; nothing for those that generated packages do not have.
const fn of_operand(operand: Operand) -> Option<Ty> {
    Some(match operand {
        Operand::Int => Ty::Int,
        Operand::Decimal => Ty::Decimal,
        Operand::Percent => Ty::Percent,
        Operand::Points => Ty::Points,
        Operand::Duration => Ty::Duration,
        Operand::Instant => Ty::Instant,
        Operand::Date | Operand::Size | Operand::Money => return None,
    })
}

/// The type of a parameter; nothing for those that generated packages do not have.
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
    fn leaf(&mut self, ty: &Ty) -> Made {
        let found = self.named(|var| var.ty == *ty);
        match found {
            Some(var) if *ty == Ty::Principal || self.rng.percent(75) => {
                Made { text: var.text, optional: var.optional }
            }
            _ => required(self.literal(ty)),
        }
    }

    /// Something in scope that fits.
    fn named(&mut self, fits: impl Fn(&Var) -> bool) -> Option<Var> {
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
            Ty::Str if self.in_hole => return self.named_text(),
            Ty::Str => &["\"\"", "\"a\"", "\"main\"", "\"release/1\"", "\"ü {{x}}\"", "\"b\\\"\""],
            Ty::Principal => return "who".to_owned(),
            Ty::Enum(id) => {
                let Some(def) = self.model.enums.get(*id).cloned() else { return String::new() };
                let member = self.rng.pick(&def.members).cloned().unwrap_or_default();
                return format!("{}.{member}", def.name);
            }
            Ty::Record(_) | Ty::List(..) => return String::new(),
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
            Ty::Record(_) => {
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
        let made = |info: &BuiltinInfo| info.params.iter().all(|(_, param)| of_param(*param).is_some());
        let fitting = Builtin::ALL.iter().map(|b| b.info()).filter(made);
        let fitting = fitting.filter(|info| of_param(info.result).as_ref() == Some(ty));
        let fitting: Vec<_> = fitting.collect();
        let Some(info) = self.rng.pick(&fitting).copied() else { return self.operation(ty, depth) };
        let args = info.params.iter().map(|(_, param)| match self.rng.below(20) {
            0 => "none".to_owned(),
            _ => self.expr(&of_param(*param).unwrap_or(Ty::Int), depth).text,
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
            Ty::Int | Ty::Decimal | Ty::Points | Ty::Duration => &["sum", "min", "max"],
            Ty::Percent | Ty::Instant => &["min", "max"],
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
            let constant = !member.starts_with(char::is_lowercase) || member == "true" || member == "false";
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
        let made = |row: &&Overload| of_operand(row.lhs).is_some() && of_operand(row.rhs).is_some();
        let rows = OVERLOADS.iter().filter(made).filter(|row| of_operand(row.result).as_ref() == Some(ty));
        let rows: Vec<_> = rows.collect();
        let Some(row) = self.rng.pick(&rows).copied() else { return self.leaf(ty) };
        let a = self.expr(&of_operand(row.lhs).unwrap_or(Ty::Int), depth).text;
        let b = self.expr(&of_operand(row.rhs).unwrap_or(Ty::Int), depth).text;
        required(format!("({a} {} {b})", row.op.word()))
    }

    fn counting(&mut self, depth: usize) -> Made {
        let (list, outside) = (self.named(|var| matches!(var.ty, Ty::List(..))), self.vars.len());
        match list {
            Some(list) if self.rng.percent(50) => {
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

    /// A truth value by an operator.
    fn truth(&mut self, depth: usize) -> String {
        match self.rng.below(12) {
            0 => format!("(not {})", self.condition(depth)),
            1 => format!("({} and {})", self.condition(depth), self.condition(depth)),
            2 => format!("({} or {})", self.condition(depth), self.condition(depth)),
            3 => self.absence(),
            4 | 5 => self.membership(depth),
            6 | 7 => self.quantified(depth),
            _ => self.comparison(depth),
        }
    }

    fn absence(&mut self) -> String {
        let not = if self.rng.percent(50) { "not " } else { "" };
        match self.named(|var| var.optional) {
            Some(var) => format!("({} is {not}none)", var.text),
            None => "true".to_owned(),
        }
    }

    fn membership(&mut self, depth: usize) -> String {
        let not = if self.rng.percent(40) { "not " } else { "" };
        let window = self.rng.pick(&self.windows).cloned();
        if let Some(window) = window.filter(|_| self.rng.percent(30)) {
            let at = self.expr(&Ty::Instant, depth).text;
            return format!("({at} {not}in {window})");
        }
        let ty = match self.constant_type() {
            Ty::Str if self.in_hole => Ty::Int,
            ty => ty,
        };
        let value = match self.rng.below(30) {
            0 => Made { text: "none".to_owned(), optional: true },
            _ => self.leaf(&ty),
        };
        if self.rng.percent(50) {
            let mut members = self.distinct_literals(&ty);
            if value.optional && value.text != "none" && self.rng.percent(30) {
                members.push("none".to_owned());
            }
            return format!("({} {not}in [{}])", value.text, members.join(", "));
        }
        let (list, _) = self.list(Some(&ty));
        format!("({} {not}in {})", value.text, list.text)
    }

    fn quantified(&mut self, depth: usize) -> String {
        let (outside, filter) = (self.vars.len(), self.rng.percent(80));
        let text = match self.rng.below(3) {
            0 => {
                let (list, ty) = self.list(None);
                let name = self.name("x");
                if let Ty::List(element, _) = ty {
                    self.bring(&name, &element, false);
                }
                format!("(every {name} in {} satisfies {} or empty)", list.text, self.condition(depth))
            }
            1 => self.binder(depth, filter).map(|b| format!("(any {b})")).unwrap_or_default(),
            _ => self.binder(depth, filter).map(|b| format!("(no {b})")).unwrap_or_default(),
        };
        self.vars.truncate(outside);
        text
    }

    fn comparison(&mut self, depth: usize) -> String {
        let ty = self.scalar_type();
        let ordered = match &ty {
            Ty::Bool | Ty::Str | Ty::Principal => false,
            Ty::Enum(id) => self.model.enums.get(*id).is_some_and(|def| def.ordered),
            _ => true,
        };
        let signs: &[&str] = if ordered { &["==", "!=", "<", "<=", ">", ">="] } else { &["==", "!="] };
        let sign = self.rng.word(signs);
        let Made { text: a, optional } = self.expr(&ty, depth);
        let b = match self.rng.below(20) {
            0..3 if optional && (sign == "==" || sign == "!=") => "none".to_owned(),
            3..8 if ty == Ty::Principal && !self.in_hole => "\"ann\"".to_owned(),
            _ => self.expr(&ty, depth).text,
        };
        format!("({a} {sign} {b})")
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
