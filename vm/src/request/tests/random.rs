//! Random layouts and requests that fit them: what is read is what was sent, and the canonical form reads back.

use std::fmt::Write as _;

use holdpoint_isa::limits::STRING_BYTES_DEFAULT;
use holdpoint_isa::program::{Field, Layout, Node};
use holdpoint_isa::types::{Reading, Scalar};
use holdpoint_isa::{Dec, Program, literal};
use proptest::prelude::*;

use super::{canonical, program};
use crate::value::Value;
use crate::{RequestError, Snapshot};

/// Choices from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

const NAMES: &[&str] =
    &["id", "by", "commit", "größe", "a\"b", "line\nfeed", "Ωmega", "\u{1f600}", "~/", "0", "x y"];
const TEXTS: &[&str] =
    &["", "mia", "a\"b\\c/", "\u{0}\u{1f}\u{7f}", "\u{8}\u{c}\n\r\t", "größe 😀", "€\u{fb33}"];
const SCALARS: &[(Scalar, Reading)] = &[
    (Scalar::Bool, Reading::Unit),
    (Scalar::Int, Reading::Unit),
    (Scalar::Decimal, Reading::Unit),
    (Scalar::Percent, Reading::Unit),
    (Scalar::Percent, Reading::Percent),
    (Scalar::Percent, Reading::Fraction),
    (Scalar::Points, Reading::Unit),
    (Scalar::Points, Reading::Points),
    (Scalar::Duration, Reading::Unit),
    (Scalar::Duration, Reading::Milliseconds),
    (Scalar::Duration, Reading::Seconds),
    (Scalar::Duration, Reading::Days),
    (Scalar::Instant, Reading::Unit),
    (Scalar::Date, Reading::Unit),
    (Scalar::Version, Reading::Unit),
    (Scalar::Size, Reading::Unit),
    (Scalar::Size, Reading::Kilobytes),
    (Scalar::Size, Reading::Gigabytes),
    (Scalar::Str { max: 64 }, Reading::Unit),
    (Scalar::Principal, Reading::Unit),
    (Scalar::Enum(0), Reading::Unit),
];

/// Grows layouts: the one in work is passed by index.
struct Grower {
    dice: Dice,
    layouts: Vec<Layout>,
}

impl Grower {
    fn layout(&mut self, levels: usize) -> u16 {
        let index = self.layouts.len();
        let first_cause = u16::try_from(index * 100).unwrap();
        self.layouts.push(Layout { slots: 0, first_cause, fields: Vec::new() });
        let mut slots = 0;
        let fields = if index > 0 && self.dice.one_in(2) {
            vec![self.field("", &mut slots, levels)]
        } else {
            self.fields(&mut slots, levels)
        };
        self.layouts[index].slots = slots;
        self.layouts[index].fields = fields;
        u16::try_from(index).unwrap()
    }

    /// The layout of a map's entries.
    fn entries(&mut self) -> u16 {
        let index = self.layouts.len();
        let first_cause = u16::try_from(index * 100).unwrap();
        let (scalar, reading) = self.dice.pick(SCALARS);
        let node = |slot, scalar, reading| Node::Scalar { slot, scalar, reading };
        let fields = vec![
            super::field("key", node(0, Scalar::Str { max: 64 }, Reading::Unit)),
            super::field("value", node(1, scalar, reading)),
        ];
        self.layouts.push(Layout { slots: 2, first_cause, fields });
        u16::try_from(index).unwrap()
    }

    fn fields(&mut self, slots: &mut u16, levels: usize) -> Vec<Field> {
        let count = self.dice.below(6);
        NAMES
            .iter()
            .skip(self.dice.below(5))
            .take(count)
            .map(|name| self.field(name, slots, levels))
            .collect()
    }

    fn field(&mut self, name: &str, slots: &mut u16, levels: usize) -> Field {
        let mut slot = || {
            *slots += 1;
            *slots - 1
        };
        // An element without a name holds no record: a list of records has the record's members instead.
        let shapes = if levels == 0 { 1 } else { 3 - usize::from(name.is_empty()) };
        let mut optional = self.dice.one_in(2);
        let node = match self.dice.below(shapes) {
            0 => {
                let (scalar, reading) = self.dice.pick(SCALARS);
                Node::Scalar { slot: slot(), scalar, reading }
            }
            1 if self.dice.one_in(3) => Node::Map { slot: slot(), layout: self.entries(), max: 5 },
            1 => Node::List { slot: slot(), layout: self.layout(levels - 1), max: 5 },
            _ => {
                let presence = optional.then(slot);
                optional = presence.is_some();
                Node::Record { presence, fields: self.fields(slots, levels - 1) }
            }
        };
        Field { name: name.to_owned(), optional, node }
    }
}

/// Writes requests for a module, with white space and escapes as chance has it.
struct Sender<'a> {
    dice: Dice,
    program: &'a Program,
    out: String,
}

