//! What is asked for at a place, told from the tokens before it.

use holdpoint_lang::hir::Type;
use holdpoint_lang::lexer::{Raw, RawKind, raw};
use holdpoint_lang::token::{Kw, Token};
use holdpoint_lang::{FileId, Span};

use crate::snapshot::{Cursor, Snapshot};
use crate::symbol::Kind;

/// What is asked for.
pub(super) enum Context {
    /// A member of a value of this type.
    Member(Type),
    /// A member of the enum with this name.
    EnumMembers(String),
    /// A type.
    Type,
    /// A value, of this type where one is known.
    Value(Option<Type>),
    /// A list or a window.
    Window,
    /// Something of one of these kinds.
    Names(Vec<Kind>),
    /// One of these words.
    Words(Vec<&'static str>),
    /// A member of a record, by index.
    Fields(usize),
    /// A module of the library.
    Modules,
    /// What a bare number means.
    Units,
    /// Another word of a body, or of what stands before it.
    Body(Place),
}

/// Which body a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Policy,
    Rule,
    Waiver,
    Test,
    Window,
    Score,
    Rollout,
    Metric,
    Other,
}

impl Context {
    /// What is asked for at a place; nothing within comments and texts.
    pub(super) fn of(cursor: &Cursor<'_>) -> Option<Self> {
        let at = cursor.at as usize;
        let all = raw(cursor.text);
        let around =
            all.iter().find(|part| part.start < at && (at < part.end || is_comment(part) && at == part.end));
        let before = match around.map(|part| (part.kind, *part)) {
            Some((RawKind::Comment | RawKind::Token(Token::Doc(_)), _)) => return None,
            Some((RawKind::Token(Token::Text(_) | Token::Quoted(_)), part)) => hole(cursor.text, part, at)?,
            _ => cursor.before(),
        };
        let mut tokens =
            Tokens { snapshot: cursor.snapshot, file: cursor.file, text: cursor.text, list: before };
        tokens.drop_prefix(at);
        Some(tokens.context())
    }
}

fn is_comment(part: &Raw<'_>) -> bool {
    matches!(part.kind, RawKind::Comment | RawKind::Token(Token::Doc(_)))
}

/// The tokens of the hole of a text that a place is in.
fn hole<'s>(text: &'s str, part: Raw<'s>, at: usize) -> Option<Vec<Raw<'s>>> {
    let before = text.get(part.start..at)?;
    let open = before.rfind('{').filter(|open| !before.get(*open..).unwrap_or_default().contains('}'))?;
    let start = part.start.saturating_add(open).saturating_add(1);
    let shifted = raw(text.get(start..at)?).into_iter().map(|part| Raw {
        start: part.start.saturating_add(start),
        end: part.end.saturating_add(start),
        ..part
    });
    let when = Raw { kind: RawKind::Token(Token::Keyword(Kw::When)), start, end: start, lines: 0 };
    Some(std::iter::once(when).chain(shifted).collect())
}

/// The tokens before a place.
struct Tokens<'s> {
    snapshot: &'s Snapshot,
    file: FileId,
    text: &'s str,
    list: Vec<Raw<'s>>,
}

impl<'s> Tokens<'s> {
    /// Leaves out the word that is being written.
    fn drop_prefix(&mut self, at: usize) {
        let word = |raw: &Raw<'_>| matches!(raw.kind, RawKind::Token(Token::Name(_) | Token::Keyword(_)));
        if self.list.last().is_some_and(|last| last.start < at && last.end == at && word(last)) {
            self.list.pop();
        }
    }

