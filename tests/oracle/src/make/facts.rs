//! Requests and signals for a package: everything that the decoder takes, much of it left out or at the edge.

use holdpoint_isa::literal::format_instant;
use serde_json::{Map, Value as Json, json};

use super::types::PROGRESS;
use super::{Case, Field, Model, Ty};
use crate::rng::Rng;

/// The facts of a decision.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The request.
    pub request: Json,
    /// The signals.
    pub signals: Json,
    /// The instant, in nanoseconds.
    pub now: i64,
}

/// 2026-11-17T09:00Z, a Tuesday.
const START: i64 = 1_794_906_000_000_000_000;
const HOUR: i64 = 3_600_000_000_000;

impl Case {
    /// Facts of a seed. `missing` is how many in a hundred of the members that may be left out are.
    pub fn facts(&self, seed: u64, missing: usize) -> Facts {
        let mut rng = Rng::new(seed);
        let hours = i64::try_from(rng.below(24 * 70)).unwrap_or_default();
        let now = START.saturating_add(hours.saturating_mul(HOUR)).saturating_add(HOUR / 7);
        let mut source = Source { model: &self.model, rng: &mut rng, missing, now };
        let (body, gathered) = self.model.documents();
        let request = source.object(&body);
        let mut signals = source.object(&gathered);
        // What is gathered may always be late.
        for field in &gathered {
            if rng.percent(missing)
                && let Some(signals) = signals.as_object_mut()
            {
                signals.remove(field.key());
            }
        }
        Facts { request, signals, now }
    }
}

/// The same facts with everything known that was not; the values are those of a seed.
pub fn complete(case: &Case, facts: &Facts, seed: u64) -> Facts {
    let mut rng = Rng::new(seed);
    let mut source = Source { model: &case.model, rng: &mut rng, missing: 10, now: facts.now };
    let mut facts = facts.clone();
    let (body, gathered) = case.model.documents();
    source.fill(&body, &mut facts.request);
    source.fill(&gathered, &mut facts.signals);
    facts
}

struct Source<'s> {
    model: &'s Model,
    rng: &'s mut Rng,
    missing: usize,
    now: i64,
}

