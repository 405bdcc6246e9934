//! JSON Schema, draft 2020-12, of what a package reads: the request that its caller sends, and the facts that others
//! give.
//!
//! Whatever the reader of requests accepts is valid by the schema. The schema is looser where JSON Schema has no words: it
//! counts the characters of a text and not its bytes, takes `3.0` for an integer, does not see a member sent twice, and
//! does not know which days there are.

use std::collections::BTreeSet;

use holdpoint_isa::limits;
use holdpoint_isa::literal::Currency;
use holdpoint_isa::program::Provenance;
use holdpoint_isa::types::Reading;
use serde_json::{Map, Value, json};

use crate::hir::{Enum, Field, Package, Record, Signal, Type};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// A number before a unit: by RFC 8259, without an exponent.
const NUMBER: &str = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?";
const COUNT: &str = "(0|[1-9][0-9]*)";
const DATE: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const TIME: &str = "[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[-+][0-9]{2}:[0-9]{2})";
/// By the standard of Semantic Versioning 2.0.0.
const VERSION: &str = "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\
    (-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?\
    (\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$";

/// The schema of the request as its caller sends it.
///
/// Members that rest on the word of others are not among its properties: a request that holds one is refused.
pub fn request(package: &Package) -> Value {
    let record = package.request.and_then(|id| package.records.get(id));
    let claimed = |field: &&Field| field.provenance == Provenance::Claimed;
    let mut schema = Schema { package, used: BTreeSet::new() };
    let fields: Vec<&Field> = record.iter().flat_map(|record| &record.fields).filter(claimed).collect();
    let body = schema.object(&fields);
    let docs = record.map(|record| record.docs.join(" ")).unwrap_or_default();
    schema.document(&format!("request of {}", package.name), &docs, body)
}

/// The schema of the facts that callers do not send, by name: signals, and members of the request that rest on the word
/// of others. Each may be left out, and is unknown then.
pub fn facts(package: &Package) -> Value {
    let record = package.request.and_then(|id| package.records.get(id));
    let given = record.iter().flat_map(|record| &record.fields);
    let given = given.filter(|field| field.provenance != Provenance::Claimed);
    let mut schema = Schema { package, used: BTreeSet::new() };
    let mut properties = Map::new();
    for field in given {
        properties.insert(field.wire.clone(), schema.member(field));
    }
    for signal in &package.signals {
        properties.insert(signal.name.clone(), schema.signal(signal));
    }
    let body = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    schema.document(&format!("facts of {}", package.name), "", body)
}

/// A schema that is being made, and the records and enums that it names.
struct Schema<'p> {
    package: &'p Package,
    used: BTreeSet<Named>,
}

/// An enum or a record, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Enum(usize),
    Record(usize),
}

impl Schema<'_> {
    /// The whole document: what it names stands under `$defs`.
    fn document(&mut self, title: &str, docs: &str, body: Value) -> Value {
        let mut defs = Map::new();
        // A definition may name further ones.
        let mut left: Vec<Named> = self.used.iter().copied().collect();
        while let Some(named) = left.pop() {
            let before = self.used.clone();
            if let Some((name, schema)) = self.definition(named) {
                defs.insert(key(&name), schema);
            }
            left.extend(self.used.difference(&before));
        }
        let mut document = described(body, docs);
        if let Value::Object(members) = &mut document {
            members.insert("$schema".to_owned(), json!(DIALECT));
            members.insert("title".to_owned(), json!(title));
            members.insert("$defs".to_owned(), Value::Object(defs));
        }
        document
    }

    fn definition(&mut self, named: Named) -> Option<(String, Value)> {
        let package = self.package;
        Some(match named {
            Named::Enum(id) => {
                let Enum { name, members, docs, .. } = package.enums.get(id)?;
                (name.clone(), described(json!({ "enum": members }), &docs.join(" ")))
            }
            Named::Record(id) => {
                let Record { name, fields, docs } = package.records.get(id)?;
                let fields: Vec<&Field> = fields.iter().collect();
                (name.clone(), described(self.object(&fields), &docs.join(" ")))
            }
        })
    }

    fn object(&mut self, fields: &[&Field]) -> Value {
        let mut properties = Map::new();
        for field in fields {
            properties.insert(field.wire.clone(), self.member(field));
        }
        let required = fields.iter().filter(|field| !self.may_be_left_out(&field.ty));
        let required: Vec<&str> = required.map(|field| field.wire.as_str()).collect();
        json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        })
    }

    /// Whether a member of this type may be left out: where it is optional, or a record of such members.
    fn may_be_left_out(&self, ty: &Type) -> bool {
        match ty {
            Type::Optional(_) => true,
            Type::Record(id) => self
                .package
                .records
                .get(*id)
                .is_some_and(|record| record.fields.iter().all(|field| self.may_be_left_out(&field.ty))),
            _ => false,
        }
    }

    fn member(&mut self, field: &Field) -> Value {
        let given = match field.provenance {
            Provenance::Claimed => String::new(),
            other => format!("{}, not sent by the caller", other.word()),
        };
        let unit = unit(&field.ty, field.reading);
        let words = [field.docs.join(" "), unit, given];
        let words: Vec<String> = words.into_iter().filter(|part| !part.is_empty()).collect();
        described(self.value(&field.ty, field.reading), &words.join("\n"))
    }

    fn signal(&mut self, signal: &Signal) -> Value {
        let source = format!("gathered from {}", signal.source);
        let words = [source, unit(&signal.ty, signal.reading)];
        let words: Vec<String> = words.into_iter().filter(|part| !part.is_empty()).collect();
        described(self.value(&signal.ty, signal.reading), &words.join("\n"))
    }

    fn value(&mut self, ty: &Type, reading: Reading) -> Value {
        match ty {
            Type::Optional(inner) => json!({ "anyOf": [self.value(inner, reading), { "type": "null" }] }),
            Type::Enum(id) => self.named(Named::Enum(*id)),
            Type::Record(id) => self.named(Named::Record(*id)),
            Type::List(element, max) => {
                json!({ "type": "array", "items": self.value(element, reading), "maxItems": max })
            }
            Type::Map(longest, value, max) => json!({
                "type": "object",
                "propertyNames": { "maxLength": longest },
                "additionalProperties": self.value(value, reading),
                "maxProperties": max,
            }),
            scalar => scalar_schema(scalar, reading),
        }
    }

    fn named(&mut self, named: Named) -> Value {
        self.used.insert(named);
        let name = match named {
            Named::Enum(id) => self.package.enums.get(id).map(|of| &of.name),
            Named::Record(id) => self.package.records.get(id).map(|of| &of.name),
        };
        json!({ "$ref": format!("#/$defs/{}", key(name.map(String::as_str).unwrap_or_default())) })
    }
}

