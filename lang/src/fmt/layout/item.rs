//! Declarations, rules and statements.

mod rollout;

use super::{Comma, Layout, Sep, Style};
use crate::ast::{
    Clause, ClauseKind, Expr, File, FnDecl, Ident, Item, LetDecl, ParamDecl, PolicyDecl, Record, RuleDecl,
    ScoreDecl, SignalDecl, TestDecl, WaiverDecl,
};
use crate::span::Span;
use crate::token::{Kw, Token};

/// Words that begin a clause between the name and the body of a declaration.
const CLAUSES: &[Kw] = &[Kw::When, Kw::On, Kw::Owner, Kw::ReviewBy, Kw::Control];

/// A declaration: its first piece, and whether empty lines stand around it.
type Placed = (usize, bool);

impl Layout<'_, '_> {
    pub(super) fn file(&mut self, file: &File) {
        let placed = file.items.iter().map(|item| self.item(item)).collect();
        self.lines(placed);
    }

    /// Begins a line with each of some things.
    fn lines(&mut self, mut placed: Vec<Placed>) {
        placed.sort_unstable();
        let mut before = None;
        for (at, apart) in placed {
            let sep = if before.is_some_and(|before| before || apart) { Sep::Blank } else { Sep::Hard };
            self.put(at, sep);
            before = Some(apart);
        }
    }

    /// Braces whose content stands on lines of its own.
    fn body(&mut self, open: usize, placed: Vec<Placed>) {
        let close = self.partner(open);
        if placed.is_empty() {
            return;
        }
        self.nest(open.saturating_add(1), close.saturating_sub(1));
        self.lines(placed);
        self.put(close, Sep::Hard);
    }

    fn item(&mut self, item: &Item) -> Placed {
        match item {
            Item::Use(path) => (self.start(path.span), false),
            Item::Include(include) => {
                if let Some(params) = &include.params {
                    self.data(params);
                }
                (self.start(include.module.span), false)
            }
            Item::Record(record) | Item::Request(record) => self.record(record),
            Item::Enum(decl) => {
                let starts: Vec<u32> = decl.members.iter().map(|member| member.span.start).collect();
                self.brackets(self.at(decl.name.span.end), &starts, Style::MEMBERS);
                (self.start(decl.name.span), false)
            }
            Item::Window(decl) => self.rows(decl.name.span, decl.ranges.iter().map(|range| range.span)),
            Item::Calendar(decl) => self.rows(decl.name.span, decl.days.iter().map(|(_, span)| *span)),
            Item::Group(decl) => {
                self.put(self.at(decl.source.span.end), Sep::None);
                (self.start(decl.name.span), false)
            }
            Item::Signal(decl) => self.signal(decl),
            Item::Fn(decl) => self.function(decl),
            Item::Let(decl) => self.binding(decl),
            Item::Param(decl) => self.param(decl),
            Item::Policy(decl) => self.policy(decl),
            Item::Score(decl) => self.score(decl),
            Item::Rollout(decl) => self.rollout(decl),
            Item::Fixture(decl) => {
                self.given(&decl.body);
                (self.start(decl.name.span), false)
            }
            Item::Test(decl) => self.test(decl),
            Item::Error(_) => (self.pieces.len(), false),
        }
    }

    /// The first piece of the declaration whose name is given.
    fn start(&self, name: Span) -> usize {
        let mut at = self.at(name.start);
        while let Some(before) = at.checked_sub(1) {
            let is_head = matches!(self.token(before), Some(Token::Keyword(kw)) if kw.heads_declaration());
            let is_member = before.checked_sub(1).is_some_and(|dot| self.token(dot) == Some(Token::Dot));
            if !is_head || is_member {
                break;
            }
            at = before;
        }
        at
    }

    fn rows(&mut self, name: Span, rows: impl Iterator<Item = Span>) -> Placed {
        let rows = rows.map(|span| (self.at(span.start), false)).collect();
        self.body(self.find(self.at(name.end), Token::LBrace), rows);
        (self.start(name), true)
    }

