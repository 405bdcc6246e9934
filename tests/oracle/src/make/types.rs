//! The types of a case: enums, records, the request, signals, windows.

use super::Maker;
use crate::rng::Rng;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `percent`
    Percent,
    /// `points`
    Points,
    /// `duration`
    Duration,
    /// `instant`
    Instant,
    /// `string`
    Str,
    /// `principal`
    Principal,
    /// `date`
    Date,
    /// `size`
    Size,
    /// `version`
    Version,
    /// `money<EUR>`
    Money,
    /// An enum, by index.
    Enum(usize),
    /// A record, by index.
    Record(usize),
    /// A list of at most so many.
    List(Box<Self>, usize),
    /// A map from texts, of at most three entries.
    Map(Box<Self>),
}

impl Ty {
    /// The types of single values without members.
    pub const SCALARS: [Self; 13] = [
        Self::Bool,
        Self::Int,
        Self::Decimal,
        Self::Percent,
        Self::Points,
        Self::Duration,
        Self::Instant,
        Self::Str,
        Self::Principal,
        Self::Date,
        Self::Size,
        Self::Version,
        Self::Money,
    ];

    /// As it is written.
    pub fn word(&self, model: &Model) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Decimal => "decimal".to_owned(),
            Self::Percent => "percent".to_owned(),
            Self::Points => "points".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::Instant => "instant".to_owned(),
            Self::Str => "string<max 24>".to_owned(),
            Self::Principal => "principal".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Version => "version".to_owned(),
            Self::Money => "money<EUR>".to_owned(),
            Self::Map(value) => format!("map<string<max 8>, {}, max 3>", value.word(model)),
            Self::Enum(id) => model.enums.get(*id).map(|def| def.name.clone()).unwrap_or_default(),
            Self::Record(id) => model.records.get(*id).map(|(name, _)| name.clone()).unwrap_or_default(),
            Self::List(element, max) => match model.sampled(element) {
                Some(samples) => samples.to_owned(),
                None => format!("list<{}, max {max}>", element.word(model)),
            },
        }
    }
}

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumDef {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<String>,
    /// Whether they compare.
    pub ordered: bool,
}

/// A member of a record, or a signal.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Whether it may be absent.
    pub optional: bool,
    /// `as number of …`
    pub reading: Option<&'static str>,
    /// `as verified`, and its like: it does not come with the body of the request.
    pub provenance: Option<&'static str>,
    /// Its name in JSON, where that is another.
    pub wire: Option<String>,
}

impl Field {
    fn text(&self, model: &Model) -> String {
        let mark = if self.optional { "?" } else { "" };
        let reading = self.reading.map(|unit| format!(" as number of {unit}")).unwrap_or_default();
        let provenance = self.provenance.map(|word| format!(" as {word}")).unwrap_or_default();
        let wire = self.wire.as_ref().map(|wire| format!(" as \"{wire}\"")).unwrap_or_default();
        format!("{}: {}{mark}{provenance}{wire}{reading}", self.name, self.ty.word(model))
    }

    /// Its name in JSON.
    pub fn key(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }
}

/// What a package declares about requests.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Enums.
    pub enums: Vec<EnumDef>,
    /// Records: name and members.
    pub records: Vec<(String, Vec<Field>)>,
    /// Members of the request.
    pub request: Vec<Field>,
    /// Signals.
    pub signals: Vec<Field>,
    /// The rollouts, with how many stages each has.
    pub rollouts: Vec<(String, usize)>,
}

/// The name of the record that tells how far a rollout has come, and of the signal.
pub(super) const PROGRESS: &str = "progress";

impl Model {
    /// How the type of a list of samples is written, where its elements are samples.
    pub(super) fn sampled(&self, element: &Ty) -> Option<&str> {
        let Ty::Record(id) = element else { return None };
        self.records.get(*id).map(|(name, _)| name.as_str()).filter(|name| name.starts_with("samples<"))
    }

    /// How many records have a name; they come first.
    fn named_records(&self) -> usize {
        self.records.iter().take_while(|(name, _)| name.starts_with('R')).count()
    }

    /// The members that come with the body of a request, and the facts that do not.
    pub fn documents(&self) -> (Vec<Field>, Vec<Field>) {
        let claimed = |field: &Field| field.provenance.is_none_or(|word| word == "claimed");
        let (body, mut facts): (Vec<Field>, Vec<Field>) = self.request.iter().cloned().partition(claimed);
        facts.extend(self.signals.iter().cloned());
        (body, facts)
    }

    /// How many lists lie within each other in a record.
    fn list_levels(&self, record: usize) -> usize {
        let fields = self.records.get(record).map(|(_, fields)| fields.as_slice()).unwrap_or_default();
        let levels = fields.iter().map(|field| match &field.ty {
            Ty::Record(id) => self.list_levels(*id),
            Ty::List(element, _) => match &**element {
                Ty::Record(id) => self.list_levels(*id).saturating_add(1),
                _ => 1,
            },
            _ => 0,
        });
        levels.max().unwrap_or(0)
    }
}