impl Source<'_> {
    fn object(&mut self, fields: &[Field]) -> Json {
        let mut object = Map::new();
        for field in fields {
            let may = field.optional || self.all_optional(&field.ty);
            if may && self.rng.percent(self.missing) {
                continue;
            }
            object.insert(field.key().to_owned(), self.value(field));
        }
        Json::Object(object)
    }

    /// Whether a type is that of a record which may be left out, because all of its members may be.
    fn all_optional(&self, ty: &Ty) -> bool {
        let Ty::Record(id) = ty else { return false };
        let fields = self.model.records.get(*id).map(|(_, fields)| fields.as_slice()).unwrap_or_default();
        fields.iter().all(|field| field.optional || self.all_optional(&field.ty))
    }

    fn value(&mut self, field: &Field) -> Json {
        if field.optional && self.rng.percent(15) {
            return Json::Null;
        }
        match &field.ty {
            Ty::Record(_) if field.name == PROGRESS => self.progress(),
            Ty::Record(id) => {
                let fields =
                    self.model.records.get(*id).map(|(_, fields)| fields.clone()).unwrap_or_default();
                self.object(&fields)
            }
            Ty::List(element, _) if self.model.sampled(element).is_some() => self.samples(element),
            Ty::List(element, max) => {
                let element = Field {
                    name: String::new(),
                    ty: (**element).clone(),
                    optional: false,
                    reading: None,
                    provenance: None,
                    wire: None,
                };
                let len = self.rng.below(max.saturating_add(1));
                Json::Array((0..len).map(|_| self.value(&element)).collect())
            }
            Ty::Map(value) => {
                let value = Field {
                    name: String::new(),
                    ty: (**value).clone(),
                    optional: false,
                    reading: None,
                    provenance: None,
                    wire: None,
                };
                let keys: Vec<&str> =
                    ["a", "main", "ü"].into_iter().filter(|_| self.rng.percent(50)).collect();
                Json::Object(keys.into_iter().map(|key| (key.to_owned(), self.value(&value))).collect())
            }
            scalar => self.scalar(scalar, field.reading),
        }
    }

    /// An instant about so many seconds before now; seldom one at the end of time.
    fn lately(&mut self, seconds: usize) -> Json {
        if self.rng.percent(3) {
            return json!(self.rng.word(&["1677-12-01T00:00:00Z", "2262-04-11T00:00:00Z"]));
        }
        let steps = i64::try_from(self.rng.below(seconds / 10)).unwrap_or_default();
        let ago = steps.saturating_sub(2).saturating_mul(10_000_000_000);
        json!(format_instant(self.now.saturating_sub(ago)))
    }

    /// How far a rollout has come.
    fn progress(&mut self) -> Json {
        let mut progress = Map::new();
        let (name, stages) = self.rng.pick(&self.model.rollouts).cloned().unwrap_or_default();
        let name = if self.rng.percent(2) { "missing".to_owned() } else { name };
        let one_more = usize::from(self.rng.percent(3));
        let stage = self.rng.below(stages.saturating_add(one_more));
        progress.insert("rollout".to_owned(), json!(name));
        progress.insert("stage".to_owned(), json!(stage));
        for (member, known, seconds) in [("since", 95, 600), ("held_since", 60, 900)] {
            let at = if self.rng.percent(known) { self.lately(seconds) } else { Json::Null };
            if !self.rng.percent(self.missing / 4) {
                progress.insert(member.to_owned(), at);
            }
        }
        Json::Object(progress)
    }

    /// Samples, many of them of the last minutes, some at the same instant.
    fn samples(&mut self, element: &Ty) -> Json {
        let Ty::Record(id) = element else { return Json::Null };
        let fields = self.model.records.get(*id).map(|(_, fields)| fields.clone()).unwrap_or_default();
        let len = if self.rng.percent(3) { 64 } else { self.rng.below(6) };
        let sample = |_| {
            let Json::Object(mut sample) = self.object(&fields) else { return Json::Null };
            if let Some(count) = sample.get_mut("count").filter(|count| !count.is_null()) {
                *count = json!(self.rng.pick(&[0, 499, 500, 1000]));
            }
            sample.insert("at".to_owned(), self.lately(300));
            Json::Object(sample)
        };
        Json::Array((0..len).map(sample).collect())
    }

    fn scalar(&mut self, ty: &Ty, reading: Option<&str>) -> Json {
        let words: &[&str] = match (ty, reading) {
            (Ty::Bool, _) => return json!(self.rng.percent(50)),
            (Ty::Int, _) => {
                let most = [i64::MAX, i64::MIN, i64::MIN.saturating_add(1), 3_037_000_500];
                let small = [0, 1, 2, 3, 10, -1, -5, 100];
                let list: &[i64] = if self.rng.percent(10) { &most } else { &small };
                return json!(self.rng.pick(list));
            }
            (Ty::Decimal, _) => {
                &["0", "1", "-0.5", "1.5", "2.25", "0.000000001", "9000000000000000000", "-1e9", "7"]
            }
            (Ty::Percent | Ty::Points, Some(_)) if self.rng.percent(70) => {
                &["0", "0.5", "80", "99.9", "-3", "1e2", "0.001"]
            }
            (Ty::Duration, Some(_)) if self.rng.percent(70) => &["0", "1", "15", "90", "1000", "100000"],
            (Ty::Percent, _) => {
                &["\"0%\"", "\"0.1%\"", "\"50%\"", "\"80%\"", "\"100%\"", "\"-5%\"", "\"79.999999999%\""]
            }
            (Ty::Points, _) => &["\"0pp\"", "\"0.1pp\"", "\"2pp\"", "\"-0.3pp\""],
            (Ty::Duration, _) => {
                &["\"0s\"", "\"15m\"", "\"1h30m\"", "\"1d\"", "\"90d\"", "\"106751d\"", "\"1ms\""]
            }
            (Ty::Instant, _) => &[
                "\"2026-11-17T10:00:00Z\"",
                "\"2026-11-20T15:30:00+01:00\"",
                "\"2026-12-25T00:00:00Z\"",
                "\"2027-01-20T08:00:00Z\"",
                "\"2027-02-01T00:00:00Z\"",
                "\"2262-04-11T00:00:00Z\"",
                "\"1677-12-01T00:00:00Z\"",
            ],
            (Ty::Str, _) => {
                &["\"\"", "\"a\"", "\"main\"", "\"release/1\"", "\"ü {x}\"", "\"b\\\"\"", "\"\\u0000\""]
            }
            (Ty::Date, _) => {
                &["\"2026-11-20\"", "\"2026-12-31\"", "\"0001-01-01\"", "\"9999-12-31\"", "\"2027-02-28\""]
            }
            (Ty::Size, Some(_)) if self.rng.percent(70) => &["0", "1", "512", "1000000"],
            (Ty::Size, _) => &["\"0B\"", "\"512MB\"", "\"1KiB\"", "\"1.5GB\"", "\"8191PiB\""],
            (Ty::Version, _) => &[
                "\"1.2.3\"",
                "\"1.2.3+build\"",
                "\"1.2.3-rc.1\"",
                "\"1.10.0\"",
                "\"99999999999999999999.0.1\"",
            ],
            (Ty::Money, Some(_)) if self.rng.percent(70) => &["0", "499.90", "-3", "1e3"],
            (Ty::Money, _) => &["\"0 EUR\"", "\"499.90 EUR\"", "\"-3.5 EUR\"", "\"9000000000000000000 EUR\""],
            (Ty::Principal, _) => &["\"ann\"", "\"bob\"", "\"ci@example\""],
            (Ty::Enum(id), _) => {
                let members = self.model.enums.get(*id).map(|def| def.members.as_slice()).unwrap_or_default();
                return json!(self.rng.pick(members));
            }
            (Ty::Record(_) | Ty::List(..) | Ty::Map(_), _) => return Json::Null,
        };
        serde_json::from_str(&self.rng.word(words)).unwrap_or(Json::Null)
    }

    /// Adds the members that are missing.
    fn fill(&mut self, fields: &[Field], json: &mut Json) {
        let Some(object) = json.as_object_mut() else { return };
        for field in fields {
            match object.get_mut(field.key()) {
                None => {
                    let value = self.value(field);
                    object.insert(field.key().to_owned(), value);
                }
                Some(sent) => self.fill_within(&field.ty, sent),
            }
        }
    }

    fn fill_within(&mut self, ty: &Ty, json: &mut Json) {
        match (ty, json) {
            (Ty::Record(id), json) => {
                let fields =
                    self.model.records.get(*id).map(|(_, fields)| fields.clone()).unwrap_or_default();
                self.fill(&fields, json);
            }
            (Ty::List(element, _), Json::Array(list)) => {
                list.iter_mut().for_each(|value| self.fill_within(element, value));
            }
            _ => {}
        }
    }
}
