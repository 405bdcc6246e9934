//! Documents of foreign shape as a request: by the types of the request, and by nothing else.
//!
//! A document such as a Kubernetes object has members that no policy asks for: one that the type does not have is left
//! out. Where a list of `name` and `value` is wanted and an object is there, its members are the entries.
//!
//! A [`Document::Whole`] one says all that there is to say: a member that it does not have is null where it may be, an
//! empty list, or an object in which everything is unsaid. Of what a [`Document::Partial`] one does not say, nothing is
//! known.

use holdpoint_lang::hir::{Field, Package, Type};
use serde_json::{Value, json};

/// What it means that a document does not say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// That there is nothing to say.
    Whole,
    /// Nothing.
    Partial,
}

impl Document {
    /// A document as a value of a type; `None` where nothing is known of it.
    pub fn project(self, package: &Package, ty: &Type, document: Option<&Value>) -> Option<Value> {
        let nothing = document.is_none_or(Value::is_null);
        if self == Self::Partial && document.is_none() && !matches!(ty, Type::Record(_)) {
            return None;
        }
        Some(match (ty, document.unwrap_or(&Value::Null)) {
            (Type::Optional(_), _) if nothing => Value::Null,
            (Type::Optional(inner), _) => return self.project(package, inner, document),
            (Type::Record(index), value) => self.record(package, *index, value),
            (Type::List(..), _) if nothing => json!([]),
            (Type::List(of, _), Value::Array(list)) => {
                list.iter().filter_map(|value| self.project(package, of, Some(value))).collect()
            }
            (Type::List(of, _), Value::Object(members)) => {
                let entries = members.iter().map(|(name, value)| json!({ "name": name, "value": value }));
                entries.filter_map(|entry| self.project(package, of, Some(&entry))).collect()
            }
            (Type::Map(..), _) if nothing => json!({}),
            (_, value) => value.clone(),
        })
    }

    fn record(self, package: &Package, index: usize, document: &Value) -> Value {
        let fields = package.records.get(index).map(|record| record.fields.as_slice()).unwrap_or_default();
        let member = |field: &Field| {
            Some((field.wire.clone(), self.project(package, &field.ty, document.get(&field.wire))?))
        };
        Value::Object(fields.iter().filter_map(member).collect())
    }
}
