//! Fixtures and tests: data as it would come in a request, checked against the request's type.

use std::collections::BTreeMap;

use holdpoint_isa::Dec;
use holdpoint_isa::literal;
use holdpoint_isa::program::{Const, Provenance};
use holdpoint_isa::types::Reading;
use holdpoint_isa::verdict::{Judgement, Verdict};
use serde_json::{Map, Value};

use super::Checker;
use super::expr::constant;
use super::samples::PROGRESS;
use crate::ast::{self, Base, DataValue, Outcome};
use crate::diag::messages;
use crate::hir::{self, Expr, Type};
use crate::span::Span;

/// A request under construction.
#[derive(Default, Clone)]
struct Facts {
    request: Map<String, Value>,
    signals: Map<String, Value>,
    now: Option<i64>,
}

/// How deep fixtures may build on each other.
const FIXTURE_DEPTH_MAX: u32 = 32;

impl<'a> Checker<'a> {
    pub(super) fn check_tests(&mut self) {
        self.scopes.layer = self.input.above.len();
        let fixtures: Vec<&'a ast::FixtureDecl> = self.fixtures.values().copied().collect();
        for fixture in fixtures {
            self.facts(&fixture.body, 0);
        }
        let tests = self.declared().filter_map(|declared| match declared.item {
            ast::Item::Test(decl) if declared.own => Some(decl),
            _ => None,
        });
        let tests: Vec<&'a ast::TestDecl> = tests.collect();
        self.report_same_tests(&tests);
        for test in tests {
            self.test(test);
        }
    }

    fn test(&mut self, decl: &'a ast::TestDecl) {
        let given = decl.given.as_ref();
        if given.is_none() {
            self.report(messages::test_incomplete(
                decl.span,
                "request",
                "write `given FIXTURE` or `given { … }`",
            ));
        }
        if decl.expects.is_empty() {
            self.report(messages::test_incomplete(decl.span, "expectation", "write `expect block by RULE`"));
        }
        let facts = given.map(|given| self.facts(given, 0)).unwrap_or_default();
        if given.is_some_and(|given| self.is_readable(given)) && facts.now.is_none() {
            let help = "add `now: 2026-11-20T15:30+01:00` to its data or to its fixture";
            self.report(messages::test_incomplete(decl.span, "instant", help));
        }
        let expects = decl.expects.iter().map(|expect| self.expectation(expect)).collect();
        self.package.tests.push(hir::Test {
            name: decl.name.clone(),
            span: decl.span,
            request: Value::Object(facts.request),
            signals: Value::Object(facts.signals),
            now: facts.now.unwrap_or_default(),
            expects,
        });
    }

    /// Whether all fixtures and files that a test starts from are there; what they hold is told elsewhere.
    fn is_readable(&self, given: &ast::Given) -> bool {
        let mut at = given;
        for _ in 0..FIXTURE_DEPTH_MAX {
            at = match &at.base {
                Base::Empty => return true,
                Base::File(path) => return self.input.data.contains_key(&path.name),
                Base::Fixture(name) => match self.fixtures.get(name.name.as_str()) {
                    Some(fixture) => &fixture.body,
                    None => return false,
                },
            };
        }
        false
    }

    /// Reports tests of one name.
    fn report_same_tests(&mut self, tests: &[&'a ast::TestDecl]) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for test in tests {
            match first.get(test.name.as_str()) {
                Some(span) => self.report(messages::duplicate_test(test.span, &test.name, *span)),
                None => {
                    first.insert(&test.name, test.span);
                }
            }
        }
    }

    /// Reports members that data set a second time.
    fn report_twice(&mut self, data: &ast::Data) {
        for (index, (name, _)) in data.members.iter().enumerate() {
            let before = data.members.iter().take(index).find(|(other, _)| other.name == name.name);
            if let Some((first, _)) = before {
                self.report(messages::member_twice(name.span, &name.name, first.span));
            }
        }
    }