const PERCENTS: [Option<&str>; 3] = [None, Some("percent"), Some("fraction")];
const POINTS: [Option<&str>; 3] = [None, Some("points"), Some("fraction")];
const SIZES: [Option<&str>; 4] = [None, Some("bytes"), Some("megabytes"), Some("kibibytes")];
const MONEY: [Option<&str>; 2] = [None, Some("EUR")];
const DURATIONS: [Option<&str>; 6] =
    [None, Some("milliseconds"), Some("seconds"), Some("minutes"), Some("hours"), Some("days")];

fn reading(rng: &mut Rng, ty: &Ty) -> Option<&'static str> {
    let units: &[Option<&'static str>] = match ty {
        Ty::Percent => &PERCENTS,
        Ty::Points => &POINTS,
        Ty::Duration => &DURATIONS,
        Ty::Size => &SIZES,
        Ty::Money => &MONEY,
        _ => return None,
    };
    rng.pick(units).copied().flatten()
}

impl Maker {
    /// Declares enums, records, the request, signals and groups.
    pub(super) fn types(&mut self) {
        for ordered in [false, true] {
            let name = if ordered { "Level" } else { "Colour" };
            let count = self.rng.below(4).saturating_add(2);
            let count = if self.rng.percent(5) { 70 } else { count };
            let members: Vec<String> =
                (0..count).map(|index| format!("{}_{index}", name.to_lowercase())).collect();
            let word = if ordered { "ordered enum" } else { "enum" };
            self.items.push(format!("{word} {name} {{ {} }}", members.join(", ")));
            self.model.enums.push(EnumDef { name: name.to_owned(), members, ordered });
        }
        for index in 0..self.rng.below(3).saturating_add(1) {
            let fields = self.fields(index, index.saturating_add(2));
            self.model.records.push((format!("R{index}"), fields));
        }
        // One member of each kind is always there, so that there is something to name.
        let kinds = Ty::SCALARS.into_iter().chain([Ty::Enum(0), Ty::Enum(1)]);
        let mut request: Vec<Field> = kinds.map(|ty| self.field(ty)).collect();
        for index in 0..self.model.records.len() {
            request.push(self.field(Ty::Record(index)));
            let max = self.rng.below(4).saturating_add(1);
            request.push(self.field(Ty::List(Box::new(Ty::Record(index)), max)));
        }
        let scalar = self.scalar_type();
        request.push(self.field(Ty::List(Box::new(scalar), 4)));
        let entry = self.scalar_type();
        request.push(self.field(Ty::Map(Box::new(entry))));
        let people = Ty::List(Box::new(Ty::Principal), 4);
        for (name, ty) in [("who", Ty::Principal), ("people", people), ("word", Ty::Str)] {
            request.push(Field {
                name: name.to_owned(),
                ty,
                optional: false,
                reading: None,
                provenance: None,
                wire: None,
            });
        }
        for field in &mut request {
            if self.rng.percent(15) {
                field.provenance = self.rng.pick(&["claimed", "verified", "gathered", "attested"]).copied();
            }
        }
        self.rng.shuffle(&mut request);
        self.model.request = request;
        for _ in 0..self.rng.below(3) {
            let ty = self.scalar_type();
            let field = Field { wire: None, ..self.field(ty) };
            self.model.signals.push(field);
        }
        if self.rolls_out {
            self.samples();
        }
        self.write_types();
        for _ in 0..self.rng.below(2).saturating_add(1) {
            let name = self.name("g");
            self.items.push(format!("group {name} = directory(\"team-{name}\")"));
            self.groups.push(name);
        }
    }

