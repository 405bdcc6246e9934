//! Documents of foreign shape as a request: by the types of the request, and by nothing else.
//!
//! A document such as a Kubernetes object has members that no policy asks for, and is whole: what it does not say is
//! known to be unsaid. So a member that the type does not have is left out; one that the document does not have is null
//! where it may be, an empty list, or an object in which everything is unsaid; and where a list of `name` and `value` is
//! wanted and an object is there, its members are the entries.

use holdpoint_lang::hir::{Package, Type};
use serde_json::{Map, Value, json};

/// A document as a value of a type.
pub fn project(package: &Package, ty: &Type, document: &Value) -> Value {
    match (ty, document) {
        (Type::Optional(_), Value::Null) => Value::Null,
        (Type::Optional(inner), _) => project(package, inner, document),
        (Type::Record(index), _) => record(package, *index, document),
        (Type::List(..), Value::Null) => json!([]),
        (Type::List(of, _), Value::Array(list)) => list.iter().map(|value| project(package, of, value)).collect(),
        (Type::List(of, _), Value::Object(members)) => {
            let entries = members.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            entries.map(|entry| project(package, of, &entry)).collect()
        }
        (Type::Map(..), Value::Null) => json!({}),
        _ => document.clone(),
    }
}

fn record(package: &Package, index: usize, document: &Value) -> Value {
    let fields = package.records.get(index).map(|record| record.fields.as_slice()).unwrap_or_default();
    let member = |wire: &String| document.get(wire).unwrap_or(&Value::Null);
    let members = fields.iter().map(|field| (field.wire.clone(), project(package, &field.ty, member(&field.wire))));
    Value::Object(members.collect::<Map<_, _>>())
}