    fn record(&mut self, record: &Record) -> Placed {
        let mut fields = Vec::new();
        for field in &record.fields {
            self.ty(&field.ty);
            let at = self.at(field.name.span.start);
            if !fields.is_empty() {
                self.put_comma(at.saturating_sub(1), Comma::Never);
            }
            fields.push((at, false));
        }
        let open = self.at(record.name.span.end);
        self.put_comma(self.partner(open).saturating_sub(1), Comma::Never);
        self.body(open, fields);
        (self.start(record.name.span), true)
    }

    fn signal(&mut self, decl: &SignalDecl) -> Placed {
        self.ty(&decl.ty);
        self.args(self.at(decl.source.span.end), &decl.args);
        (self.start(decl.name.span), false)
    }

    fn function(&mut self, decl: &FnDecl) -> Placed {
        let open = self.at(decl.name.span.end);
        let starts: Vec<u32> = decl.params.iter().map(|(name, _)| name.span.start).collect();
        self.put(open, Sep::None);
        self.brackets(open, &starts, Style::LIST);
        decl.params.iter().for_each(|(_, ty)| self.ty(ty));
        self.ty(&decl.result);
        self.assigned(&decl.body);
        (self.start(decl.name.span), false)
    }

    fn binding(&mut self, decl: &LetDecl) -> Placed {
        self.assigned(&decl.value);
        (self.start(decl.name.span), false)
    }

    pub(super) fn param(&mut self, decl: &ParamDecl) -> Placed {
        self.ty(&decl.ty);
        self.assigned(&decl.value);
        (self.start(decl.name.span), false)
    }

    /// What stands behind `=`.
    fn assigned(&mut self, value: &Expr) {
        let first = self.at(value.span.start);
        self.nest(first, first);
        self.expr(value);
    }

    // ---- policies

    /// What stands between the name of a declaration and its body: on one line, or each clause on a line of its own.
    /// Returns the first piece, and the brace that opens the body.
    fn head(&mut self, name: Span, guard: Option<&Expr>) -> (usize, usize) {
        let first = self.start(name);
        let mut at = self.at(name.end);
        let guarded = guard.map(|guard| self.range(guard.span));
        loop {
            match (guarded, self.token(at)) {
                (Some((from, to)), _) if from == at => at = to,
                (_, None | Some(Token::LBrace)) => break,
                (_, Some(Token::Keyword(kw))) if CLAUSES.contains(&kw) => self.put(at, Sep::Soft(" ")),
                _ => {}
            }
            at = at.saturating_add(1);
        }
        if let Some(guard) = guard {
            self.expr(guard);
        }
        self.put(at, Sep::Soft(" "));
        self.group(first, at);
        self.nest(first.saturating_add(1), at.saturating_sub(1));
        (first, at)
    }

    fn policy(&mut self, decl: &PolicyDecl) -> Placed {
        let (first, open) = self.head(decl.name.span, decl.head.as_ref());
        let mut inner: Vec<Placed> = Vec::new();
        inner.extend(decl.params.iter().map(|param| self.param(param)));
        inner.extend(decl.lets.iter().map(|binding| self.binding(binding)));
        inner.extend(decl.rules.iter().map(|rule| self.rule(rule)));
        inner.extend(decl.waivers.iter().map(|waiver| self.waiver(waiver)));
        inner.extend(decl.allow.map(|span| (self.at(span.start), false)));
        self.body(open, inner);
        (first, true)
    }

    fn rule(&mut self, decl: &RuleDecl) -> Placed {
        let (first, open) = self.head(decl.name.span, decl.guard.as_ref());
        let statements = decl.statements.iter().map(|s| self.statement(s.span, &s.clauses)).collect();
        self.body(open, statements);
        (first, true)
    }