    /// Signals that come as samples, and how far a rollout has come.
    fn samples(&mut self) {
        let numbers = [Ty::Int, Ty::Decimal, Ty::Percent, Ty::Points, Ty::Duration, Ty::Size, Ty::Money];
        let plain = |name: &str, ty: Ty, optional: bool, reading: Option<&'static str>| Field {
            name: name.to_owned(),
            ty,
            optional,
            reading,
            provenance: None,
            wire: None,
        };
        for index in 0..self.rng.below(2).saturating_add(1) {
            let value = self.rng.pick(&numbers).cloned().unwrap_or(Ty::Int);
            let unit = reading(&mut self.rng, &value);
            let fields = vec![
                plain("value", value.clone(), false, unit),
                plain("baseline", value.clone(), true, unit),
                plain("count", Ty::Int, true, None),
                plain("at", Ty::Instant, false, None),
            ];
            let record = Ty::Record(self.model.records.len());
            self.model.records.push((format!("samples<{}>", value.word(&self.model)), fields));
            let list = Ty::List(Box::new(record), 64);
            self.model.signals.push(plain(&format!("e{index}"), list, false, unit));
        }
        let fields = vec![
            plain("rollout", Ty::Str, false, None),
            plain("stage", Ty::Int, false, None),
            plain("since", Ty::Instant, true, None),
            plain("held_since", Ty::Instant, true, None),
        ];
        let record = Ty::Record(self.model.records.len());
        self.model.records.push((PROGRESS.to_owned(), fields));
        self.model.signals.push(plain(PROGRESS, record, false, None));
    }

    fn write_types(&mut self) {
        let model = &self.model;
        let lines = |fields: &[Field]| {
            fields.iter().map(|field| format!("  {}\n", field.text(model))).collect::<String>()
        };
        let named = model.records.iter().take(model.named_records());
        let records = named.map(|(name, f)| format!("record {name} {{\n{}}}", lines(f)));
        let request = format!("request {{\n{}}}", lines(&model.request));
        let declared = model.signals.iter().filter(|f| f.name != PROGRESS);
        let signals = declared.map(|f| format!("signal {} = history.rate(last: 30d)", f.text(model)));
        let items: Vec<String> = records.chain([request]).chain(signals).collect();
        self.items.extend(items);
    }

    fn field(&mut self, ty: Ty) -> Field {
        let reading = reading(&mut self.rng, &ty);
        let (name, optional) = (self.name("m"), self.rng.percent(50));
        let wire = self.rng.percent(10).then(|| format!("{name}-wire"));
        Field { name, ty, optional, reading, provenance: None, wire }
    }

    /// Members of a record; records before this one, and lists, may be among them.
    fn fields(&mut self, before: usize, count: usize) -> Vec<Field> {
        let mut fields = Vec::new();
        for _ in 0..count.saturating_add(self.rng.below(3)) {
            let ty = match self.rng.below(10) {
                0..2 if before > 0 => Ty::Record(self.rng.below(before)),
                // At most three lists may lie within each other, and the request has lists of records.
                2 if before > 0 && self.model.list_levels(before.saturating_sub(1)) < 2 => {
                    Ty::List(Box::new(Ty::Record(before.saturating_sub(1))), 2)
                }
                3 => Ty::List(Box::new(self.scalar_type()), 3),
                _ => self.scalar_type(),
            };
            fields.push(self.field(ty));
        }
        fields
    }

    /// Some type of single values.
    pub(super) fn scalar_type(&mut self) -> Ty {
        let at = self.rng.below(Ty::SCALARS.len().saturating_add(2));
        match Ty::SCALARS.get(at) {
            Some(ty) => ty.clone(),
            None => Ty::Enum(at.saturating_sub(Ty::SCALARS.len())),
        }
    }

    /// Some type whose constants say of themselves what they are.
    pub(super) fn constant_type(&mut self) -> Ty {
        match self.scalar_type() {
            Ty::Principal => Ty::Int,
            ty => ty,
        }
    }

    /// Some type for a parameter of a function.
    pub(super) fn parameter_type(&mut self) -> Ty {
        let record = Ty::Record(self.rng.below(self.model.named_records()));
        match self.rng.below(7) {
            0 => record,
            6 => Ty::Map(Box::new(self.scalar_type())),
            1 => Ty::List(Box::new(record), 2),
            2 => Ty::List(Box::new(self.scalar_type()), 2),
            _ => self.scalar_type(),
        }
    }

    /// Windows, one of them by a calendar that ends soon.
    pub(super) fn windows(&mut self) {
        let calendar = "calendar holidays.some valid 2026-11-01 through 2026-12-31 {\n  2026-11-20 \"a\"\n  \
                        2026-12-24 \"b\"\n  2026-12-25\n}";
        self.items.push(calendar.to_owned());
        for _ in 0..self.rng.below(2).saturating_add(1) {
            let name = self.name("w");
            let zone = self.rng.word(&["Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata"]);
            let mut ranges = Vec::new();
            for _ in 0..self.rng.below(3) {
                let days = self.rng.word(&["mon through thu", "fri", "sat, sun", "mon, wed", ""]);
                let times =
                    self.rng.word(&["09:00 to 16:00", "22:00 to 06:00", "00:00 to 24:00", "13:00 to 13:30"]);
                ranges.push(format!("  open {days} {times}"));
            }
            if self.rng.percent(50) {
                let closed = self.rng.word(&[
                    "2026-12-18 through 2027-01-03",
                    "2026-11-20",
                    "2026-11-24 10:00 to 11:00",
                ]);
                ranges.push(format!("  closed {closed}"));
            }
            if self.rng.percent(40) {
                ranges.push("  closed during holidays.some".to_owned());
            }
            self.items.push(format!("window {name} in \"{zone}\" {{\n{}\n}}", ranges.join("\n")));
            self.windows.push(name);
        }
    }
}