impl Sender<'_> {
    fn space(&mut self) {
        let space = self.dice.pick(&["", "", "", " ", "\n", "\t\r "]);
        self.out.push_str(space);
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            let must = c == '"' || c == '\\' || c < ' ';
            if must || self.dice.one_in(8) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(self.out, "\\u{unit:04x}").unwrap();
                }
            } else {
                self.out.push(c);
            }
        }
        self.out.push('"');
    }

    fn record(&mut self, fields: &[Field]) {
        self.out.push('{');
        self.space();
        let mut order: Vec<&Field> = fields.iter().collect();
        for index in 1..order.len() {
            order.swap(index, self.dice.below(index + 1));
        }
        let mut first = true;
        for field in order {
            if field.optional && self.dice.one_in(3) {
                continue;
            }
            if !std::mem::replace(&mut first, false) {
                self.out.push(',');
                self.space();
            }
            self.text(&field.name);
            self.space();
            self.out.push(':');
            self.field(field);
        }
        self.out.push('}');
    }

    fn field(&mut self, field: &Field) {
        self.space();
        match &field.node {
            _ if field.optional && self.dice.one_in(4) => self.out.push_str("null"),
            Node::Scalar { scalar, reading, .. } => self.scalar(*scalar, *reading),
            Node::Record { fields, .. } => self.record(fields),
            Node::Map { layout, max, .. } => {
                let Node::Scalar { scalar, reading, .. } =
                    self.program.layouts[usize::from(*layout)].fields[1].node
                else {
                    panic!("a map of scalars")
                };
                self.out.push('{');
                for index in 0..self.dice.below(usize::try_from(*max).unwrap() + 1) {
                    if index > 0 {
                        self.out.push(',');
                    }
                    // Keys differ by their length.
                    let key = "k/\"é".repeat(index);
                    self.text(&key);
                    self.out.push(':');
                    self.scalar(scalar, reading);
                }
                self.out.push('}');
            }
            Node::List { layout, max, .. } => {
                let program = self.program;
                let layout = &program.layouts[usize::from(*layout)];
                self.out.push('[');
                for index in 0..self.dice.below(usize::try_from(*max).unwrap() + 1) {
                    if index > 0 {
                        self.out.push(',');
                    }
                    match layout.fields.as_slice() {
                        [only] if only.name.is_empty() => self.field(only),
                        fields => {
                            self.space();
                            self.record(fields);
                        }
                    }
                }
                self.out.push(']');
            }
        }
        self.space();
    }

    fn scalar(&mut self, scalar: Scalar, reading: Reading) {
        let bits = self.dice.0.cast_signed();
        let small = bits.rem_euclid(100_000_000);
        let text = match scalar {
            Scalar::Bool => return self.out.push_str(self.dice.pick(&["true", "false"])),
            Scalar::Int => return self.out.push_str(&bits.to_string()),
            Scalar::Str { .. } => self.dice.pick(TEXTS).to_owned(),
            Scalar::Principal => self.dice.pick(&TEXTS[1..]).to_owned(),
            Scalar::Enum(_) => self.dice.pick(&["development", "staging", "production"]).to_owned(),
            Scalar::Instant => literal::format_instant(bits),
            Scalar::Date => literal::format_date_of(bits % 3_000_000),
            Scalar::Decimal => return write!(self.out, "{small}.{small}E-1").unwrap(),
            _ if reading != Reading::Unit && self.dice.one_in(2) => {
                return write!(self.out, "{}.{:03}", small % 100_000, small % 1000).unwrap();
            }
            Scalar::Duration => literal::format_duration(small * 1_000_003),
            Scalar::Size => literal::format_size(small * 1_000_003),
            Scalar::Version => format!("{}.{small}.0-rc.{}+b", small % 7, small % 3),
            Scalar::Money(currency) => literal::format_money(Dec::from_billionths(bits.into()), currency),
            Scalar::Percent => literal::format_percent(Dec::from_billionths(bits.into())),
            Scalar::Points => literal::format_points(Dec::from_billionths(bits.into())),
        };
        self.text(&text);
    }
}

