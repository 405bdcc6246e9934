//! Members: of records, of enums by their full name, and of values that have some.

use super::expr::{error, node, settled};
use super::scope::TypeDef;
use super::types::WEEKDAY;
use super::{Checker, hints};
use crate::ast::{self, ExprKind};
use crate::diag::messages;
use crate::hir::{Expr, Kind, Type, VersionPart};
use crate::span::Span;

impl Checker<'_> {
    pub(super) fn member(&mut self, base: &ast::Expr, name: &ast::Ident, span: Span) -> Expr {
        if let Some(member) = self.qualified_member(base, name, span) {
            return member;
        }
        let base = self.expr(base, None);
        match base.ty.required().clone() {
            // A member that is missing in the text was reported when it was read.
            _ if name.name.is_empty() => error(span),
            Type::Error => error(span),
            Type::Record(id) => {
                let def = self.package.records.get(id);
                let found = def.and_then(|def| def.fields.iter().position(|field| field.name == name.name));
                if let Some(index) = found {
                    self.use_field(id, name);
                    return self.record_member(base, id, index, span);
                }
                let members: Vec<&str> =
                    def.map(|d| d.fields.iter().map(|f| f.name.as_str()).collect()).unwrap_or_default();
                let of = if Some(id) == self.package.request {
                    "the request".to_owned()
                } else {
                    self.show(&base.ty)
                };
                let diagnostic = messages::unknown_member(name.span, &of, &name.name, &members);
                self.report(diagnostic);
                error(span)
            }
            Type::List(..) | Type::Map(..) if name.name == "size" => {
                let ty = if matches!(base.ty, Type::Optional(_)) { Type::Int.optional() } else { Type::Int };
                node(Kind::Size(base), ty, span)
            }
            Type::List(element, _) if matches!(name.name.as_str(), "first" | "last") => {
                node(Kind::End(base, name.name == "last"), *element, span)
            }
            Type::List(..) => {
                let members = ["size", "first", "last"];
                let diagnostic = match hints::is_size(&name.name) {
                    true => messages::size_is_member(name.span, &name.name, name.span),
                    false => messages::unknown_member(name.span, "a list", &name.name, &members),
                };
                self.report(diagnostic);
                error(span)
            }
            Type::Map(..) => {
                let diagnostic = messages::unknown_member(name.span, "a map", &name.name, &["size"]);
                self.report(diagnostic.help("read an entry by its key, as in `labels[\"tier\"]`"));
                error(span)
            }
            Type::Version => match VersionPart::WORDS.iter().find(|(word, _)| *word == name.name) {
                Some((_, part)) => node(Kind::VersionPart(*part, base), Type::Int, span),
                None => {
                    let members = VersionPart::WORDS.map(|(word, _)| word);
                    let diagnostic = messages::unknown_member(name.span, "a version", &name.name, &members);
                    self.report(diagnostic);
                    error(span)
                }
            },
            other => {
                let diagnostic = messages::no_members(name.span, &self.show(&other));
                self.report(diagnostic);
                error(span)
            }
        }
    }

    /// Keeps where the member of a record is used.
    pub(super) fn use_field(&mut self, record: usize, name: &ast::Ident) {
        let def = self.package.records.get(record);
        let field = def.and_then(|def| def.fields.iter().find(|field| field.name == name.name));
        if let Some(declared) = field.and_then(|field| field.span) {
            self.scopes.index.add_use(name.span, declared);
        }
    }

    /// `Enum.member`, where no value has the enum's name.
    fn qualified_member(&mut self, base: &ast::Expr, name: &ast::Ident, span: Span) -> Option<Expr> {
        let ExprKind::Name(enum_name) = &*base.kind else { return None };
        if self.scopes.declared(enum_name).is_some() {
            return None;
        }
        let id = if enum_name == WEEKDAY {
            self.weekday()
        } else {
            let ident = ast::Ident { name: enum_name.clone(), span: base.span };
            match self.scopes.ty(&ident)? {
                TypeDef::Enum(id) => id,
                TypeDef::Broken => return Some(error(span)),
                TypeDef::Record(_) => {
                    self.report(messages::type_as_value(base.span, enum_name));
                    return Some(error(span));
                }
            }
        };
        let ty = Type::Enum(id);
        if let Some((_, value, ty)) = self.enum_member(&name.name, Some(&ty)) {
            self.use_member(&ty, &name.name, name.span);
            return Some(node(Kind::Const(value), ty, span));
        }
        let diagnostic = self.unknown_name(&name.name, name.span, Some(&ty));
        self.report(diagnostic);
        Some(error(span))
    }

    /// `m[key]`: none where the map has no such key.
    pub(super) fn lookup(&mut self, map: &ast::Expr, key: &ast::Expr, span: Span) -> Expr {
        let map = self.expr(map, None);
        match map.ty.required().clone() {
            Type::Map(_, value, _) => {
                let key = self.key(key);
                node(Kind::Lookup(map, key), value.optional(), span)
            }
            Type::Error => error(span),
            Type::List(..) => {
                self.report(messages::no_index(span));
                error(span)
            }
            other => {
                let diagnostic = messages::mismatch(map.span, "a map", &self.show(&other));
                self.report(diagnostic);
                error(span)
            }
        }
    }

    /// `key in m`
    pub(super) fn has_key(&mut self, key: &ast::Expr, map: Expr, span: Span) -> Expr {
        let key = self.key(key);
        node(Kind::HasKey(key, map), Type::Bool, span)
    }

    fn key(&mut self, key: &ast::Expr) -> Expr {
        let wanted = Type::Str(holdpoint_isa::limits::STRING_BYTES_MAX).optional();
        let key = self.expr(key, Some(&wanted));
        self.expect(&key, &wanted);
        settled(key, &wanted)
    }

    pub(super) fn record_member(&mut self, base: Expr, record: usize, index: usize, span: Span) -> Expr {
        let field = self.package.records.get(record).and_then(|def| def.fields.get(index));
        let ty = field.map_or(Type::Error, |field| field.ty.clone());
        let ty = if matches!(base.ty, Type::Optional(_)) { ty.optional() } else { ty };
        node(Kind::Member(base, index), ty, span)
    }
}
