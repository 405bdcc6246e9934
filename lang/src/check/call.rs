//! Calls: of functions, of builtins, and of what looks like one and takes more than values.

use holdpoint_isa::builtins::{Builtin, Param};
use holdpoint_isa::program::Const;

use super::expr::{constant, element_type, error, error_of, node, settled};
use super::scope::Meaning;
use super::{Checker, hints};
use crate::ast::{self, ExprKind};
use crate::diag::messages;
use crate::hir::{Expr, Kind, Type, ZonePart};
use crate::span::Span;

/// What is called like a builtin and takes the name of something, or a constant, beside values.
const SPECIAL: [&str; 4] = ["next_open", "date_in", "weekday_in", "matches"];

impl Checker<'_> {
    pub(super) fn call(&mut self, path: &ast::Path, args: &[ast::Arg], span: Span) -> Expr {
        let name = path.text();
        let [single] = path.parts.as_slice() else {
            if let Some(diagnostic) = hints::size(path, args, span) {
                self.report(diagnostic);
                return error(span);
            }
            self.report(messages::unknown_thing(path.span, "function", &name, &[]));
            return error(span);
        };
        for arg in args {
            if let Some(name) = &arg.name {
                self.report(messages::named_argument(name.span, &single.name));
            }
        }
        match single.name.as_str() {
            "next_open" => return self.next_open(args, span),
            "date_in" => return self.in_zone(ZonePart::Date, args, span),
            "weekday_in" => return self.in_zone(ZonePart::Weekday, args, span),
            "matches" => return self.matches(args, span),
            _ => {}
        }
        if let Some(Meaning::Fn(slot)) = self.scopes.value(&name, path.span) {
            return self.call_fn(slot, args, span);
        }
        match Builtin::from_word(&name) {
            Some(builtin) => self.call_builtin(builtin, args, span),
            None if self.scopes.broken.contains(name.as_str()) => error(span),
            None => {
                let mut known = self.scopes.names(|meaning| matches!(meaning, Meaning::Fn(_)));
                known.extend(Builtin::ALL.iter().map(|builtin| builtin.info().word));
                known.extend(SPECIAL);
                let diagnostic = messages::unknown_thing(path.span, "function", &name, &known);
                self.report(diagnostic);
                error(span)
            }
        }
    }

    fn call_fn(&mut self, slot: usize, args: &[ast::Arg], span: Span) -> Expr {
        let Some(found) = self.scopes.fns.get(slot) else { return error(span) };
        let (name, params, result) =
            (found.decl.name.name.clone(), found.params.clone(), found.result.clone());
        let typed = self.arguments(&name, args, &params, span);
        match self.fn_index(slot) {
            Some(index) if typed.len() == params.len() => node(Kind::Call(index, typed), result, span),
            _ => error_of(result, span),
        }
    }

    fn call_builtin(&mut self, builtin: Builtin, args: &[ast::Arg], span: Span) -> Expr {
        let info = builtin.info();
        if info.params.iter().any(|(_, param)| *param == Param::Numbers) {
            return self.call_on_numbers(builtin, args, span);
        }
        let params: Vec<Type> = info.params.iter().map(|(_, param)| param_type(*param).optional()).collect();
        let typed = self.arguments(info.word, args, &params, span);
        let result = param_type(info.result);
        if typed.len() == params.len() {
            node(Kind::Builtin(builtin, typed), result, span)
        } else {
            error_of(result, span)
        }
    }

    /// A builtin that takes a list of anything that is held as a number and has an order.
    fn call_on_numbers(&mut self, builtin: Builtin, args: &[ast::Arg], span: Span) -> Expr {
        let info = builtin.info();
        let result = param_type(info.result);
        let [arg] = args else {
            self.report(messages::argument_count(span, info.word, 1, args.len()));
            return error_of(result, span);
        };
        let list = self.expr(&arg.value, None);
        match element_type(&list.ty) {
            Some(element) if element.is_numeric() || element.is_error() => {
                node(Kind::Builtin(builtin, vec![list]), result, span)
            }
            _ if list.ty.is_error() => error_of(result, span),
            _ => {
                let wanted = "a list of numbers, durations or instants";
                let diagnostic = messages::mismatch(list.span, wanted, &self.show(&list.ty));
                self.report(diagnostic);
                error_of(result, span)
            }
        }
    }

    fn arguments(&mut self, name: &str, args: &[ast::Arg], params: &[Type], span: Span) -> Vec<Expr> {
        if args.len() != params.len() {
            self.report(messages::argument_count(span, name, params.len(), args.len()));
            return Vec::new();
        }
        let mut typed = Vec::new();
        for (arg, param) in args.iter().zip(params) {
            let value = self.expr(&arg.value, Some(param));
            self.expect(&value, param);
            typed.push(settled(value, param));
        }
        typed
    }

    /// `date_in(instant, "Zone")` and `weekday_in(instant, "Zone")`.
    fn in_zone(&mut self, part: ZonePart, args: &[ast::Arg], span: Span) -> Expr {
        let ty = match part {
            ZonePart::Date => Type::Date,
            ZonePart::Weekday => Type::Enum(self.weekday()),
        };
        let [at, zone] = args else {
            self.report(messages::argument_count(span, part.word(), 2, args.len()));
            return error_of(ty, span);
        };
        let at = self.expr(&at.value, Some(&Type::Instant));
        self.expect(&at, &Type::Instant.optional());
        let at = settled(at, &Type::Instant);
        let Some(name) = self.constant_text(&zone.value, "a time zone") else { return error_of(ty, span) };
        let zone = self.zone_named(&name);
        node(Kind::InZone(part, at, zone), ty, span)
    }

    /// `matches(text, "glob")`.
    fn matches(&mut self, args: &[ast::Arg], span: Span) -> Expr {
        let [text, pattern] = args else {
            self.report(messages::argument_count(span, "matches", 2, args.len()));
            return error_of(Type::Bool, span);
        };
        let wanted = Type::Str(holdpoint_isa::limits::STRING_BYTES_MAX).optional();
        let text = self.expr(&text.value, Some(&wanted));
        self.expect(&text, &wanted);
        let text = settled(text, &wanted);
        let Some(pattern) = self.constant_text(&pattern.value, "a pattern") else {
            return error_of(Type::Bool, span);
        };
        if let Err(error) = holdpoint_isa::literal::glob(&pattern.name) {
            self.report(messages::bad_pattern(pattern.span, error));
        }
        node(Kind::Matches(text, pattern.name), Type::Bool, span)
    }

    /// A text that is a constant; anything else is reported.
    fn constant_text(&mut self, e: &ast::Expr, what: &str) -> Option<ast::Ident> {
        let wanted = Type::Str(holdpoint_isa::limits::STRING_BYTES_MAX);
        let typed = self.expr(e, Some(&wanted));
        self.expect(&typed, &wanted);
        match constant(&typed) {
            Some(Const::Str(name)) => Some(ast::Ident { name, span: typed.span }),
            _ => {
                if matches!(typed.ty, Type::Str(_)) {
                    self.report(messages::not_constant(typed.span, what));
                }
                None
            }
        }
    }

    fn next_open(&mut self, args: &[ast::Arg], span: Span) -> Expr {
        let [window, at] = args else {
            self.report(messages::argument_count(span, "next_open", 2, args.len()));
            return error(span);
        };
        let meaning = match &*window.value.kind {
            ExprKind::Name(name) => self.scopes.value(name, window.value.span),
            _ => None,
        };
        let at = self.expr(&at.value, Some(&Type::Instant));
        self.expect(&at, &Type::Instant.optional());
        let at = settled(at, &Type::Instant);
        if matches!(meaning, Some(Meaning::Broken)) {
            return error(span);
        }
        let Some(Meaning::Window(index)) = meaning else {
            self.report(messages::mismatch(window.value.span, "the name of a window", "something else"));
            return error(span);
        };
        node(Kind::NextOpen(index, at), Type::Instant, span)
    }
}

const fn param_type(param: Param) -> Type {
    match param {
        Param::Bool => Type::Bool,
        Param::Int => Type::Int,
        Param::Decimal => Type::Decimal,
        Param::Percent => Type::Percent,
        Param::Duration => Type::Duration,
        Param::Instant => Type::Instant,
        Param::Str => Type::Str(holdpoint_isa::limits::STRING_BYTES_MAX),
        // Lists are checked by what they hold; see `call_on_numbers`.
        Param::Numbers => Type::Error,
    }
}
