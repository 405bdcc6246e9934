//! Truth values by operators: comparisons, memberships, quantifiers, properties.

use super::{Made, Maker, Ty};

impl Maker {
    /// A truth value by an operator.
    pub(super) fn truth(&mut self, depth: usize) -> String {
        match self.rng.below(13) {
            12 => self.property(depth),
            0 => format!("(not {})", self.condition(depth)),
            1 => format!("({} and {})", self.condition(depth), self.condition(depth)),
            2 => format!("({} or {})", self.condition(depth), self.condition(depth)),
            3 => self.absence(),
            4 | 5 => self.membership(depth),
            6 | 7 => self.quantified(depth),
            _ => self.comparison(depth),
        }
    }

    /// Globs, days of the week, keys of maps.
    fn property(&mut self, depth: usize) -> String {
        let key = if self.in_hole {
            "word".to_owned()
        } else {
            self.rng.word(&["\"a\"", "\"ü\"", "word", "none"])
        };
        let map = self.named(|var| matches!(var.ty, Ty::Map(_)));
        match (self.rng.below(3), map) {
            (0, Some(map)) => format!("({key} in {})", map.text),
            (1, _) if !self.in_hole => {
                let at = match self.rng.below(10) {
                    0 => "none".to_owned(),
                    _ => self.expr(&Ty::Instant, depth).text,
                };
                format!("(weekday_in({at}, \"Europe/Berlin\") in [tue, fri, sun])")
            }
            (2, _) if !self.in_hole => {
                let text = match self.rng.below(10) {
                    0 => "none".to_owned(),
                    _ => self.expr(&Ty::Str, depth).text,
                };
                let glob = self.rng.word(&["*", "**", "rel*/[0-9]", "{{a,main}}", "?", "[!a]*", ""]);
                format!("matches({text}, \"{glob}\")")
            }
            _ => self.absence(),
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
}
