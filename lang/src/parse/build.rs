//! What the grammar's actions call: nodes with their places, literals with their values, and what is wrong with
//! constructs that the permissive grammar takes.

mod rollout;

use std::collections::BTreeMap;

use holdpoint_isa::Dec;
use holdpoint_isa::limits::{NESTING_MAX, VERSION_BYTES_MAX};
use holdpoint_isa::literal::{self, LiteralError};
use holdpoint_isa::verdict::Verdict;

use crate::ast::{
    Arg, BinaryOp, Binder, Broken, ClauseKind, DataValue, Expr, ExprKind, FieldDecl, HoldDecl, Ident,
    LetDecl, Literal, MetricDecl, ObligationDecl, ParamDecl, Path, PolicyDecl, Quantifier, RuleDecl,
    Statement, StepDecl, Text, TextPart, TriggerDecl, TypeExpr, UnaryOp, VerdictWord, VerificationDecl,
    WaiverDecl,
};
use crate::diag::{Diagnostic, Diagnostics, messages};
use crate::parse::parse_hole;
use crate::span::{FileId, Span};
use crate::token::Kw;

/// A clause between the name and the body of a policy or rule.
pub(crate) enum HeadClause {
    When(Expr),
    OnUnknown(VerdictWord, Span),
    Control(Ident),
    Owner(Ident),
    ReviewBy(Span),
    /// `waivable` or `trial`, which belong before `rule`.
    Flag(&'static str, Span),
}

/// What may follow the type of a member.
pub(crate) enum FieldMark {
    Provenance(Ident),
    Wire(Ident),
    Reading(Ident),
}

/// Something in the body of a policy.
pub(crate) enum PolicyItem {
    Param(ParamDecl),
    Let(LetDecl),
    Rule(RuleDecl),
    Waiver(WaiverDecl),
    Allow(Span, Option<Span>),
    /// What could not be read.
    Error(Option<Broken>),
}

/// Something in the body of a waiver.
pub(crate) enum WaiverPart {
    When(Expr, Span),
    OnWord(Span),
    Waives(Vec<Ident>, Span),
    Oblige(ObligationDecl, Span),
    /// A clause that waivers do not take.
    Other(Span, &'static str),
    /// What could not be read.
    Error,
}

/// Something in the body of a rollout.
pub(crate) enum RolloutItem {
    Param(ParamDecl),
    Step(StepDecl),
    OnUnknown(HoldDecl),
    Verification(VerificationDecl),
    Watch(WatchItem),
}

/// Something that is watched in a stage.
pub(crate) enum WatchItem {
    Metric(MetricDecl),
    Trigger(TriggerDecl),
    /// What could not be read.
    Error,
}

/// The state of reading one file.
pub(crate) struct Build<'a> {
    file: FileId,
    text: &'a str,
    /// The byte of the file at which the text begins.
    offset: usize,
    docs: BTreeMap<usize, Vec<String>>,
    sink: &'a mut Diagnostics,
}

impl<'a> Build<'a> {
    pub(crate) fn new(
        file: FileId,
        text: &'a str,
        offset: usize,
        docs: BTreeMap<usize, Vec<String>>,
        sink: &'a mut Diagnostics,
    ) -> Self {
        Self { file, text, offset, docs, sink }
    }

    /// The text in front of a byte of the file.
    pub(crate) fn before(&self, at: usize) -> &'a str {
        self.between(self.offset, at)
    }

