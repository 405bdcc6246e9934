//! Completion. What may stand at a place is told from the tokens before it, so that it works where nothing can be
//! parsed; what there is to choose from is told by the check.

mod context;

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::types::Reading;
use holdpoint_lang::hir::{Type, VersionPart};
use holdpoint_lang::{FileId, Span, TYPE_NAMES};
use lsp_types::{CompletionItem, CompletionItemKind, InsertTextFormat, MarkupContent, MarkupKind};
use serde_json::json;

use crate::snapshot::{Cursor, Snapshot};
use crate::symbol::{Kind, Symbol};
use context::{Context, Place};

/// Words that begin a declaration.
const DECLARATIONS: [&str; 20] = [
    "use", "include", "record", "enum", "ordered", "request", "window", "calendar", "group", "signal", "fn",
    "let", "param", "policy", "trial", "score", "rollout", "fixture", "test", "rule",
];
const VERDICTS: [&str; 4] = ["block", "escalate", "delay", "warn"];
/// Words that begin a value.
const VALUES: [&str; 14] = [
    "not", "none", "true", "false", "if", "match", "any", "no", "every", "count", "sum", "min", "max",
    "distinct",
];
/// Words that go on behind a value.
const BEHIND: [&str; 8] = ["and", "or", "in", "is", "else", "then", "where", "satisfies"];
const CLAUSES: [&str; 10] =
    ["when", "unless", "because", "fix", "for", "until", "to", "needs", "expires", "on"];
/// Functions that take more than values.
const SPECIAL: [&str; 4] = ["next_open", "date_in", "weekday_in", "matches"];
/// Whole declarations with places to fill in.
const SNIPPETS: [(&str, Place, &str); 4] = [
    ("policy", Place::File, "policy ${1:name} \"${2:Title}\" when ${3:true} {\n  $0\n}"),
    ("test", Place::File, "test \"${1:what it shows}\" {\n  given ${2:fixture}\n  expect ${3:allow}$0\n}"),
    (
        "window",
        Place::File,
        "window ${1:name} in \"${2:Europe/Berlin}\" {\n  open mon through fri 09:00 to 17:00$0\n}",
    ),
    ("rule", Place::Policy, "rule ${1:name} \"${2:Title}\" {\n  block when $0\n}"),
];

/// What may stand at a place.
pub(crate) fn complete(cursor: &Cursor<'_>, snippets: bool) -> Vec<CompletionItem> {
    let Some(context) = Context::of(cursor) else { return Vec::new() };
    let snapshot = cursor.snapshot;
    let mut list = List { snapshot, items: Vec::new(), rank: 0 };
    match &context {
        Context::Member(ty) => list.members(ty),
        Context::EnumMembers(name) => list.members_of_enum(name),
        Context::Type => list.types(),
        Context::Value(expected) => list.values(cursor, expected.as_ref()),
        Context::Window => {
            list.symbols(cursor, &[Kind::Window]);
            list.values(cursor, None);
        }
        Context::Names(kinds) => list.symbols(cursor, kinds),
        Context::Words(words) => list.words(words),
        Context::Fields(record) => list.fields(*record, cursor.file),
        Context::Modules => list.modules(),
        Context::Units => Reading::WORDS.iter().for_each(|(word, _)| list.words(&[word])),
        Context::Body(place) => list.body(*place, snippets),
    }
    list.items
}

/// A completion with what is said of what it stands for.
pub(crate) fn resolve(snapshot: &Snapshot, mut item: CompletionItem) -> CompletionItem {
    let number = |name: &str| item.data.as_ref()?.get(name)?.as_u64().and_then(|n| u32::try_from(n).ok());
    let place = || Some((u16::try_from(number("file")?).ok()?, number("start")?, number("end")?));
    if let Some((file, start, end)) = place() {
        let span = Span { file: FileId(file), start, end };
        let value = super::hover::of_declaration(snapshot, span);
        let said = value.map(|value| MarkupContent { kind: MarkupKind::Markdown, value });
        item.documentation = said.map(Into::into);
    }
    item
}

/// Completions in the order in which they are shown.
struct List<'s> {
    snapshot: &'s Snapshot,
    items: Vec<CompletionItem>,
    rank: u32,
}

