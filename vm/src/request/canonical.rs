//! The canonical JSON of what was read: the same facts give the same bytes, however they were sent.
//!
//! By RFC 8785: no white space, members sorted by the UTF-16 code units of their names, its escapes. Numbers are exact
//! decimals without exponent, where that RFC has floating point. What is unknown is left out, what is none is `null`.
//! A value with a unit is written in the member's declared reading where that is exact, else with its unit. Reading
//! the bytes again gives the same facts.

use holdpoint_isa::literal;
use holdpoint_isa::program::{Field, Layout, Node};
use holdpoint_isa::types::{Reading, Scalar};
use holdpoint_isa::{Dec, Program};

use super::layout_of;
use crate::jcs;
use crate::snapshot::Snapshot;
use crate::value::{ListRef, Value};

impl Snapshot {
    /// Appends the canonical JSON of the request.
    pub fn canonical_request(&self, program: &Program, out: &mut Vec<u8>) {
        Writer { snapshot: self, program, out }.record(&layout_of(program, 0).fields, 0);
    }

    /// Appends the canonical JSON of the facts that the caller did not send.
    pub fn canonical_signals(&self, program: &Program, out: &mut Vec<u8>) {
        let facts = program.facts.iter().map(|fact| &fact.field);
        Writer { snapshot: self, program, out }.members(facts.collect(), 0);
    }
}