    /// The text between two bytes of the file.
    pub(crate) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start.saturating_sub(self.offset)..end.saturating_sub(self.offset)).unwrap_or_default()
    }

    /// Whether only the hole of a text is read.
    pub(crate) fn is_hole(&self) -> bool {
        self.offset > 0
    }

    /// The end of what is read.
    pub(crate) fn end(&self) -> Span {
        let end = self.offset.saturating_add(self.text.len());
        self.span(end, end)
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.sink.has_errors()
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end.max(start))
    }

    /// The documentation in front of the thing that starts here.
    pub(crate) fn docs(&mut self, start: usize) -> Vec<String> {
        self.docs.remove(&start).unwrap_or_default()
    }

    pub(crate) fn ident(&self, name: &str, start: usize, end: usize) -> Ident {
        Ident { name: name.to_owned(), span: self.span(start, end) }
    }

    pub(crate) fn path(&self, first: Ident, rest: Vec<Ident>) -> Path {
        let span = rest.last().map_or(first.span, |last| first.span.to(last.span));
        let parts = std::iter::once(first).chain(rest).collect();
        Path { parts, span }
    }

    pub(crate) fn title(&self, title: Option<Ident>) -> String {
        title.map(|title| title.name).unwrap_or_default()
    }

    // ---- expressions

    /// An expression; one that nests deeper than the limit is reported and left out.
    pub(crate) fn expr(&mut self, kind: ExprKind, start: usize, end: usize) -> Expr {
        let expr = Expr::new(kind, self.span(start, end));
        if expr.depth <= NESTING_MAX {
            return expr;
        }
        self.report(messages::too_deep(expr.span.after()));
        Expr::new(ExprKind::Missing, expr.span)
    }

    pub(crate) fn literal(&mut self, literal: Literal, start: usize, end: usize) -> Expr {
        self.expr(ExprKind::Literal(literal), start, end)
    }

    pub(crate) fn binary(&mut self, op: BinaryOp, a: Expr, b: Expr, start: usize, end: usize) -> Expr {
        let mixes = |e: &Expr| {
            matches!(
                (&*e.kind, op),
                (ExprKind::Binary(BinaryOp::And, ..), BinaryOp::Or)
                    | (ExprKind::Binary(BinaryOp::Or, ..), BinaryOp::And)
            )
        };
        if let Some(inner) = [&a, &b].into_iter().find(|e| mixes(e)) {
            // `every … satisfies a and b or empty` is no mixture: `or empty` belongs to `every`.
            if !is_name(&b, "empty") {
                let inner = inner.span;
                self.report(messages::mixed_and_or(self.span(start, end), inner));
            }
        }
        self.expr(ExprKind::Binary(op, a, b), start, end)
    }

    pub(crate) fn comparison(&mut self, op: BinaryOp, a: Expr, b: Expr, start: usize, end: usize) -> Expr {
        if matches!(&*a.kind, ExprKind::Binary(inner, ..) if inner.is_comparison()) {
            self.report(messages::chained_comparison(self.span(start, end)));
        }
        self.binary(op, a, b, start, end)
    }

    /// `for D`; `for x in xs` is taken for `for each x in xs`, and reported.
    pub(crate) fn for_clause(&mut self, e: Expr, behind_for: usize) -> ClauseKind {
        match *e.kind {
            ExprKind::Binary(BinaryOp::In, var, list) if matches!(&*var.kind, ExprKind::Name(_)) => {
                let name = if let ExprKind::Name(name) = *var.kind { name } else { String::new() };
                self.report(messages::for_without_each(e.span, self.span(behind_for, behind_for)));
                ClauseKind::ForEach(Binder { var: Ident { name, span: var.span }, list, filter: None })
            }
            kind => ClauseKind::For(Expr::new(kind, e.span)),
        }
    }

    /// `every x in xs satisfies P`, where a trailing `or empty` was read as part of P.
    pub(crate) fn every(&mut self, var: Ident, list: Expr, body: Expr, start: usize, end: usize) -> Expr {
        let (filter, or_empty) = match *body.kind {
            ExprKind::Binary(BinaryOp::Or, condition, last) if is_name(&last, "empty") => (condition, true),
            kind => (Expr::new(kind, body.span), false),
        };
        let binder = Binder { var, list, filter: Some(filter) };
        self.expr(ExprKind::Quantifier(Quantifier::Every { or_empty }, binder), start, end)
    }

    /// `f(…)`, where `f` is a name with or without points.
    pub(crate) fn call(&mut self, callee: Expr, args: Vec<Arg>, start: usize, end: usize) -> Expr {
        match as_path(&callee) {
            Some(path) => self.expr(ExprKind::Call(path, args), start, end),
            None => {
                self.report(messages::not_callable(callee.span));
                self.expr(ExprKind::Missing, start, end)
            }
        }
    }

    /// `c is true` and `c is false`.
    pub(crate) fn truth(&mut self, e: Expr, holds: bool, at: usize, start: usize, end: usize) -> Expr {
        self.report(messages::is_truth(self.span(at, end), holds));
        if holds { e } else { self.expr(ExprKind::Unary(UnaryOp::Not, e), start, end) }
    }

    /// Another language's spelling of an operator.
    pub(crate) fn spelling(&mut self, right: &str, start: usize, end: usize) {
        self.report(messages::spelling(self.span(start, end), right));
    }

    pub(crate) fn data_name(&self, name: Ident) -> DataValue {
        if name.name == "unknown" {
            return DataValue::Unknown(name.span);
        }
        DataValue::Expr(Expr::new(ExprKind::Name(name.name), name.span))
    }

    // ---- declarations

    /// A name that a declaration gives, where any word is taken, so that a reserved one is reported as such.
    pub(crate) fn declared(&mut self, name: Ident) -> Ident {
        if Kw::from_word(&name.name).is_some_and(Kw::is_reserved) {
            self.report(messages::reserved_as_name(name.span, &name.name));
        }
        name
    }

    pub(crate) fn field_decl(
        &mut self,
        start: usize,
        name: Ident,
        ty: TypeExpr,
        marks: Vec<FieldMark>,
    ) -> FieldDecl {
        let docs = self.docs(start);
        let mut field = FieldDecl { name, docs, ty, reading: None, provenance: None, wire: None };
        for mark in marks {
            match mark {
                FieldMark::Provenance(word) => {
                    self.once(&mut field.provenance, word, |w| w.span, "as PROVENANCE")
                }
                FieldMark::Wire(word) => self.once(&mut field.wire, word, |w| w.span, "as \"NAME\""),
                FieldMark::Reading(word) => self.once(&mut field.reading, word, |w| w.span, "as number of"),
            }
        }
        field
    }

    pub(crate) fn policy(
        &mut self,
        start: usize,
        trial: bool,
        name: Ident,
        title: Option<Ident>,
        head: Vec<HeadClause>,
        items: Vec<PolicyItem>,
    ) -> PolicyDecl {
        let mut policy = PolicyDecl {
            docs: self.docs(start),
            name,
            title: self.title(title),
            trial,
            head: None,
            on_unknown: None,
            allow: None,
            on_word: None,
            params: Vec::new(),
            lets: Vec::new(),
            rules: Vec::new(),
            waivers: Vec::new(),
            broken: Vec::new(),
        };
        for clause in head {
            match clause {
                HeadClause::When(condition) => self.once(&mut policy.head, condition, |e| e.span, "when"),
                HeadClause::OnUnknown(word, span) => {
                    self.once(&mut policy.on_unknown, word, |_| span, "on unknown")
                }
                // Who owns a policy and when it is next reviewed is for readers; nothing runs by it yet.
                HeadClause::Owner(_) | HeadClause::ReviewBy(_) => {}
                HeadClause::Control(text) => {
                    self.report(messages::misplaced_clause(text.span, "control", "a rule"))
                }
                HeadClause::Flag(word, span) => self.report(messages::flag_behind(span, word)),
            }
        }
        for item in items {
            match item {
                PolicyItem::Param(param) => policy.params.push(param),
                PolicyItem::Let(binding) => policy.lets.push(binding),
                PolicyItem::Rule(rule) => policy.rules.push(rule),
                PolicyItem::Waiver(waiver) => policy.waivers.push(waiver),
                PolicyItem::Allow(span, on_word) => {
                    if policy.allow.is_some_and(|first| first != policy.name.span) {
                        self.report(messages::repeated_clause(span, "allow"));
                    }
                    policy.allow = Some(span);
                    policy.on_word = on_word;
                }
                // It may have been a rule: nobody shall be told that the policy has none.
                PolicyItem::Error(broken) => {
                    policy.broken.extend(broken);
                    policy.allow = policy.allow.or(Some(policy.name.span));
                }
            }
        }
        policy
    }

    pub(crate) fn rule(
        &mut self,
        start: usize,
        flags: Vec<(&'static str, Span)>,
        name: Ident,
        title: Option<Ident>,
        head: Vec<HeadClause>,
        statements: Vec<Option<Statement>>,
    ) -> RuleDecl {
        let says_nothing = statements.is_empty();
        for (index, (word, span)) in flags.iter().enumerate() {
            if flags.iter().take(index).any(|(before, _)| before == word) {
                self.report(messages::repeated_clause(*span, word));
            }
        }
        let flagged = |word: &str| flags.iter().any(|(flag, _)| *flag == word);
        let mut rule = RuleDecl {
            docs: self.docs(start),
            name,
            title: self.title(title),
            control: None,
            waivable: flagged("waivable"),
            trial: flagged("trial"),
            guard: None,
            on_unknown: None,
            statements: statements.into_iter().flatten().collect(),
        };
        for clause in head {
            match clause {
                HeadClause::When(condition) => self.once(&mut rule.guard, condition, |e| e.span, "when"),
                HeadClause::OnUnknown(word, span) => {
                    self.once(&mut rule.on_unknown, word, |_| span, "on unknown")
                }
                HeadClause::Control(text) => {
                    self.once(&mut rule.control, text.name, |_| text.span, "control")
                }
                HeadClause::Owner(text) => {
                    self.report(messages::misplaced_clause(text.span, "owner", "a policy"))
                }
                HeadClause::ReviewBy(span) => {
                    self.report(messages::misplaced_clause(span, "review_by", "a policy"))
                }
                HeadClause::Flag(word, span) => {
                    rule.waivable |= word == "waivable";
                    rule.trial |= word == "trial";
                    self.report(messages::flag_behind(span, word));
                }
            }
        }
        if says_nothing {
            self.report(messages::empty_rule(rule.name.span, &rule.name.name));
        }
        rule
    }

    pub(crate) fn waiver(
        &mut self,
        name: Ident,
        title: Option<Ident>,
        parts: Vec<WaiverPart>,
    ) -> (WaiverDecl, bool) {
        let title = self.title(title);
        let mut waiver = WaiverDecl {
            name,
            title,
            when: None,
            waives: Vec::new(),
            obligations: Vec::new(),
            on_word: None,
        };
        let mut readable = true;
        let mut last = 0u8;
        for part in parts {
            let (rank, word, span) = match &part {
                WaiverPart::When(_, span) => (1, "when", *span),
                WaiverPart::OnWord(span) => (2, "on the caller's word", *span),
                WaiverPart::Waives(_, span) => (3, "waives", *span),
                WaiverPart::Oblige(_, span) => (4, "oblige", *span),
                WaiverPart::Other(span, word) => {
                    self.report(messages::misplaced_clause(*span, word, "a statement of a rule"));
                    continue;
                }
                WaiverPart::Error => {
                    readable = false;
                    continue;
                }
            };
            if rank < last {
                self.report(messages::waiver_order(span, word));
            } else if rank == last && rank != 4 {
                self.report(messages::repeated_clause(span, word));
            }
            last = last.max(rank);
            match part {
                WaiverPart::When(condition, _) => waiver.when = Some(condition),
                WaiverPart::OnWord(span) => waiver.on_word = Some(span),
                WaiverPart::Waives(names, _) => waiver.waives = names,
                WaiverPart::Oblige(obligation, _) => waiver.obligations.push(obligation),
                WaiverPart::Other(..) | WaiverPart::Error => {}
            }
        }
        (waiver, readable)
    }

    fn once<T>(&mut self, place: &mut Option<T>, value: T, span: impl Fn(&T) -> Span, word: &str) {
        if place.is_some() {
            self.report(messages::repeated_clause(span(&value), word));
        }
        *place = Some(value);
    }

    pub(crate) fn verdict(&self, word: &str, start: usize, end: usize) -> VerdictWord {
        VerdictWord { verdict: Verdict::from_word(word), span: self.span(start, end) }
    }

    // ---- literals

    fn value<T: Default>(&mut self, read: Result<T, LiteralError>, start: usize, end: usize) -> T {
        read.unwrap_or_else(|error| {
            self.report(messages::bad_literal(self.span(start, end), error));
            T::default()
        })
    }

    pub(crate) fn int(&mut self, text: &str, start: usize, end: usize) -> i64 {
        let read = literal::int(&text.replace('_', ""));
        if read == Err(LiteralError::OutOfRange) {
            self.report(messages::int_out_of_range(self.span(start, end)));
            return 0;
        }
        self.value(read, start, end)
    }

    pub(crate) fn decimal(&mut self, text: &str, start: usize, end: usize) -> Dec {
        self.value(literal::decimal(&text.replace('_', "")), start, end)
    }

    pub(crate) fn percent(&mut self, text: &str, start: usize, end: usize) -> Dec {
        self.value(literal::percent(text), start, end)
    }

    pub(crate) fn points(&mut self, text: &str, start: usize, end: usize) -> Dec {
        self.value(literal::points(text), start, end)
    }

    pub(crate) fn duration(&mut self, text: &str, start: usize, end: usize) -> i64 {
        self.value(literal::duration(text), start, end)
    }

    pub(crate) fn size(&mut self, text: &str, start: usize, end: usize) -> i64 {
        self.value(literal::size(text), start, end)
    }

    /// A version without its `v`.
    pub(crate) fn version(&mut self, text: &str, start: usize, end: usize) -> String {
        let text = text.strip_prefix('v').unwrap_or(text);
        let read = if text.len() > VERSION_BYTES_MAX as usize {
            Err(LiteralError::OutOfRange)
        } else {
            literal::version(text).map(|_| text.to_owned())
        };
        self.value(read, start, end)
    }

    pub(crate) fn date(&mut self, text: &str, start: usize, end: usize) -> i32 {
        self.value(literal::date(text).map(|date| date.0), start, end)
    }

    pub(crate) fn time(&mut self, text: &str, start: usize, end: usize) -> u16 {
        self.value(literal::time_of_day(text), start, end)
    }

    pub(crate) fn instant(&mut self, text: &str, start: usize, end: usize) -> i64 {
        self.value(literal::instant_literal(text), start, end)
    }

    // ---- texts

    /// A text without holes.
    pub(crate) fn plain_text(&mut self, raw: &str, start: usize, end: usize) -> Ident {
        let text = self.text(raw, start, end);
        let mut words = String::new();
        for part in text.parts {
            match part {
                TextPart::Words(part) => words.push_str(&part),
                TextPart::Hole(expr) => self.report(messages::hole_in_plain_text(expr.span)),
            }
        }
        Ident { name: words, span: text.span }
    }

    /// A text with its holes read. `raw` has its quotes.
    pub(crate) fn text(&mut self, raw: &str, start: usize, end: usize) -> Text {
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let mut reader = TextReader {
            inner,
            at: 0,
            offset: start.saturating_add(1),
            words: String::new(),
            parts: Vec::new(),
        };
        while reader.step(self) {}
        reader.finish_words();
        Text { parts: reader.parts, span: self.span(start, end) }
    }
}

