//! CEL: a program for each fact and each rule; the host folds them.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use cel::{Context, Env, Program, Value, extensions};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Failure;
use crate::load::{Answer, effect, verdict};

/// The programs, by the names of facts and rules.
pub struct Programs {
    env: Arc<Env>,
    facts: Vec<(String, Program)>,
    rules: Vec<(String, Program)>,
}

impl Programs {
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let mut env = Env::stdlib();
        env.add_extension(extensions::lists)?;
        let (mut facts, mut rules) = (Vec::new(), Vec::new());
        let text = fs::read_to_string(folder.join("pol007.cel.txt"))?;
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if let Some((name, expression)) = line.split_once(" := ") {
                facts.push((name.to_owned(), env.compile(expression)?));
            } else if let Some((name, expression)) = line.split_once(" | ") {
                rules.push((name.to_owned(), env.compile(expression)?));
            }
        }
        Ok(Self { env: Arc::new(env), facts, rules })
    }
}

impl crate::Engine for Programs {
    fn name(&self) -> &'static str {
        "CEL 0.15"
    }

    fn decide(&mut self, body: &str) -> Result<Answer, Failure> {
        let Json(input) = serde_json::from_str(body)?;
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.add_variable_from_value("input", input);
        for (name, fact) in &self.facts {
            let value = fact.execute(&context)?;
            context.add_variable_from_value(name.as_str(), value);
        }
        let mut objections = Vec::new();
        for (name, rule) in &self.rules {
            if rule.execute(&context)? == Value::Bool(true) {
                objections.push(name.clone());
            }
        }
        Ok(Answer { verdict: verdict(objections.iter().map(|rule| effect(rule))), objections })
    }
}

/// A JSON value, read straight into a value of CEL.
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Json(Value::Null))
    }
}

impl<'de> Visitor<'de> for Json {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self, E> {
        Ok(Self(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self, E> {
        Ok(Self(Value::Int(value)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self, E> {
        i64::try_from(value).map(|value| Self(Value::Int(value))).map_err(E::custom)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self, E> {
        Ok(Self(Value::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self, E> {
        Ok(Self(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        let mut values: Vec<Value> = Vec::new();
        while let Some(Self(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Self(values.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut members: HashMap<String, Value> = HashMap::new();
        while let Some((name, Self(value))) = map.next_entry()? {
            members.insert(name, value);
        }
        Ok(Self(members.into()))
    }
}