struct Writer<'a> {
    snapshot: &'a Snapshot,
    program: &'a Program,
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// An object; `write` is told whether no member has been written yet.
    fn object(&mut self, write: impl FnOnce(&mut Self, &mut bool)) {
        self.out.push(b'{');
        write(self, &mut true);
        self.out.push(b'}');
    }

    /// The name of a member, after a comma if it is not the first.
    fn name(&mut self, first: &mut bool, name: &str) {
        if !std::mem::replace(first, false) {
            self.out.push(b',');
        }
        self.text(name);
        self.out.push(b':');
    }

    /// The members of a record whose slots begin at a cell.
    fn record(&mut self, fields: &'a [Field], base: u32) {
        self.members(fields.iter().collect(), base);
    }

    fn members(&mut self, mut fields: Vec<&'a Field>, base: u32) {
        fields.sort_by(|a, b| jcs::order(&a.name, &b.name));
        self.object(|writer, first| {
            for field in fields {
                if writer.is_sent(&field.node, base) {
                    writer.name(first, &field.name);
                    writer.node(&field.node, base);
                }
            }
        });
    }

    /// Whether anything is known of a node. A record that need not be sent is left out if nothing in it was sent.
    fn is_sent(&self, node: &Node, base: u32) -> bool {
        match node {
            Node::Scalar { slot, .. }
            | Node::List { slot, .. }
            | Node::Map { slot, .. }
            | Node::Record { presence: Some(slot), .. } => {
                !matches!(self.snapshot.cell(at(base, *slot)), Value::Unknown(_))
            }
            Node::Record { presence: None, fields } => {
                fields.iter().any(|field| self.is_sent(&field.node, base))
            }
        }
    }

    fn node(&mut self, node: &'a Node, base: u32) {
        match node {
            Node::Scalar { slot, scalar, reading } => {
                self.scalar(self.snapshot.cell(at(base, *slot)), *scalar, *reading);
            }
            Node::Record { presence: Some(slot), .. }
                if self.snapshot.cell(at(base, *slot)) == Value::None =>
            {
                self.raw("null");
            }
            Node::Record { fields, .. } => self.record(fields, base),
            Node::List { slot, layout, .. } => match self.snapshot.cell(at(base, *slot)) {
                Value::List(list) => self.list(layout_of(self.program, *layout), list),
                _ => self.raw("null"),
            },
            Node::Map { slot, layout, .. } => match self.snapshot.cell(at(base, *slot)) {
                Value::List(map) => self.map(layout_of(self.program, *layout), map),
                _ => self.raw("null"),
            },
        }
    }

    /// The entries of a map, by key.
    fn map(&mut self, layout: &'a Layout, map: ListRef) {
        let constants = &self.program.constants;
        let key = |entry: u32| match self.snapshot.cell(entry) {
            Value::Str(text) => self.snapshot.text(constants, text),
            _ => "",
        };
        let stride = u32::from(layout.slots);
        let places = (0..map.len).map(|index| map.start.saturating_add(index.saturating_mul(stride)));
        let mut entries: Vec<(&str, u32)> = places.map(|entry| (key(entry), entry)).collect();
        entries.sort_by(|(a, _), (b, _)| jcs::order(a, b));
        let Some(value) = layout.fields.get(1) else { return };
        self.object(|writer, first| {
            for (key, entry) in entries {
                writer.name(first, key);
                writer.node(&value.node, entry);
            }
        });
    }

    fn list(&mut self, layout: &'a Layout, list: ListRef) {
        self.out.push(b'[');
        for index in 0..list.len {
            if index > 0 {
                self.out.push(b',');
            }
            let base = list.start.saturating_add(index.saturating_mul(layout.slots.into()));
            match layout.fields.as_slice() {
                [only] if only.name.is_empty() => self.node(&only.node, base),
                fields => self.record(fields, base),
            }
        }
        self.out.push(b']');
    }

    fn scalar(&mut self, value: Value, scalar: Scalar, reading: Reading) {
        match (value, scalar) {
            (Value::Bool(truth), _) => self.raw(if truth { "true" } else { "false" }),
            (Value::Dec(value), _) => self.decimal(value, scalar, reading),
            (Value::Int(value), Scalar::Duration) => self.duration(value, reading),
            (Value::Int(value), Scalar::Instant) => self.text(&literal::format_instant(value)),
            (Value::Int(value), Scalar::Date) => self.text(&literal::format_date_of(value)),
            (Value::Int(value), Scalar::Size) => self.size(value, reading),
            (Value::Int(value), Scalar::Enum(index)) => {
                let of = self.program.enums.get(usize::from(index));
                let member = usize::try_from(value).ok().and_then(|member| of?.members.get(member));
                self.text(member.map_or("", String::as_str));
            }
            (Value::Int(value), _) => self.raw(&value.to_string()),
            (Value::Str(text) | Value::Version(text), _) => {
                self.text(self.snapshot.text(&self.program.constants, text))
            }
            _ => self.raw("null"),
        }
    }

    fn decimal(&mut self, value: Dec, scalar: Scalar, reading: Reading) {
        match (scalar, reading) {
            (Scalar::Percent, Reading::Fraction) => self.raw(&literal::format_scaled(value, 2)),
            (Scalar::Decimal, _)
            | (Scalar::Percent, Reading::Percent)
            | (Scalar::Points, Reading::Points)
            | (Scalar::Money(_), Reading::Currency) => {
                self.raw(&value.to_string());
            }
            (Scalar::Money(currency), _) => self.text(&literal::format_money(value, currency)),
            (Scalar::Points, _) => self.text(&literal::format_points(value)),
            _ => self.text(&literal::format_percent(value)),
        }
    }

    fn duration(&mut self, value: i64, reading: Reading) {
        let number = reading.nanoseconds().and_then(|unit| literal::format_duration_of(value, unit));
        match number {
            Some(number) => self.raw(&number),
            None => self.text(&literal::format_duration(value)),
        }
    }

    fn size(&mut self, value: i64, reading: Reading) {
        let number = reading.bytes().and_then(|unit| literal::format_size_of(value, unit));
        match number {
            Some(number) => self.raw(&number),
            None => self.text(&literal::format_size(value)),
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A text in quotes with the escapes of RFC 8785.
    fn text(&mut self, text: &str) {
        jcs::string(text, self.out);
    }
}

/// The cell of a slot.
fn at(base: u32, slot: u16) -> u32 {
    base.saturating_add(slot.into())
}