    /// A token, counted from the last one.
    fn back(&self, count: usize) -> Option<Token<'s>> {
        let at = self.list.len().checked_sub(count.saturating_add(1))?;
        match self.list.get(at)?.kind {
            RawKind::Token(token) => Some(token),
            RawKind::Comment => None,
        }
    }

    fn context(&self) -> Context {
        let Some(last) = self.back(0) else { return Context::Body(Place::File) };
        match last {
            Token::Dot => self.member(),
            Token::Colon => self.behind_colon(),
            Token::Arrow => Context::Type,
            Token::Keyword(kw) => self.behind_word(kw),
            Token::Eq | Token::Ne | Token::Lt | Token::Le | Token::Gt | Token::Ge => {
                if last == Token::Lt && matches!(self.back(1), Some(Token::Name("list" | "map" | "money"))) {
                    return Context::Type;
                }
                Context::Value(self.type_before(1))
            }
            Token::LBracket => Context::Value(self.element()),
            Token::Comma => self.behind_comma(),
            Token::LBrace => self.in_braces(),
            Token::LParen | Token::Plus | Token::Minus | Token::Star | Token::Slash | Token::Assign => {
                Context::Value(None)
            }
            _ => self.behind_value(),
        }
    }

    fn behind_word(&self, kw: Kw) -> Context {
        match kw {
            Kw::When
            | Kw::Unless
            | Kw::And
            | Kw::Or
            | Kw::Not
            | Kw::If
            | Kw::Then
            | Kw::Where
            | Kw::Satisfies => Context::Value(None),
            Kw::In if matches!(self.back(1), Some(Token::Keyword(Kw::Not))) => Context::Window,
            Kw::In => Context::Window,
            Kw::Else | Kw::Sum | Kw::Min | Kw::Max | Kw::Distinct | Kw::For | Kw::Until => {
                Context::Value(None)
            }
            Kw::Match => Context::Value(None),
            Kw::To => Context::Names(vec![Kind::Group]),
            Kw::Waives | Kw::By => Context::Names(vec![Kind::Rule, Kind::Policy, Kind::Score]),
            Kw::Given => Context::Names(vec![Kind::Fixture]),
            Kw::During => Context::Names(vec![Kind::Calendar]),
            Kw::Use | Kw::Include => Context::Modules,
            Kw::On => Context::Words(vec!["unknown", "the caller's word"]),
            Kw::Unknown | Kw::Expect => Context::Words(vec!["block", "escalate", "delay", "allow", "warn"]),
            Kw::As => Context::Words(vec!["number of", "claimed", "verified", "gathered", "attested"]),
            Kw::Of if matches!(self.back(1), Some(Token::Keyword(Kw::Number))) => Context::Units,
            Kw::Of => Context::Words(vec!["finish", "decision"]),
            Kw::Is => Context::Words(vec!["none", "not none"]),
            Kw::Open | Kw::Closed => {
                Context::Words(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun", "during"])
            }
            _ => self.behind_value(),
        }
    }

    /// Behind something that is complete: what may follow in the body at hand.
    fn behind_value(&self) -> Context {
        if let Some(record) = self.record() {
            return Context::Fields(record);
        }
        Context::Body(self.place())
    }

    fn behind_colon(&self) -> Context {
        if let Some(record) = self.record() {
            let name = self.list.len().checked_sub(2).and_then(|at| self.list.get(at));
            let name = name.and_then(|raw| self.text.get(raw.start..raw.end)).unwrap_or_default();
            let fields = self.snapshot.checked.package.records.get(record).map(|record| &record.fields);
            let field = fields.into_iter().flatten().find(|field| field.name == name);
            return Context::Value(field.map(|field| field.ty.clone()));
        }
        let declares = matches!(self.back(2), Some(Token::Keyword(Kw::Param | Kw::Signal)));
        let owner = self.opener().and_then(|open| self.owner(open));
        let in_type = matches!(owner, Some(Kw::Record | Kw::Request | Kw::Fn));
        if declares || in_type { Context::Type } else { Context::Value(None) }
    }

    fn behind_comma(&self) -> Context {
        if let Some(record) = self.record() {
            return Context::Fields(record);
        }
        match self.opener().and_then(|open| self.token(open)) {
            Some(Token::LBracket) => Context::Value(self.element()),
            Some(Token::LParen) => Context::Value(None),
            _ => Context::Names(vec![Kind::Rule, Kind::Policy, Kind::Score]),
        }
    }

    fn in_braces(&self) -> Context {
        if let Some(record) = self.record() {
            return Context::Fields(record);
        }
        let open = self.list.len().saturating_sub(1);
        match self.owner(open) {
            Some(Kw::Match) => Context::Value(self.type_before(1)),
            _ => Context::Body(self.place()),
        }
    }

    // ---- brackets

    fn token(&self, at: usize) -> Option<Token<'s>> {
        match self.list.get(at)?.kind {
            RawKind::Token(token) => Some(token),
            RawKind::Comment => None,
        }
    }

    /// The innermost bracket that is open.
    fn opener(&self) -> Option<usize> {
        self.opener_before(self.list.len())
    }

    fn opener_before(&self, end: usize) -> Option<usize> {
        let mut closed = 0u32;
        for at in (0..end).rev() {
            match self.token(at) {
                Some(Token::RBrace | Token::RParen | Token::RBracket) => closed = closed.saturating_add(1),
                Some(Token::LBrace | Token::LParen | Token::LBracket) => match closed.checked_sub(1) {
                    Some(left) => closed = left,
                    None => return Some(at),
                },
                _ => {}
            }
        }
        None
    }

    /// The word that brackets belong to: the last one before them that begins something with brackets.
    fn owner(&self, open: usize) -> Option<Kw> {
        let mut depth = 0u32;
        for at in (0..open).rev() {
            match self.token(at)? {
                Token::RBrace | Token::RParen | Token::RBracket => depth = depth.saturating_add(1),
                Token::LBrace | Token::LParen | Token::LBracket => match depth.checked_sub(1) {
                    Some(left) => depth = left,
                    None => return None,
                },
                Token::Keyword(
                    kw @ (Kw::Record
                    | Kw::Request
                    | Kw::Enum
                    | Kw::Window
                    | Kw::Calendar
                    | Kw::Policy
                    | Kw::Rule
                    | Kw::Waiver
                    | Kw::Score
                    | Kw::Rollout
                    | Kw::Verify
                    | Kw::Metric
                    | Kw::Bands
                    | Kw::Test
                    | Kw::Match
                    | Kw::With
                    | Kw::Given
                    | Kw::Fixture
                    | Kw::Include
                    | Kw::Fn),
                ) if depth == 0 => return Some(kw),
                _ => {}
            }
        }
        None
    }

    fn place(&self) -> Place {
        let braces = std::iter::successors(self.opener(), |open| self.opener_before(*open));
        let brace = braces.into_iter().find(|open| self.token(*open) == Some(Token::LBrace));
        let Some(owner) = brace.map(|open| self.owner(open)) else { return Place::File };
        match owner {
            Some(Kw::Policy) => Place::Policy,
            Some(Kw::Rule) => Place::Rule,
            Some(Kw::Waiver) => Place::Waiver,
            Some(Kw::Test) => Place::Test,
            Some(Kw::Window) => Place::Window,
            Some(Kw::Score | Kw::Bands) => Place::Score,
            Some(Kw::Rollout | Kw::Verify) => Place::Rollout,
            Some(Kw::Metric) => Place::Metric,
            _ => Place::Other,
        }
    }

    /// The record that data at this place are of.
    fn record(&self) -> Option<usize> {
        let open = self.opener().filter(|open| self.token(*open) == Some(Token::LBrace))?;
        self.record_of(open)
    }

    fn record_of(&self, open: usize) -> Option<usize> {
        match self.owner(open) {
            Some(Kw::With | Kw::Given | Kw::Fixture) => return self.snapshot.checked.package.request,
            Some(_) => return None,
            None => {}
        }
        // Data within data: the braces belong to the member before them, those of a list to that of the list.
        let mut colon = open.checked_sub(1)?;
        let mut outer = self.opener_before(open)?;
        if self.token(outer) == Some(Token::LBracket) {
            colon = outer.checked_sub(1)?;
            outer = self.opener_before(outer)?;
        }
        let name =
            self.list.get(colon.checked_sub(1)?).filter(|_| self.token(colon) == Some(Token::Colon))?;
        let record = self.record_of(outer)?;
        let fields = &self.snapshot.checked.package.records.get(record)?.fields;
        let field =
            fields.iter().find(|field| Some(field.name.as_str()) == self.text.get(name.start..name.end))?;
        match field.ty.required() {
            Type::Record(id) => Some(*id),
            Type::List(element, _) => match element.required() {
                Type::Record(id) => Some(*id),
                _ => None,
            },
            _ => None,
        }
    }

    // ---- types

    fn member(&self) -> Context {
        if let Some(ty) = self.type_before(1) {
            return Context::Member(ty);
        }
        match self.back(1) {
            Some(Token::Name(name)) => Context::EnumMembers(name.to_owned()),
            _ => Context::Words(Vec::new()),
        }
    }

    /// The type of the elements of a list in which a value of the left side is looked for.
    fn element(&self) -> Option<Type> {
        let open = self.opener()?;
        let before = open.checked_sub(1)?;
        if self.token(before) != Some(Token::Keyword(Kw::In)) {
            return None;
        }
        let negated = before.checked_sub(1).is_some_and(|at| self.token(at) == Some(Token::Keyword(Kw::Not)));
        let end = before.saturating_sub(usize::from(negated));
        self.type_ending(end)
    }

    /// The type of the value that ends so many tokens before the last one.
    fn type_before(&self, count: usize) -> Option<Type> {
        self.type_ending(self.list.len().checked_sub(count)?)
    }

    /// The type of the value whose last token stands before this one: as the check found it, or else what the names of
    /// members that can be read stand for.
    fn type_ending(&self, end: usize) -> Option<Type> {
        let last = self.list.get(end.checked_sub(1)?)?;
        let index = &self.snapshot.checked.index;
        let ends = |span: &Span| span.file == self.file && span.end as usize == last.end;
        let words = |span: &Span| !self.snapshot.slice(*span).contains(char::is_whitespace);
        let typed = index.types().filter(|(span, ty)| ends(span) && words(span) && !ty.is_error());
        let typed = typed.min_by_key(|(span, _)| span.start).map(|(_, ty)| ty.clone());
        typed.or_else(|| self.chain(end))
    }

    fn chain(&self, end: usize) -> Option<Type> {
        let mut names = Vec::new();
        let mut at = end;
        loop {
            let name = self.list.get(at.checked_sub(1)?)?;
            names.push(self.text.get(name.start..name.end)?);
            at = at.checked_sub(1)?;
            match at.checked_sub(1).and_then(|dot| self.token(dot)) {
                Some(Token::Dot) => at = at.checked_sub(1)?,
                _ => break,
            }
        }
        let mut names = names.into_iter().rev();
        let mut ty = self.named(names.next()?)?;
        for name in names {
            let Type::Record(id) = ty.required() else { return None };
            let record = self.snapshot.checked.package.records.get(*id)?;
            ty = record.fields.iter().find(|field| field.name == name)?.ty.clone();
        }
        Some(ty)
    }

    /// The type of what has a name, the member of the request before others, then the nearest one before this place.
    fn named(&self, name: &str) -> Option<Type> {
        let package = &self.snapshot.checked.package;
        let request = package.request.and_then(|id| package.records.get(id));
        let field = request.and_then(|request| request.fields.iter().find(|field| field.name == name));
        if let Some(field) = field {
            return Some(field.ty.clone());
        }
        let index = &self.snapshot.checked.index;
        let known = index.declarations().filter(|span| self.snapshot.slice(*span) == name);
        let nearest = known.max_by_key(|span| (span.file == self.file, *span))?;
        index.declared(nearest).cloned()
    }
}