    fn expectation(&mut self, expect: &ast::Expect) -> hir::Expect {
        let ends = [Outcome::Verdict(Verdict::Delay), Outcome::Judgement(Judgement::Hold)];
        if expect.until.is_some() && !ends.contains(&expect.outcome) {
            self.report(messages::until_needs_delay(expect.span, expect.outcome.word()));
        }
        for name in &expect.by {
            self.use_objector(name);
            let known = self.objectors();
            if known.contains(&name.name.as_str()) || self.scopes.broken.contains(name.name.as_str()) {
                continue;
            }
            let diagnostic = messages::unknown_rule(name.span, &name.name, &known);
            self.report(diagnostic);
        }
        let by = expect.by.iter().map(|name| name.name.clone()).collect();
        hir::Expect { outcome: expect.outcome, until: expect.until, by, span: expect.span }
    }

    /// Keeps where the name of something that objects is used.
    fn use_objector(&mut self, name: &ast::Ident) {
        let policies = &self.package.policies;
        let rules = policies.iter().flat_map(|policy| &policy.rules).map(|rule| (&rule.name, rule.span));
        let names = rules.chain(policies.iter().map(|policy| (&policy.name, policy.span)));
        let mut names = names.chain(self.package.scores.iter().map(|score| (&score.name, score.span)));
        if let Some((_, declared)) = names.find(|(known, _)| **known == name.name) {
            self.scopes.index.add_use(name.span, declared);
        }
    }

    /// Names that an objection can come from: rules, policies whose head is unknown, scores, and Holdpoint itself where
    /// no policy governs.
    fn objectors(&self) -> Vec<&str> {
        let policies = &self.package.policies;
        let rules = policies.iter().flat_map(|policy| &policy.rules).map(|rule| rule.name.as_str());
        let scores = self.package.scores.iter().map(|score| score.name.as_str());
        let rollouts = &self.package.rollouts;
        let watched = rollouts.iter().flat_map(|rollout| {
            let stages = rollout.stages.iter().flat_map(|stage| &stage.rules);
            let rules = rollout.rules.iter().chain(stages).map(|rule| rule.name.as_str());
            rules.chain([rollout.name.as_str()])
        });
        let names =
            rules.chain(policies.iter().map(|policy| policy.name.as_str())).chain(scores).chain(watched);
        names.chain(["holdpoint"]).collect()
    }

    fn facts(&mut self, given: &'a ast::Given, depth: u32) -> Facts {
        let mut facts = match &given.base {
            Base::Empty => Facts::default(),
            Base::File(path) => Facts { request: self.file(path), ..Facts::default() },
            Base::Fixture(name) => match self.fixtures.get(name.name.as_str()).copied() {
                Some(fixture) if depth < FIXTURE_DEPTH_MAX => {
                    self.scopes.index.add_use(name.span, fixture.name.span);
                    self.facts(&fixture.body, depth.saturating_add(1))
                }
                Some(_) => {
                    self.report(messages::recursive(name.span, "fixture", &name.name));
                    Facts::default()
                }
                None if self.scopes.broken.contains(name.name.as_str()) => Facts::default(),
                None => {
                    let known: Vec<&str> = self.fixtures.keys().copied().collect();
                    let diagnostic = messages::unknown_fixture(name.span, &name.name, &known);
                    self.report(diagnostic);
                    Facts::default()
                }
            },
        };
        if let Some(data) = &given.with {
            self.root(data, &mut facts);
        }
        facts
    }