impl List<'_> {
    fn add(&mut self, label: &str, kind: CompletionItemKind, detail: Option<String>, declared: Option<Span>) {
        if self.items.iter().any(|item| item.label == label) {
            return;
        }
        self.rank = self.rank.saturating_add(1);
        let place = |span: Span| json!({ "file": span.file.0, "start": span.start, "end": span.end });
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail,
            sort_text: Some(format!("{:04}", self.rank)),
            data: declared.map(place),
            ..CompletionItem::default()
        });
    }

    fn words(&mut self, words: &[&str]) {
        words.iter().for_each(|word| self.add(word, CompletionItemKind::Keyword, None, None));
    }

    fn symbol(&mut self, symbol: &Symbol) {
        let ty = self.snapshot.checked.index.declared(symbol.span).map(|ty| self.snapshot.show(ty));
        let kind = match symbol.kind {
            Kind::Record | Kind::Request => CompletionItemKind::Struct,
            Kind::Field | Kind::Signal => CompletionItemKind::Field,
            Kind::Enum => CompletionItemKind::Enum,
            Kind::Member => CompletionItemKind::EnumMember,
            Kind::Function => CompletionItemKind::Function,
            Kind::Parameter => CompletionItemKind::Constant,
            Kind::Let => CompletionItemKind::Variable,
            Kind::Policy | Kind::Rule | Kind::Waiver | Kind::Score | Kind::Obligation => {
                CompletionItemKind::Class
            }
            Kind::Rollout | Kind::Verification => CompletionItemKind::Class,
            Kind::Window | Kind::Calendar => CompletionItemKind::Event,
            Kind::Group | Kind::Fixture | Kind::Test => CompletionItemKind::Value,
            Kind::Module => CompletionItemKind::Module,
        };
        let title = Some(symbol.title.clone()).filter(|title| !title.is_empty());
        self.add(&symbol.name, kind, ty.or(title), Some(symbol.span));
    }

    /// Things of some kinds that are declared where they can be seen from a place.
    fn symbols(&mut self, cursor: &Cursor<'_>, kinds: &[Kind]) {
        for symbol in self.snapshot.symbols.iter().filter(|symbol| kinds.contains(&symbol.kind)) {
            let owner = symbol.within.and_then(|owner| self.snapshot.symbols.get(owner));
            let hidden = matches!(symbol.kind, Kind::Let | Kind::Parameter)
                && owner.is_some_and(|owner| !holds(owner.extent, cursor.file, cursor.at));
            if !hidden {
                self.symbol(symbol);
            }
        }
    }

    fn types(&mut self) {
        self.words(&TYPE_NAMES);
        let declared = self.snapshot.symbols.iter();
        for symbol in declared.filter(|symbol| matches!(symbol.kind, Kind::Record | Kind::Enum)) {
            self.symbol(symbol);
        }
    }

    fn members(&mut self, ty: &Type) {
        match ty.required() {
            Type::Record(id) => self.fields(*id, FileId::default()),
            Type::List(element, _) => {
                let element = self.snapshot.show(element);
                self.add("size", CompletionItemKind::Property, Some("int".to_owned()), None);
                self.add("first", CompletionItemKind::Property, Some(element.clone()), None);
                self.add("last", CompletionItemKind::Property, Some(element), None);
            }
            Type::Map(..) => self.add("size", CompletionItemKind::Property, Some("int".to_owned()), None),
            Type::Version => VersionPart::WORDS.iter().for_each(|(word, _)| {
                self.add(word, CompletionItemKind::Property, Some("int".to_owned()), None);
            }),
            _ => {}
        }
    }

    fn fields(&mut self, record: usize, _file: FileId) {
        let fields = self.snapshot.checked.package.records.get(record).map(|record| record.fields.as_slice());
        for field in fields.unwrap_or_default() {
            let ty = self.snapshot.show(&field.ty);
            self.add(&field.name, CompletionItemKind::Field, Some(ty), field.span);
        }
        let package = &self.snapshot.checked.package;
        if package.request == Some(record) && self.items.iter().all(|item| item.label != "now") {
            self.add("now", CompletionItemKind::Field, Some("instant".to_owned()), None);
        }
    }

    fn members_of_enum(&mut self, name: &str) {
        let found = self.snapshot.checked.package.enums.iter().find(|def| def.name == name);
        if let Some(def) = found {
            self.enum_members(&def.members, &def.places, &def.name);
        }
    }

    fn enum_members(&mut self, members: &[String], places: &[Span], name: &str) {
        for (index, member) in members.iter().enumerate() {
            let place = places.get(index).copied();
            self.add(member, CompletionItemKind::EnumMember, Some(name.to_owned()), place);
        }
    }

    /// Everything that is a value at a place, what fits the type that is asked for first.
    fn values(&mut self, cursor: &Cursor<'_>, expected: Option<&Type>) {
        let package = &self.snapshot.checked.package;
        if let Some(Type::Enum(id)) = expected.map(Type::required)
            && let Some(def) = package.enums.get(*id)
        {
            self.enum_members(&def.members, &def.places, &def.name);
        }
        if matches!(expected, Some(Type::Optional(_))) {
            self.words(&["none"]);
        }
        self.locals(cursor);
        if let Some(request) = package.request {
            self.fields(request, cursor.file);
        }
        self.symbols(cursor, &[Kind::Let, Kind::Parameter, Kind::Signal, Kind::Function]);
        for builtin in Builtin::ALL {
            let info = builtin.info();
            self.add(info.word, CompletionItemKind::Function, Some(info.doc.trim().to_owned()), None);
        }
        SPECIAL.iter().for_each(|word| self.add(word, CompletionItemKind::Function, None, None));
        self.words(&VALUES);
    }

    /// Names of elements within the innermost declaration.
    fn locals(&mut self, cursor: &Cursor<'_>) {
        let around =
            self.snapshot.symbols.iter().filter(|symbol| holds(symbol.extent, cursor.file, cursor.at));
        let Some(inner) = around.min_by_key(|symbol| symbol.extent.end.saturating_sub(symbol.extent.start))
        else {
            return;
        };
        for span in self.snapshot.checked.index.declarations() {
            if holds(inner.extent, span.file, span.start) && self.snapshot.symbol(span).is_none() {
                let ty = self.snapshot.checked.index.declared(span).map(|ty| self.snapshot.show(ty));
                self.add(self.snapshot.slice(span), CompletionItemKind::Variable, ty, Some(span));
            }
        }
    }

    fn modules(&mut self) {
        for name in holdpoint_stdlib::module("").unwrap_or_default().lines() {
            self.add(name, CompletionItemKind::Module, None, None);
        }
    }

    /// Words that go on in a body, or begin something new in it.
    fn body(&mut self, place: Place, snippets: bool) {
        for (label, of, text) in SNIPPETS.iter().filter(|(_, of, _)| snippets && *of == place) {
            self.add(&format!("{label} …"), CompletionItemKind::Snippet, None, None);
            if let (Some(item), Place::File | Place::Policy) = (self.items.last_mut(), *of) {
                item.insert_text = Some((*text).to_owned());
                item.filter_text = Some((*label).to_owned());
                item.insert_text_format = Some(InsertTextFormat::Snippet);
            }
        }
        match place {
            Place::File => self.words(&DECLARATIONS),
            Place::Policy => self.words(&["rule", "waivable", "trial", "let", "param", "waiver", "allow"]),
            Place::Rule => self.words(&VERDICTS),
            Place::Waiver => self.words(&["when", "waives", "oblige", "on"]),
            Place::Test => self.words(&["given", "expect", "with", "by", "until"]),
            Place::Window => self.words(&["open", "closed", "during", "through", "to"]),
            Place::Score => self.words(&["for", "bands"]),
            Place::Rollout => self.words(&["step", "metric", "rollback", "hold", "on", "verify"]),
            Place::Metric => self.words(&["min_samples", "max_age", "confirm", "rollback", "hold"]),
            Place::Other => {}
        }
        match place {
            Place::Rule => self.words(&CLAUSES),
            Place::File | Place::Policy => {
                self.words(&["when", "control", "owner", "on", "review_by", "as", "with", "from"]);
            }
            _ => {}
        }
        self.words(&BEHIND);
    }
}

fn holds(extent: Span, file: FileId, at: u32) -> bool {
    extent.file == file && extent.start <= at && at <= extent.end
}
