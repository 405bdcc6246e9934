//! Types: declarations of enums and records, types as written, types as shown.

use holdpoint_isa::limits;
use holdpoint_isa::literal::Currency;
use holdpoint_isa::program::Provenance;
use holdpoint_isa::types::Reading;

use super::samples::SAMPLES;
use super::scope::TypeDef;
use super::{Checker, Declared};
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Type};
use crate::span::Span;

/// The types that every package has, by name.
const BASIC: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("decimal", Type::Decimal),
    ("percent", Type::Percent),
    ("points", Type::Points),
    ("duration", Type::Duration),
    ("instant", Type::Instant),
    ("date", Type::Date),
    ("size", Type::Size),
    ("version", Type::Version),
    ("principal", Type::Principal),
];

/// The names of all types that every package has: the basic ones, those that say what they hold, and the days of
/// the week.
pub const TYPE_NAMES: [&str; 16] = [
    "bool",
    "int",
    "decimal",
    "percent",
    "points",
    "duration",
    "instant",
    "date",
    "size",
    "version",
    "principal",
    "string",
    "list",
    "map",
    "money",
    WEEKDAY,
];

/// The name of the enum of the days of the week.
pub(super) const WEEKDAY: &str = "Weekday";
/// Its members.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl<'a> Checker<'a> {
    /// Declares enums and records, then checks the members of records, which may need each other.
    pub(super) fn declare_types(&mut self) {
        let mut records: Vec<(&'a ast::Record, usize)> = Vec::new();
        let mut request: Option<&'a ast::Record> = None;
        for Declared { item, layer, .. } in self.declared() {
            self.scopes.layer = layer;
            match item {
                ast::Item::Enum(decl) => self.declare_enum(decl),
                ast::Item::Record(decl) if decl.partial => self.declare_type(&decl.name, TypeDef::Broken),
                ast::Item::Record(decl) => {
                    self.declare_type(&decl.name, TypeDef::Record(records.len()));
                    records.push((decl, layer));
                }
                ast::Item::Request(decl) if layer > 0 => {
                    self.report(messages::lower_layer(decl.name.span, "declare the request"));
                }
                ast::Item::Request(decl) => match request {
                    Some(first) => {
                        let (second, first) = self.author_second(decl.name.span, first.name.span);
                        self.report(messages::second_request(second, first));
                    }
                    None => request = Some(decl),
                },
                ast::Item::Error(Some(broken)) if broken.is_type => {
                    self.declare_type(&broken.name, TypeDef::Broken);
                }
                _ => {}
            }
        }
        match request {
            Some(decl) => {
                self.scopes.partial_request = decl.partial;
                self.package.request = Some(records.len());
                records.push((decl, 0));
            }
            None if self.lacks_module() => {}
            None => self.report(messages::no_request(self.package_span())),
        }
        for (decl, layer) in &records {
            self.scopes.layer = *layer;
            let request = self.package.request == Some(self.package.records.len());
            let fields = self.fields(&decl.fields, request);
            let (name, docs) = (decl.name.name.clone(), decl.docs.clone());
            self.package.records.push(hir::Record { name, fields, docs });
        }
        self.scopes.layer = 0;
        let records: Vec<&'a ast::Record> = records.into_iter().map(|(decl, _)| decl).collect();
        self.check_containment(&records);
    }

    fn declare_enum(&mut self, decl: &ast::EnumDecl) {
        self.declare_type(&decl.name, TypeDef::Enum(self.package.enums.len()));
        let mut members: Vec<String> = Vec::new();
        let mut places: Vec<Span> = Vec::new();
        for member in &decl.members {
            let first =
                decl.members.iter().find(|other| other.name == member.name && other.span != member.span);
            match first.filter(|first| first.span < member.span) {
                Some(first) => self.report(messages::duplicate(member.span, &member.name, first.span)),
                None => {
                    members.push(member.name.clone());
                    places.push(member.span);
                }
            }
        }
        let count = members.len() as u64;
        if count > u64::from(limits::ENUM_MEMBERS_MAX) {
            self.report(messages::limit(
                decl.name.span,
                "the members of an enum",
                limits::ENUM_MEMBERS_MAX.into(),
                count,
            ));
        }
        let (name, docs) = (decl.name.name.clone(), decl.docs.clone());
        self.package.enums.push(hir::Enum { name, members, ordered: decl.ordered, docs, places });
    }

    /// The enum of the days of the week, which every package has; it is made where it is first needed, so that a
    /// module without it holds nothing of it.
    pub(super) fn weekday(&mut self) -> usize {
        if let Some(id) = self.scopes.weekday {
            return id;
        }
        let id = self.package.enums.len();
        let members = WEEKDAYS.iter().map(|day| (*day).to_owned()).collect();
        let docs = vec!["A day of the week.".to_owned()];
        let (name, places) = (WEEKDAY.to_owned(), Vec::new());
        self.package.enums.push(hir::Enum { name, members, ordered: false, docs, places });
        self.scopes.weekday = Some(id);
        id
    }

    fn declare_type(&mut self, name: &ast::Ident, def: TypeDef) {
        let basic = name.name == SAMPLES || TYPE_NAMES.contains(&name.name.as_str());
        if basic {
            self.report(messages::basic_type(name.span, &name.name));
        } else if let Some(first) = self.scopes.declare_type(&name.name, def, name.span) {
            self.report_duplicate(name, first);
        }
    }

    /// The members of a record; only those of the request say on whose word they rest.
    fn fields(&mut self, decls: &[ast::FieldDecl], request: bool) -> Vec<hir::Field> {
        let mut fields: Vec<hir::Field> = Vec::new();
        for decl in decls {
            let earlier = decls
                .iter()
                .find(|other| other.name.name == decl.name.name && other.name.span < decl.name.span);
            if let Some(earlier) = earlier {
                self.report(messages::duplicate(decl.name.span, &decl.name.name, earlier.name.span));
                continue;
            }
            let ty = self.ty(&decl.ty);
            let reading = self.reading(&ty, decl.reading.as_ref());
            let provenance = self.provenance(decl, request);
            let name = decl.name.name.clone();
            let wire = decl.wire.as_ref().map_or_else(|| name.clone(), |wire| wire.name.clone());
            if let Some(first) = fields.iter().position(|field| field.wire == wire) {
                let span = decl.wire.as_ref().map_or(decl.name.span, |wire| wire.span);
                let first =
                    decls.get(first).map_or(span, |decl| decl.wire.as_ref().unwrap_or(&decl.name).span);
                self.report(messages::duplicate(span, &wire, first));
            }
            self.scopes.index.add_declared(decl.name.span, &ty);
            let (docs, span) = (decl.docs.clone(), Some(decl.name.span));
            fields.push(hir::Field { name, ty, reading, provenance, wire, docs, span });
        }
        fields
    }

    fn provenance(&mut self, decl: &ast::FieldDecl, request: bool) -> Provenance {
        let Some(word) = &decl.provenance else { return Provenance::Claimed };
        if !request {
            self.report(messages::misplaced_clause(
                word.span,
                &format!("as {}", word.name),
                "a member of the request",
            ));
        }
        let known = Provenance::WORDS.into_iter().find(|(known, _)| *known == word.name);
        known.map_or(Provenance::Claimed, |(_, provenance)| provenance)
    }

    /// The meaning of a bare number for a type.
    pub(super) fn reading(&mut self, ty: &Type, declared: Option<&ast::Ident>) -> Reading {
        let Some(unit) = declared else { return Reading::Unit };
        if let Type::Money(currency) = ty.required()
            && currency.code() == unit.name
        {
            return Reading::Currency;
        }
        let fits = |reading: Reading| match ty.required() {
            Type::Percent => matches!(reading, Reading::Percent | Reading::Fraction),
            Type::Points => matches!(reading, Reading::Points | Reading::Fraction),
            Type::Duration => reading.nanoseconds().is_some(),
            Type::Size => reading.bytes().is_some(),
            _ => false,
        };
        let found = Reading::WORDS.iter().find(|(word, reading)| *word == unit.name && fits(*reading));
        if let Some((_, reading)) = found {
            return *reading;
        }
        if !ty.is_error() {
            let mut units: Vec<&str> =
                Reading::WORDS.iter().filter(|(_, r)| fits(*r)).map(|(word, _)| *word).collect();
            if let Type::Money(currency) = ty.required() {
                units.push(currency.code());
            }
            self.report(messages::bad_reading(unit.span, &self.show(ty), &units));
        }
        Reading::Unit
    }

    /// A type as written.
    pub(super) fn ty(&mut self, written: &ast::TypeExpr) -> Type {
        let base = self.base_type(written);
        if written.optional { base.optional() } else { base }
    }

    fn base_type(&mut self, written: &ast::TypeExpr) -> Type {
        let name = written.name.name.as_str();
        let known = BASIC.iter().any(|(basic, _)| *basic == name) || self.scopes.type_named(name).is_some();
        match name {
            "string" => return self.string_type(written),
            "list" => return self.list_type(written),
            "map" => return self.map_type(written),
            "money" => return self.money_type(written),
            SAMPLES => {
                self.report(messages::not_allowed_here(
                    written.span,
                    "`samples<T>`",
                    "the type of anything but a signal",
                ));
                return Type::Error;
            }
            WEEKDAY if written.args.is_empty() => return Type::Enum(self.weekday()),
            _ => {}
        }
        if !written.args.is_empty() && known {
            self.report(messages::type_arguments(written.span, name, "without `<…>`"));
        }
        if let Some((_, ty)) = BASIC.iter().find(|(basic, _)| *basic == name) {
            return ty.clone();
        }
        match self.scopes.ty(&written.name) {
            Some(TypeDef::Enum(id)) => Type::Enum(id),
            Some(TypeDef::Record(id)) => Type::Record(id),
            Some(TypeDef::Broken) => Type::Error,
            None => {
                let known: Vec<&str> = TYPE_NAMES.into_iter().chain(self.scopes.type_names()).collect();
                let diagnostic = messages::unknown_type(written.name.span, name, &known);
                self.report(diagnostic);
                Type::Error
            }
        }
    }

    fn string_type(&mut self, written: &ast::TypeExpr) -> Type {
        let max = match written.args.as_slice() {
            [] => limits::STRING_BYTES_DEFAULT,
            [ast::TypeArg::Max(max, span)] => self.maximum(*max, *span, limits::STRING_BYTES_MAX),
            _ => {
                self.report(messages::type_arguments(
                    written.span,
                    "string",
                    "`string` or `string<max 1024>`",
                ));
                limits::STRING_BYTES_DEFAULT
            }
        };
        Type::Str(max)
    }

    fn list_type(&mut self, written: &ast::TypeExpr) -> Type {
        let (element, max) = match written.args.as_slice() {
            [ast::TypeArg::Type(element)] => (element, limits::LIST_LEN_DEFAULT),
            [ast::TypeArg::Type(element), ast::TypeArg::Max(max, span)] => {
                (element, self.maximum(*max, *span, limits::LIST_LEN_MAX))
            }
            _ => {
                self.report(messages::type_arguments(
                    written.span,
                    "list",
                    "`list<T>` or `list<T, max 100>`",
                ));
                return Type::Error;
            }
        };
        let inner = self.ty(element);
        if matches!(inner, Type::Optional(_) | Type::List(..)) {
            self.report(messages::not_allowed_here(
                element.span,
                &self.show(&inner),
                "the element of a list",
            ));
            return Type::Error;
        }
        Type::List(Box::new(inner), max)
    }

    fn money_type(&mut self, written: &ast::TypeExpr) -> Type {
        let code = match written.args.as_slice() {
            [ast::TypeArg::Type(code)] if code.args.is_empty() && !code.optional => &code.name,
            _ => {
                self.report(messages::type_arguments(written.span, "money", "`money<EUR>`"));
                return Type::Error;
            }
        };
        match Currency::from_code(&code.name) {
            Some(currency) => Type::Money(currency),
            None => {
                self.report(messages::no_currency(code.span, &code.name));
                Type::Error
            }
        }
    }

    fn map_type(&mut self, written: &ast::TypeExpr) -> Type {
        let (key, value, max) = match written.args.as_slice() {
            [ast::TypeArg::Type(key), ast::TypeArg::Type(value)] => (key, value, limits::MAP_LEN_DEFAULT),
            [ast::TypeArg::Type(key), ast::TypeArg::Type(value), ast::TypeArg::Max(max, span)] => {
                (key, value, self.maximum(*max, *span, limits::MAP_LEN_MAX))
            }
            _ => {
                let takes = "`map<string, T>` or `map<string, T, max 16>`";
                self.report(messages::type_arguments(written.span, "map", takes));
                return Type::Error;
            }
        };
        let (keys, values) = (self.ty(key), self.ty(value));
        let fits = matches!(keys, Type::Str(_) | Type::Error);
        let single = values.is_scalar() && !matches!(values, Type::Optional(_));
        for (fits, ty, span, place) in [
            (fits, &keys, key.span, "the key of a map"),
            (single, &values, value.span, "the value of a map's entry"),
        ] {
            if !fits {
                let diagnostic = messages::not_allowed_here(span, &self.show(ty), place);
                self.report(diagnostic);
            }
        }
        match keys {
            Type::Str(longest) if single => Type::Map(longest, Box::new(values), max),
            _ => Type::Error,
        }
    }

    fn maximum(&mut self, max: i64, span: Span, cap: u32) -> u32 {
        match u32::try_from(max).ok().filter(|max| (1..=cap).contains(max)) {
            Some(max) => max,
            None => {
                self.report(messages::out_of_range(span, "a maximum", 1, cap.into()));
                cap
            }
        }
    }

    /// A type as messages show it.
    pub(super) fn show(&self, ty: &Type) -> String {
        self.package.show(ty)
    }

    /// Reports records that contain themselves and lists that nest too deeply.
    fn check_containment(&mut self, decls: &[&ast::Record]) {
        let count = self.package.records.len();
        for (id, decl) in decls.iter().enumerate() {
            let mut path = vec![id];
            if self.contains(id, id, &mut path, count) {
                self.report(messages::recursive(decl.name.span, "record", &decl.name.name));
                // Cut the cycle, so that later passes end.
                if let Some(record) = self.package.records.get_mut(id) {
                    for field in &mut record.fields {
                        field.ty = Type::Error;
                    }
                }
            }
        }
        if let Some(request) = self.package.request {
            let levels = self.list_levels(&Type::Record(request));
            let span = decls.last().map_or_else(|| self.package_span(), |decl| decl.name.span);
            if levels > u64::from(limits::LIST_LEVELS_MAX) {
                self.report(messages::limit(
                    span,
                    "lists within lists",
                    limits::LIST_LEVELS_MAX.into(),
                    levels,
                ));
            }
        }
    }

    fn contains(&self, at: usize, wanted: usize, path: &mut Vec<usize>, fuel: usize) -> bool {
        if path.len() > fuel.saturating_add(1) {
            return true;
        }
        let fields = self.package.records.get(at).map(|record| record.fields.as_slice()).unwrap_or_default();
        fields.iter().filter_map(|field| record_within(&field.ty)).any(|inner| {
            if inner == wanted {
                return true;
            }
            if path.contains(&inner) {
                return false;
            }
            path.push(inner);
            let found = self.contains(inner, wanted, path, fuel);
            path.pop();
            found
        })
    }

    fn list_levels(&self, ty: &Type) -> u64 {
        match ty {
            Type::List(element, _) => self.list_levels(element).saturating_add(1),
            Type::Optional(inner) => self.list_levels(inner),
            Type::Record(id) => {
                let fields =
                    self.package.records.get(*id).map(|record| record.fields.as_slice()).unwrap_or_default();
                fields.iter().map(|field| self.list_levels(&field.ty)).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}

fn record_within(ty: &Type) -> Option<usize> {
    match ty {
        Type::Record(id) => Some(*id),
        Type::Optional(inner) | Type::List(inner, _) => record_within(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BASIC, TYPE_NAMES};

    #[test]
    fn every_basic_type_has_its_name_among_all() {
        let names: Vec<&str> = BASIC.iter().map(|(name, _)| *name).collect();
        assert_eq!(TYPE_NAMES[..names.len()], names);
    }
}