    fn file(&mut self, path: &ast::Ident) -> Map<String, Value> {
        let Some(text) = self.input.data.get(&path.name) else {
            let known: Vec<&str> = self.input.data.keys().map(String::as_str).collect();
            self.report(messages::unknown_file(path.span, &path.name, &known));
            return Map::new();
        };
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                self.report(messages::bad_data(path.span, format!("`{}` holds no JSON object", path.name)));
                Map::new()
            }
            Err(error) => {
                self.report(messages::bad_data(path.span, format!("`{}` is no JSON: {error}", path.name)));
                Map::new()
            }
        }
    }

    /// The members at the root of data: `now`, signals, and the request's.
    fn root(&mut self, data: &'a ast::Data, facts: &mut Facts) {
        self.report_twice(data);
        for (name, value) in &data.members {
            if name.name == "now" {
                facts.now = self.instant(value).or(facts.now);
                continue;
            }
            let signal = self.package.signals.iter().find(|signal| signal.name == name.name);
            let declared = self.scopes.package.get(&name.name).map(|entry| entry.span);
            if let Some(declared) = declared.filter(|_| signal.is_some() && name.name != PROGRESS) {
                self.scopes.index.add_use(name.span, declared);
            }
            if let Some((ty, reading)) = signal.map(|signal| (signal.ty.clone(), signal.reading)) {
                self.set(&mut facts.signals, &name.name, value, &ty, reading);
                continue;
            }
            if let Some(request) = self.package.request {
                let claimed = self.is_claimed(request, &name.name);
                let object = if claimed { &mut facts.request } else { &mut facts.signals };
                self.set_member(object, request, name, value);
            }
        }
    }

    fn is_claimed(&self, request: usize, name: &str) -> bool {
        let fields = self.package.records.get(request).map(|def| def.fields.as_slice()).unwrap_or_default();
        fields.iter().all(|field| field.name != name || field.provenance == Provenance::Claimed)
    }

    fn instant(&mut self, value: &'a DataValue) -> Option<i64> {
        if let DataValue::Expr(e) = value {
            let typed = self.expr(e, Some(&Type::Instant));
            self.expect(&typed, &Type::Instant);
            if let Some(Const::Int(instant)) = constant(&typed) {
                return Some(instant);
            }
        }
        None
    }

    fn set_member(
        &mut self,
        object: &mut Map<String, Value>,
        record: usize,
        name: &'a ast::Ident,
        value: &'a DataValue,
    ) {
        self.use_field(record, name);
        let def = self.package.records.get(record);
        let field = def.and_then(|def| def.fields.iter().find(|field| field.name == name.name));
        match field.map(|field| (field.ty.clone(), field.reading, field.wire.clone())) {
            Some((ty, reading, wire)) => self.set(object, &wire, value, &ty, reading),
            None => {
                let members: Vec<&str> =
                    def.map(|d| d.fields.iter().map(|f| f.name.as_str()).collect()).unwrap_or_default();
                let of = if Some(record) == self.package.request {
                    "the request".to_owned()
                } else {
                    self.show(&Type::Record(record))
                };
                let diagnostic = messages::unknown_member(name.span, &of, &name.name, &members);
                self.report(diagnostic);
            }
        }
    }

    fn set(
        &mut self,
        object: &mut Map<String, Value>,
        name: &str,
        value: &'a DataValue,
        ty: &Type,
        reading: Reading,
    ) {
        let below = object.remove(name);
        if let Some(json) = self.json(value, ty, reading, below) {
            object.insert(name.to_owned(), json);
        }
    }

    /// The JSON of some data, on top of what was there before; nothing for `unknown`.
    fn json(
        &mut self,
        value: &'a DataValue,
        ty: &Type,
        reading: Reading,
        below: Option<Value>,
    ) -> Option<Value> {
        match (value, ty.required()) {
            (DataValue::Unknown(_), _) => None,
            (DataValue::Expr(e), _) => self.json_scalar(e, ty, reading),
            (DataValue::Record(data), Type::Record(record)) => {
                let mut object = match below {
                    Some(Value::Object(object)) => object,
                    _ => Map::new(),
                };
                self.report_twice(data);
                for (name, value) in &data.members {
                    self.set_member(&mut object, *record, name, value);
                }
                Some(Value::Object(object))
            }
            (DataValue::Record(data), Type::Map(longest, element, _)) => {
                let (element, longest) = ((**element).clone(), *longest);
                Some(self.json_map(data, &element, longest, below))
            }
            (DataValue::List(list, _), Type::List(element, _)) => {
                let element = (**element).clone();
                for value in list {
                    if let DataValue::Unknown(span) = value {
                        self.report(messages::unknown_in_list(*span));
                    }
                }
                let values =
                    list.iter().filter_map(|value| self.json(value, &element, Reading::Unit, None)).collect();
                Some(Value::Array(values))
            }
            (DataValue::Record(data), _) => self.misfit(data.span, ty),
            (DataValue::List(_, span), _) => self.misfit(*span, ty),
        }
    }

    /// The JSON of a map, on top of the entries that were there before.
    fn json_map(&mut self, data: &'a ast::Data, element: &Type, longest: u32, below: Option<Value>) -> Value {
        let mut object = match below {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        for (name, value) in &data.members {
            if name.name.len() > longest as usize {
                let why = format!("a key has at most {longest} bytes");
                self.report(messages::bad_data(name.span, why));
            }
            match self.json(value, element, Reading::Unit, None) {
                Some(json) => drop(object.insert(name.name.clone(), json)),
                None => drop(object.remove(&name.name)),
            }
        }
        Value::Object(object)
    }

    fn misfit(&mut self, span: Span, ty: &Type) -> Option<Value> {
        if !ty.is_error() {
            let why = format!("this does not fit {}", self.show(ty));
            self.report(messages::bad_data(span, why));
        }
        None
    }

    fn json_scalar(&mut self, e: &ast::Expr, ty: &Type, reading: Reading) -> Option<Value> {
        let typed = self.expr(e, Some(ty));
        if typed.ty.is_error() {
            return None;
        }
        if !ty.accepts(&typed.ty) {
            self.expect(&typed, ty);
            return None;
        }
        let json = self.json_constant(&typed, ty, reading);
        if json.is_none() {
            return self.misfit(typed.span, ty);
        }
        json
    }

    /// A constant as a request would spell it.
    fn json_constant(&self, value: &Expr, ty: &Type, reading: Reading) -> Option<Value> {
        let text = |text: String| Some(Value::String(text));
        match (constant(value)?, ty.required()) {
            (Const::None, _) => Some(Value::Null),
            (Const::Bool(value), _) => Some(Value::Bool(value)),
            (Const::Str(value) | Const::Version(value), _) => text(value),
            (Const::Int(index), Type::Enum(id)) => {
                let member = self.package.enums.get(*id)?.members.get(usize::try_from(index).ok()?)?;
                text(member.clone())
            }
            (Const::Int(value), Type::Duration) => match reading.nanoseconds() {
                Some(unit) => number(&literal::format_duration_of(value, unit)?),
                None => text(literal::format_duration(value)),
            },
            (Const::Int(value), Type::Size) => match reading.bytes() {
                Some(unit) => number(&literal::format_size_of(value, unit)?),
                None => text(literal::format_size(value)),
            },
            (Const::Int(value), Type::Date) => text(literal::format_date_of(value)),
            (Const::Int(value), Type::Instant) => text(literal::format_instant(value)),
            (Const::Int(value), _) => Some(Value::from(value)),
            (Const::Dec(value), Type::Percent) => match reading {
                Reading::Percent => number(&value.to_string()),
                Reading::Fraction => number(&value.checked_div(Dec::HUNDRED)?.to_string()),
                _ => text(literal::format_percent(value)),
            },
            (Const::Dec(value), Type::Money(currency)) => match reading {
                Reading::Currency => number(&value.to_string()),
                _ => text(literal::format_money(value, *currency)),
            },
            (Const::Dec(value), Type::Points) => match reading {
                Reading::Points => number(&value.to_string()),
                Reading::Fraction => number(&value.checked_div(Dec::HUNDRED)?.to_string()),
                _ => text(literal::format_points(value)),
            },
            (Const::Dec(value), _) => number(&value.to_string()),
        }
    }
}

/// A JSON number from its exact spelling.
fn number(text: &str) -> Option<Value> {
    serde_json::from_str::<serde_json::Number>(text).ok().map(Value::Number)
}