/// What a reader of the same text with another JSON parser finds in the node's place.
fn agrees(
    program: &Program,
    snapshot: &Snapshot,
    node: &Node,
    base: u32,
    sent: Option<&serde_json::Value>,
) -> bool {
    let cell = |slot: u16| snapshot.cell(base + u32::from(slot));
    match (node, sent) {
        (Node::Scalar { slot, .. } | Node::List { slot, .. } | Node::Map { slot, .. }, None) => {
            matches!(cell(*slot), Value::Unknown(_))
        }
        (
            Node::Scalar { slot, .. } | Node::List { slot, .. } | Node::Map { slot, .. },
            Some(serde_json::Value::Null),
        ) => cell(*slot) == Value::None,
        (Node::Map { slot, layout, .. }, Some(sent)) => {
            let Value::List(map) = cell(*slot) else { return false };
            let (value, sent) = (&program.layouts[usize::from(*layout)].fields[1], sent.as_object().unwrap());
            let entry = |index: u32| {
                let base = map.start + index * 2;
                let Value::Str(key) = snapshot.cell(base) else { return false };
                agrees(program, snapshot, &value.node, base, sent.get(snapshot.text(&[], key)))
            };
            usize::try_from(map.len).unwrap() == sent.len() && (0..map.len).all(entry)
        }
        (Node::Record { presence, fields }, sent) => {
            let object = sent.and_then(|sent| sent.as_object());
            let expected = match sent {
                None => None,
                Some(sent) if sent.is_null() => Some(Value::None),
                Some(_) => Some(Value::Bool(true)),
            };
            let present = presence.is_none_or(|slot| match expected {
                None => matches!(cell(slot), Value::Unknown(_)),
                Some(expected) => cell(slot) == expected,
            });
            let null = sent.filter(|sent| sent.is_null());
            let member = |field: &Field| object.and_then(|object| object.get(&field.name)).or(null);
            present && fields.iter().all(|field| agrees(program, snapshot, &field.node, base, member(field)))
        }
        (Node::List { slot, layout, .. }, Some(sent)) => {
            let Value::List(list) = cell(*slot) else { return false };
            let (layout, sent) = (&program.layouts[usize::from(*layout)], sent.as_array().unwrap());
            let element = |index: u32| {
                let base = list.start + index * u32::from(layout.slots);
                let sent = &sent[usize::try_from(index).unwrap()];
                layout.fields.iter().all(|field| {
                    let sent = if field.name.is_empty() { Some(sent) } else { sent.get(&field.name) };
                    agrees(program, snapshot, &field.node, base, sent)
                })
            };
            usize::try_from(list.len).unwrap() == sent.len() && (0..list.len).all(element)
        }
        (Node::Scalar { slot, .. }, Some(sent)) => match (cell(*slot), sent) {
            (Value::Bool(truth), sent) => sent.as_bool() == Some(truth),
            (Value::Str(text) | Value::Version(text), sent) => {
                sent.as_str() == Some(snapshot.text(&[], text))
            }
            (Value::Int(value), serde_json::Value::Number(number)) if number.is_i64() => {
                // Only a plain integer stands for itself; a duration is compared through the canonical form.
                number.as_i64() == Some(value) || value % 1000 == 0
            }
            (value, _) => matches!(value, Value::Int(_) | Value::Dec(_)),
        },
    }
}

fn grow(seed: u64) -> (Program, String) {
    let mut grower = Grower { dice: Dice(seed | 1), layouts: Vec::new() };
    grower.layout(3);
    let program = program(grower.layouts, Vec::new());
    let mut sender = Sender { dice: Dice(seed.rotate_left(32) | 1), program: &program, out: String::new() };
    sender.space();
    sender.record(&program.layouts[0].fields);
    sender.space();
    let body = sender.out;
    (program, body)
}

fn read(program: &Program, body: &[u8]) -> Result<Snapshot, RequestError> {
    let mut snapshot = Snapshot::new();
    snapshot.read(program, body, b"").map(|()| snapshot)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_read_is_what_was_sent(seed: u64) {
        let (program, body) = grow(seed);
        let snapshot = read(&program, body.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{body}"));
        let sent: serde_json::Value = serde_json::from_str(&body).unwrap();
        let root = Node::Record { presence: None, fields: program.layouts[0].fields.clone() };
        prop_assert!(agrees(&program, &snapshot, &root, 0, Some(&sent)), "{}", body);

        let first = canonical(&program, &snapshot);
        let again = read(&program, first.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{first}"));
        prop_assert_eq!(&canonical(&program, &again), &first);
        // Members may come in another order, and so may the lists; by the canonical text all the rest is the same.
        for slot in 0..program.layouts[0].slots {
            match (snapshot.slot(slot), again.slot(slot)) {
                (Value::List(a), Value::List(b)) => prop_assert_eq!(a.len, b.len),
                (Value::Str(a), Value::Str(b)) | (Value::Version(a), Value::Version(b)) => {
                    prop_assert_eq!(snapshot.text(&[], a), again.text(&[], b));
                }
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn a_damaged_request_never_panics(seed: u64, at: prop::sample::Index, byte: u8, cut: bool) {
        let (program, body) = grow(seed);
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let mut used = read(&program, &bytes).unwrap_or_default();
        // A used snapshot reads the next request as a new one does.
        let (program, body) = grow(seed.wrapping_add(1));
        used.read(&program, body.as_bytes(), b"").unwrap();
        let new = read(&program, body.as_bytes()).unwrap();
        prop_assert_eq!(used.cells, new.cells);
    }

    #[test]
    fn random_texts_never_panic(text in "[\\[\\]{},:\"\\\\u0-9a-fntr. -]{0,60}", seed: u64) {
        let (program, _) = grow(seed);
        let _ = read(&program, text.as_bytes());
    }
}

#[test]
fn the_default_length_of_a_principal_is_that_of_a_text() {
    let program = super::only(super::scalar(0, Scalar::Principal));
    let longest = "p".repeat(usize::try_from(STRING_BYTES_DEFAULT).unwrap());
    read(&program, format!("{{\"x\":\"{longest}\"}}").as_bytes()).unwrap();
    read(&program, format!("{{\"x\":\"{longest}p\"}}").as_bytes()).unwrap_err();
}