/// Reads the inside of a text.
struct TextReader<'t> {
    inner: &'t str,
    at: usize,
    offset: usize,
    words: String,
    parts: Vec<TextPart>,
}

impl TextReader<'_> {
    /// Reads one character, escape or hole; false at the end.
    fn step(&mut self, build: &mut Build<'_>) -> bool {
        let rest = self.inner.get(self.at..).unwrap_or_default();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return false };
        let second = chars.next();
        match (first, second) {
            ('{', Some('{')) | ('}', Some('}')) => self.take(first, 2),
            ('{', _) => self.hole(rest, build),
            ('\\', Some('n')) => self.take('\n', 2),
            ('\\', Some('t')) => self.take('\t', 2),
            ('\\', Some(c @ ('"' | '\\'))) => self.take(c, 2),
            ('\\', _) => {
                build.report(messages::bad_escape(self.span(build, 2)));
                self.take('\\', 1);
            }
            ('}', _) => {
                build.report(messages::lone_brace(self.span(build, 1)));
                self.take('}', 1);
            }
            (c, _) => self.take(c, c.len_utf8()),
        }
        true
    }

    fn take(&mut self, c: char, bytes: usize) {
        self.words.push(c);
        self.at = self.at.saturating_add(bytes);
    }

    fn span(&self, build: &Build<'_>, bytes: usize) -> Span {
        let start = self.offset.saturating_add(self.at);
        build.span(start, start.saturating_add(bytes.min(self.inner.len().saturating_sub(self.at))))
    }

    fn hole(&mut self, rest: &str, build: &mut Build<'_>) {
        let Some(close) = rest.find('}') else {
            build.report(messages::open_hole(self.span(build, rest.len())));
            self.at = self.inner.len();
            return;
        };
        self.finish_words();
        let inside = rest.get(1..close).unwrap_or_default();
        let start = self.offset.saturating_add(self.at).saturating_add(1);
        if let Some(expr) = parse_hole(build.file, inside, start, build.sink) {
            self.parts.push(TextPart::Hole(expr));
        }
        self.at = self.at.saturating_add(close).saturating_add(1);
    }

    fn finish_words(&mut self) {
        if !self.words.is_empty() {
            self.parts.push(TextPart::Words(std::mem::take(&mut self.words)));
        }
    }
}

fn is_name(e: &Expr, name: &str) -> bool {
    matches!(&*e.kind, ExprKind::Name(found) if found == name)
}

fn as_path(e: &Expr) -> Option<Path> {
    match &*e.kind {
        ExprKind::Name(name) => {
            Some(Path { parts: vec![Ident { name: name.clone(), span: e.span }], span: e.span })
        }
        ExprKind::Field(inner, name) => {
            let mut path = as_path(inner)?;
            path.parts.push(name.clone());
            path.span = e.span;
            Some(path)
        }
        _ => None,
    }
}