/// What a definition is called. A reference to it holds no blank, which names that nobody wrote may have.
fn key(name: &str) -> String {
    name.replace(' ', ".")
}

fn described(mut schema: Value, words: &str) -> Value {
    if let (Value::Object(members), false) = (&mut schema, words.is_empty()) {
        members.insert("description".to_owned(), json!(words));
    }
    schema
}

fn scalar_schema(ty: &Type, reading: Reading) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        Type::Decimal => json!({ "type": "number" }),
        Type::Percent => or_number(text(&format!("^{NUMBER}%$")), reading, false),
        Type::Points => or_number(text(&format!("^{NUMBER}pp$")), reading, false),
        Type::Duration => {
            let parts: String = ["w", "d", "h", "m", "s"].map(|unit| format!("({COUNT}{unit})?")).concat();
            let pattern = format!("^{parts}({COUNT}(\\.[0-9]+)?ms)?$");
            or_number(json!({ "type": "string", "minLength": 1, "pattern": pattern }), reading, true)
        }
        Type::Size => or_number(text(&format!("^{COUNT}(\\.[0-9]+)?([kMGTP]|[KMGTP]i)?B$")), reading, true),
        Type::Money(currency) => or_number(text(&format!("^{NUMBER} {currency}$")), reading, false),
        Type::Instant => {
            json!({ "type": "string", "format": "date-time", "pattern": format!("^{DATE}[Tt]{TIME}$") })
        }
        Type::Date => json!({ "type": "string", "format": "date", "pattern": format!("^{DATE}$") }),
        Type::Version => {
            json!({ "type": "string", "pattern": VERSION, "maxLength": limits::VERSION_BYTES_MAX })
        }
        Type::Str(max) => json!({ "type": "string", "maxLength": max }),
        Type::Principal => {
            json!({ "type": "string", "minLength": 1, "maxLength": limits::STRING_BYTES_DEFAULT })
        }
        // What is wrong is reported before a schema is asked for.
        _ => json!({}),
    }
}

/// A text with its unit, or a bare number where its reading is declared.
fn or_number(text: Value, reading: Reading, from_nought: bool) -> Value {
    match (reading, from_nought) {
        (Reading::Unit, _) => text,
        (_, true) => json!({ "anyOf": [text, { "type": "number", "minimum": 0 }] }),
        (_, false) => json!({ "anyOf": [text, { "type": "number" }] }),
    }
}

/// In words what a value is, where its unit or its bytes need saying.
fn unit(ty: &Type, reading: Reading) -> String {
    let text = match ty.required() {
        Type::Percent => "a percentage such as \"80%\"".to_owned(),
        Type::Points => "percentage points such as \"0.1pp\"".to_owned(),
        Type::Duration => "a duration such as \"15m\" or \"1h30m\"".to_owned(),
        Type::Size => "a size such as \"512MB\" or \"10GiB\"".to_owned(),
        Type::Money(currency) => format!("an amount such as \"499.90 {currency}\""),
        Type::Instant => "an instant such as \"2026-11-20T15:30:00+01:00\"".to_owned(),
        Type::Version => "a version such as \"1.2.3-rc.1\"".to_owned(),
        Type::Str(max) => format!("at most {max} bytes of UTF-8"),
        Type::List(element, _) | Type::Map(_, element, _) => return unit(element, reading),
        _ => return String::new(),
    };
    match number_of(ty.required(), reading) {
        Some(number) => format!("{text}; a bare number is one of {number}"),
        None => text,
    }
}

/// The unit of a bare number.
fn number_of(ty: &Type, reading: Reading) -> Option<String> {
    if let (Type::Money(currency), Reading::Currency) = (ty, reading) {
        return Some(Currency::code(currency).to_owned());
    }
    let (word, _) = Reading::WORDS.iter().find(|(_, known)| *known == reading)?;
    Some((*word).to_owned())
}
