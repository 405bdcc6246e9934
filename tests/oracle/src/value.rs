//! Values of the interpreter, Kleene's logic over them, and how they come from JSON and go into texts.

use holdpoint_isa::Dec;
use holdpoint_isa::literal;
use holdpoint_isa::program::Provenance;
use holdpoint_isa::types::Reading;
use holdpoint_lang::hir::{Package, Type};
use serde_json::Value as Json;

/// A value, or what stands in its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not known.
    Unknown,
    /// A computation without a result.
    Fault,
    /// Known to be absent.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer, a duration, an instant, or the index of an enum's member.
    Int(i64),
    /// A decimal, percent or points.
    Dec(Dec),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A record that is there, by the order of its members.
    Record(Vec<Self>),
}

impl Value {
    /// The value where an operation needs one: none is then not known.
    #[must_use]
    pub fn needed(self) -> Self {
        if self == Self::None { Self::Unknown } else { self }
    }

    /// Whether it is a value proper.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Fault | Self::None)
    }

    /// The unknown or the fault of operands that are not all known: a fault outweighs an unknown.
    #[must_use]
    pub fn worst<'v>(operands: impl IntoIterator<Item = &'v Self>) -> Self {
        let fault = operands.into_iter().any(|value| *value == Self::Fault);
        if fault { Self::Fault } else { Self::Unknown }
    }

    /// Kleene's negation.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Bool(value) => Self::Bool(!value),
            Self::Fault => Self::Fault,
            _ => Self::Unknown,
        }
    }

    /// Kleene's conjunction from left to right. False decides, and so does a fault: what is behind is not looked at.
    #[must_use]
    pub fn and(self, right: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Bool(true) => right().needed(),
            Self::Bool(false) | Self::Fault => self,
            _ => match right() {
                Self::Bool(false) => Self::Bool(false),
                Self::Fault => Self::Fault,
                _ => Self::Unknown,
            },
        }
    }

    /// Kleene's disjunction from left to right.
    #[must_use]
    pub fn or(self, right: impl FnOnce() -> Self) -> Self {
        self.negated().and(|| right().negated()).negated()
    }

    /// Equality of single values; none equals only none.
    #[must_use]
    pub fn equals(&self, other: &Self) -> Self {
        if [self, other].iter().any(|value| matches!(value, Self::Unknown | Self::Fault)) {
            return Self::worst([self, other]);
        }
        Self::Bool(self == other)
    }
}

/// The value of a type that a JSON value stands for; nothing was sent where there is none.
pub fn from_json(package: &Package, ty: &Type, reading: Reading, json: Option<&Json>) -> Value {
    if let Type::Optional(inner) = ty {
        return match json {
            None => Value::Unknown,
            Some(Json::Null) => Value::None,
            sent => from_json(package, inner, reading, sent),
        };
    }
    match (ty, json) {
        // A record that may not be absent is there even where nothing of it was sent.
        (Type::Record(id), sent) => {
            let fields = package.records.get(*id).map(|record| record.fields.as_slice()).unwrap_or_default();
            let member = |name: &str| sent.and_then(|object| object.get(name));
            let read = fields.iter().map(|f| from_json(package, &f.ty, f.reading, member(&f.wire)));
            Value::Record(read.collect())
        }
        (Type::List(element, _), Some(Json::Array(list))) => {
            Value::List(list.iter().map(|e| from_json(package, element, Reading::Unit, Some(e))).collect())
        }
        (_, Some(sent)) => scalar(package, ty, reading, sent).unwrap_or(Value::Unknown),
        (_, None) => Value::Unknown,
    }
}

/// The request: what the caller claims comes from the body, everything else with the gathered facts.
pub fn request(package: &Package, body: &Json, facts: &Json) -> Value {
    let record = package.request.and_then(|id| package.records.get(id));
    let fields = record.map(|record| record.fields.as_slice()).unwrap_or_default();
    let read = fields.iter().map(|f| {
        let document = if f.provenance == Provenance::Claimed { body } else { facts };
        from_json(package, &f.ty, f.reading, document.get(&f.wire))
    });
    Value::Record(read.collect())
}

fn scalar(package: &Package, ty: &Type, reading: Reading, json: &Json) -> Option<Value> {
    let decimal = |text: &str| literal::decimal(text).ok();
    Some(match (ty, json) {
        (Type::Bool, Json::Bool(value)) => Value::Bool(*value),
        (Type::Int, Json::Number(number)) => Value::Int(number.as_i64()?),
        (Type::Decimal, Json::Number(number)) => Value::Dec(decimal(&number.to_string())?),
        (Type::Percent | Type::Points, Json::Number(number)) => {
            let value = decimal(&number.to_string())?;
            let whole = if reading == Reading::Fraction { Dec::HUNDRED } else { Dec::from_int(1) };
            Value::Dec(value.checked_mul(whole)?)
        }
        (Type::Duration, Json::Number(number)) => {
            Value::Int(literal::duration_of(&number.to_string(), reading.nanoseconds()?).ok()?)
        }
        (Type::Percent, Json::String(text)) => Value::Dec(literal::percent(text).ok()?),
        (Type::Points, Json::String(text)) => Value::Dec(literal::points(text).ok()?),
        (Type::Duration, Json::String(text)) => Value::Int(literal::duration(text).ok()?),
        (Type::Instant, Json::String(text)) => Value::Int(literal::instant(text).ok()?),
        (Type::Enum(id), Json::String(text)) => {
            let index = package.enums.get(*id)?.members.iter().position(|member| member == text)?;
            Value::Int(i64::try_from(index).ok()?)
        }
        (Type::Str(_) | Type::Principal, Json::String(text)) => Value::Text(text.clone()),
        _ => return None,
    })
}

/// A value as a text shows it.
pub fn show(package: &Package, ty: &Type, value: &Value) -> String {
    match (value, ty.required()) {
        (Value::Unknown, _) => "unknown".to_owned(),
        (Value::Fault, _) => "‹fault›".to_owned(),
        (Value::None, _) => "none".to_owned(),
        (Value::Bool(value), _) => value.to_string(),
        (Value::Int(value), Type::Duration) => literal::format_duration(*value),
        (Value::Int(value), Type::Instant) => literal::format_instant(*value),
        (Value::Int(value), Type::Enum(id)) => {
            let members = package.enums.get(*id).map(|def| def.members.as_slice()).unwrap_or_default();
            usize::try_from(*value).ok().and_then(|at| members.get(at)).cloned().unwrap_or_default()
        }
        (Value::Int(value), _) => value.to_string(),
        (Value::Dec(value), Type::Percent) => format!("{value}%"),
        (Value::Dec(value), Type::Points) => format!("{value}pp"),
        (Value::Dec(value), _) => value.to_string(),
        (Value::Text(text), _) => text.clone(),
        (Value::List(list), Type::List(element, _)) => {
            list.iter().map(|value| show(package, element, value)).collect::<Vec<_>>().join(", ")
        }
        (Value::List(_) | Value::Record(_), _) => String::new(),
    }
}