    /// A statement: what it says and when stand together, `because` and `fix` with them or each on a line of its own.
    pub(super) fn statement(&mut self, span: Span, clauses: &[Clause]) -> Placed {
        let (first, last) = self.hang(span);
        let mut conditions = 0u32;
        let mut head = last;
        for clause in clauses {
            let at = self.at(clause.span.start);
            match &clause.kind {
                ClauseKind::Because(_) | ClauseKind::Fix(_) => {
                    self.put(at, Sep::Soft(" "));
                    head = head.min(at.saturating_sub(1));
                }
                ClauseKind::ForEach(_) | ClauseKind::When(_) | ClauseKind::Unless(_) => {
                    if conditions > 0 {
                        self.put(at, Sep::Soft(" "));
                    }
                    conditions = conditions.saturating_add(1);
                }
                _ => {}
            }
            self.clause(clause);
        }
        self.group(first, head);
        (first, false)
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::For(e) | ClauseKind::Until(e) | ClauseKind::When(e) | ClauseKind::Unless(e) => {
                self.expr(e)
            }
            ClauseKind::ForEach(binder) => {
                let (first, last) = self.range(clause.span);
                self.group(first, last);
                self.binder(binder);
            }
            ClauseKind::To(_)
            | ClauseKind::Needs(_)
            | ClauseKind::Expires(_)
            | ClauseKind::Because(_)
            | ClauseKind::Fix(_) => {}
        }
    }

    fn waiver(&mut self, decl: &WaiverDecl) -> Placed {
        let before = |layout: &Self, byte: u32| (layout.at(byte).saturating_sub(1), false);
        let mut parts: Vec<Placed> = Vec::new();
        if let Some(when) = &decl.when {
            self.expr(when);
            parts.push(before(self, when.span.start));
            let (_, last) = self.range(when.span);
            self.nest(self.at(when.span.start), last);
        }
        parts.extend(decl.on_word.map(|span| (self.at(span.start), false)));
        self.names(&decl.waives);
        parts.extend(decl.waives.first().map(|name| before(self, name.span.start)));
        parts.extend(decl.obligations.iter().map(|obligation| before(self, obligation.name.span.start)));
        self.body(self.find(self.at(decl.name.span.end), Token::LBrace), parts);
        (self.start(decl.name.span), true)
    }

    fn score(&mut self, decl: &ScoreDecl) -> Placed {
        let (first, open) = self.head(decl.name.span, decl.guard.as_ref());
        let mut parts: Vec<Placed> = Vec::new();
        for factor in &decl.factors {
            self.expr(&factor.value);
            parts.push((self.at(factor.span.start), false));
        }
        if !decl.bands.is_empty() {
            let last =
                decl.factors.last().map_or(open.saturating_add(1), |factor| self.at(factor.value.span.end));
            let bands = self.find(last, Token::Keyword(Kw::Bands));
            parts.push((bands, false));
            let rows = decl.bands.iter().map(|band| {
                let words = if band.at.is_some() { 2 } else { 1 };
                self.statement(band.statement.span, &band.statement.clauses);
                (self.at(band.statement.span.start).saturating_sub(words), false)
            });
            let rows = rows.collect();
            self.body(bands.saturating_add(1), rows);
        }
        self.body(open, parts);
        (first, true)
    }

    /// Names with commas between them, as many on a line as fit.
    fn names(&mut self, names: &[Ident]) {
        for name in names.iter().skip(1) {
            let at = self.at(name.span.start);
            self.put(at, Sep::Fill);
            self.nest(at, at);
        }
    }

    fn test(&mut self, decl: &TestDecl) -> Placed {
        let mut parts: Vec<Placed> = Vec::new();
        if let Some(given) = &decl.given {
            self.given(given);
            parts.push((self.at(given.span.start).saturating_sub(1), false));
        }
        for expect in &decl.expects {
            self.names(&expect.by);
            parts.push((self.at(expect.span.start), false));
        }
        self.body(self.at(decl.span.end), parts);
        (self.start(decl.span), true)
    }
}
