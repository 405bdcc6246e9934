//! The reader: it walks a layout and the text together.
//!
//! Values are first written into frames on a stack: the root layout's slots at the bottom, and above them the elements
//! of the lists that are being read. When a list ends, its elements move to the snapshot's cells in one piece; lists
//! within its elements have ended before and have moved already. So the elements of every list lie together, however
//! lists are nested.

use holdpoint_isa::Program;
use holdpoint_isa::limits::{CELLS_MAX, REQUEST_DEPTH_MAX};
use holdpoint_isa::program::{Fact, Field, Layout, Node};
use holdpoint_isa::types::Scalar;

use super::error::{Fail, Failure};
use super::json::{self, Raw, Scanner};
use super::{Parts, layout_of, suggest};
use crate::value::{ListRef, Space, StrRef, Value, bytes_of};

/// Memory of the reader, kept from request to request.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Frames of slots.
    stack: Vec<Value>,
    /// For each object that is being read, which of its members beyond the 64th came.
    seen: Vec<u64>,
}

impl Work {
    pub(crate) fn held_bytes(&self) -> usize {
        bytes_of(&self.stack).saturating_add(bytes_of(&self.seen))
    }

    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.seen.clear();
    }

    /// A frame in which every slot is unknown, and where it begins.
    pub(super) fn push_frame(&mut self, layout: &Layout) -> usize {
        let base = self.stack.len();
        let causes = (0..layout.slots).map(|slot| layout.first_cause.saturating_add(slot));
        self.stack.extend(causes.map(Value::Unknown));
        base
    }

    /// Moves the bottom frame to the first cells.
    pub(super) fn finish_root(&self, cells: &mut [Value], slots: usize) {
        if let (Some(to), Some(from)) = (cells.get_mut(..slots), self.stack.get(..slots)) {
            to.copy_from_slice(from);
        }
    }

    #[inline(always)]
    fn set(&mut self, base: usize, slot: u16, value: Value) {
        if let Some(cell) = self.stack.get_mut(base.wrapping_add(usize::from(slot))) {
            *cell = value;
        }
    }

    /// Marks for so many members.
    #[inline(always)]
    fn unseen(&mut self, count: usize) -> Seen {
        let words = self.seen.len();
        if count > 64 {
            self.seen.resize(words.saturating_add(count.div_ceil(64)), 0);
        }
        Seen { count: 0, first: 0, words }
    }
}

/// Which of the members of an object came.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// How many.
    count: usize,
    /// A bit for each of the first 64.
    first: u64,
    /// Where the words for further ones begin in [`Work`].
    words: usize,
}

impl Seen {
    /// Marks a member, and says whether it was marked before.
    #[inline(always)]
    fn mark(&mut self, work: &mut Work, index: usize) -> bool {
        let word = match index.checked_sub(64) {
            None => &mut self.first,
            Some(further) => match work.seen.get_mut(self.words.saturating_add(further / 64)) {
                Some(word) => word,
                None => return false,
            },
        };
        let before = *word & bit(index) != 0;
        *word |= bit(index);
        self.count = self.count.wrapping_add(1);
        before
    }

    fn has(&self, work: &Work, index: usize) -> bool {
        let word = match index.checked_sub(64) {
            None => self.first,
            Some(further) => {
                work.seen.get(self.words.saturating_add(further / 64)).copied().unwrap_or_default()
            }
        };
        word & bit(index) != 0
    }
}

/// The bit of a member in its word.
const fn bit(index: usize) -> u64 {
    1u64.wrapping_shl((index % 64) as u32)
}

/// Reads one document.
pub(super) struct Reader<'a> {
    pub(super) program: &'a Program,
    text: &'a str,
    pub(super) scan: Scanner<'a>,
    /// Where the document is kept; texts without escapes need no copy if that is the body.
    pub(super) space: Space,
    pub(super) scratch: &'a mut String,
    cells: &'a mut Vec<Value>,
    work: &'a mut Work,
}

/// Things with names that a document may have as members.
trait Named {
    /// What a message calls one.
    const WHAT: &'static str;
    fn name(&self) -> &str;
}

impl Named for Field {
    const WHAT: &'static str = "member";
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Fact {
    const WHAT: &'static str = "fact";
    fn name(&self) -> &str {
        &self.field.name
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(program: &'a Program, text: &'a str, space: Space, parts: Parts<'a>) -> Self {
        let Parts { scratch, cells, work } = parts;
        Self { program, text, scan: Scanner::new(text), space, scratch, cells, work }
    }

    /// Reads the whole text, which must be an object.
    ///
    /// A text that is not JSON is said to be so, wherever the fault lies, and whatever the layout has to say about what
    /// stands before it.
    pub(super) fn document(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Fail>) -> Result<(), Fail> {
        if self.text.starts_with('\u{feff}') {
            return Err(Failure::byte_order_mark());
        }
        self.scan.space();
        let outcome = read(self).and_then(|()| self.scan.end());
        outcome.map_err(
            |fail| if fail.is_syntax() { fail } else { json::check(self.text).err().unwrap_or(fail) },
        )
    }

    /// The body of a request; its frame is the bottom one.
    pub(super) fn request(&mut self, root: &'a Layout) -> Result<(), Fail> {
        self.record(&root.fields, 0, 1)
    }

    /// The facts that the caller does not send, whose slots are in the bottom frame too. One that is left out is
    /// unknown.
    pub(super) fn facts(&mut self) -> Result<(), Fail> {
        let facts = &self.program.facts;
        self.members(facts, 1, |reader, fact| reader.field(&fact.field, 0, 1))?;
        Ok(())
    }

    /// An object with these members.
    fn record(&mut self, fields: &'a [Field], base: usize, depth: u32) -> Result<(), Fail> {
        let open = self.scan.at;
        let seen = self.members(fields, depth, |reader, field| reader.field(field, base, depth))?;
        if seen.count < fields.len() {
            self.none_missing(fields, seen, open)?;
        }
        self.work.seen.truncate(seen.words);
        Ok(())
    }

    /// Fails where a member that may not be left out did not come.
    fn none_missing(&self, fields: &[Field], seen: Seen, open: usize) -> Result<(), Fail> {
        let missing = |(index, field): &(usize, &Field)| {
            !seen.has(self.work, *index) && !may_be_left_out(field, REQUEST_DEPTH_MAX)
        };
        match fields.iter().enumerate().find(missing) {
            Some((_, field)) => Err(Failure::missing_member(open, &field.name)),
            None => Ok(()),
        }
    }

    /// An object whose members are among `known`. Gives which of them came.
    fn members<T: Named>(
        &mut self,
        known: &'a [T],
        depth: u32,
        read: impl Fn(&mut Self, &'a T) -> Result<(), Fail>,
    ) -> Result<Seen, Fail> {
        if self.scan.peek() != Some(b'{') {
            return self.mismatch("an object");
        }
        self.scan.open(depth)?;
        let mut seen = self.work.unseen(known.len());
        let mut expected = 0;
        let mut more = !self.scan.skip(b'}');
        while more {
            self.scan.space();
            let at = self.scan.at;
            let (index, member) = self.find(known, expected, &seen, depth)?;
            if seen.mark(self.work, index) {
                let name = member.name();
                return Err(Failure::duplicate_member(at, T::WHAT, name).within(name));
            }
            read(self, member).map_err(|fail| fail.within(member.name()))?;
            expected = index.wrapping_add(1);
            more = self.scan.more(b'}')?;
        }
        Ok(seen)
    }

    /// The member whose name comes next. Senders keep to an order, so the one after the last is tried first.
    #[inline(always)]
    fn find<T: Named>(
        &mut self,
        known: &'a [T],
        expected: usize,
        seen: &Seen,
        depth: u32,
    ) -> Result<(usize, &'a T), Fail> {
        match known.get(expected) {
            Some(member) if self.scan.skip_key(member.name()) => Ok((expected, member)),
            _ => self.look_for(known, seen, depth),
        }
    }

    /// The member whose name comes next, wherever it stands in the layout.
    fn look_for<T: Named>(
        &mut self,
        known: &'a [T],
        seen: &Seen,
        depth: u32,
    ) -> Result<(usize, &'a T), Fail> {
        let key = self.scan.key()?;
        let found =
            self.transient(key, |name| known.iter().enumerate().find(|(_, member)| member.name() == name))?;
        match found {
            Some(found) => Ok(found),
            None => Err(self.unknown(known, key, seen, depth)),
        }
    }

    fn unknown<T: Named>(&mut self, known: &'a [T], key: Raw<'a>, seen: &Seen, depth: u32) -> Fail {
        let mut name = String::new();
        if let Err(fail) = json::unescape(key, &mut name) {
            return fail;
        }
        let root = depth == 1 && T::WHAT == Field::WHAT;
        if let Some(fact) = self.program.facts.iter().find(|fact| root && fact.field.name == name) {
            let fail = Failure::not_claimed(quote_of(key), &name, fact.provenance.word());
            return fail.within_sent(&name);
        }
        let left = known.iter().enumerate().filter(|(index, _)| !seen.has(self.work, *index));
        let help = suggest::help(&name, left.map(|(_, member)| member.name()));
        Failure::unknown_member(quote_of(key), T::WHAT, &name, help).within_sent(&name)
    }

    /// The value of a member.
    fn field(&mut self, field: &'a Field, base: usize, depth: u32) -> Result<(), Fail> {
        if self.scan.peek() == Some(b'n') {
            return self.none(field, base);
        }
        match &field.node {
            Node::Scalar { slot, scalar, reading } => {
                let value = self.scalar(*scalar, *reading)?;
                self.work.set(base, *slot, value);
            }
            Node::Record { presence, fields } => {
                self.record(fields, base, depth.saturating_add(1))?;
                if let Some(slot) = presence {
                    self.work.set(base, *slot, Value::Bool(true));
                }
            }
            Node::Map { slot, layout, max } => {
                let value = self.map(layout_of(self.program, *layout), *max, depth.saturating_add(1))?;
                self.work.set(base, *slot, value);
            }
            Node::List { slot, layout, max } => {
                let value = self.list(layout_of(self.program, *layout), *max, depth.saturating_add(1))?;
                self.work.set(base, *slot, value);
            }
        }
        Ok(())
    }

    /// `null` for a member.
    fn none(&mut self, field: &Field, base: usize) -> Result<(), Fail> {
        let at = self.scan.at;
        self.null()?;
        if !field.optional {
            return Err(Failure::unexpected_null(at, self.expected(&field.node)));
        }
        set_none(&field.node, base, self.work, REQUEST_DEPTH_MAX);
        Ok(())
    }

    fn null(&mut self) -> Result<Value, Fail> {
        self.scan.word("null").map(|()| Value::None)
    }

    fn list(&mut self, layout: &'a Layout, max: u32, depth: u32) -> Result<Value, Fail> {
        let open = self.scan.at;
        if self.scan.peek() != Some(b'[') {
            return self.mismatch("a list");
        }
        self.scan.open(depth)?;
        let bottom = self.work.stack.len();
        let mut len = 0u32;
        let mut more = !self.scan.skip(b']');
        while more {
            if len >= max {
                return Err(Failure::list_too_long(open, max));
            }
            self.scan.space();
            self.element(layout, depth).map_err(|fail| fail.within_element(len))?;
            len = len.saturating_add(1);
            more = self.scan.more(b']')?;
        }
        Ok(self.close(bottom, len))
    }

    /// Moves the elements that were read to the cells.
    fn close(&mut self, bottom: usize, len: u32) -> Value {
        let start = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.cells.extend_from_slice(self.work.stack.get(bottom..).unwrap_or_default());
        self.work.stack.truncate(bottom);
        Value::List(ListRef { start, len })
    }

    /// An object whose members are the entries of a map; their layout is a key and a value.
    fn map(&mut self, layout: &'a Layout, max: u32, depth: u32) -> Result<Value, Fail> {
        let [Field { node: Node::Scalar { scalar: Scalar::Str { max: longest }, .. }, .. }, value] =
            layout.fields.as_slice()
        else {
            return self.mismatch("no map");
        };
        let open = self.scan.at;
        if self.scan.peek() != Some(b'{') {
            return self.mismatch("an object");
        }
        self.scan.open(depth)?;
        let bottom = self.work.stack.len();
        let mut len = 0u32;
        let mut more = !self.scan.skip(b'}');
        while more {
            if len >= max {
                return Err(Failure::map_too_long(open, max));
            }
            self.room(layout)?;
            let key = self.scan.key()?;
            self.entry(layout, key, *longest, value, (bottom, depth))?;
            len = len.saturating_add(1);
            more = self.scan.more(b'}')?;
        }
        Ok(self.close(bottom, len))
    }

    /// An entry of a map, behind its key; `frames` says where the entries begin on the stack, and how deep they lie.
    fn entry(
        &mut self,
        layout: &'a Layout,
        key: Raw<'a>,
        longest: u32,
        value: &'a Field,
        frames: (usize, u32),
    ) -> Result<(), Fail> {
        let kept = self.keep(key, longest)?;
        let entries = self.work.stack.get(frames.0..).unwrap_or_default();
        let keys = entries.iter().step_by(usize::from(layout.slots).max(1));
        let text = self.kept(kept);
        let twice = |other: &Value| matches!(other, Value::Str(other) if self.kept(*other) == text);
        if keys.into_iter().any(twice) {
            return Err(Failure::duplicate_member(quote_of(key), "key", text).within_sent(text));
        }
        let base = self.work.push_frame(layout);
        self.work.set(base, 0, Value::Str(kept));
        let read = self.field(value, base, frames.1);
        read.map_err(|fail| fail.within_entry(self.kept(kept)))
    }

    /// The bytes of a text of this document.
    fn kept(&self, text: StrRef) -> &str {
        let whole = if text.space == Space::Body { self.text } else { self.scratch.as_str() };
        let start = usize::try_from(text.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(text.len).unwrap_or(usize::MAX));
        whole.get(start..end).unwrap_or_default()
    }

    /// Refuses one more element where the cells are used up.
    fn room(&self, layout: &Layout) -> Result<(), Fail> {
        let needed =
            self.cells.len().saturating_add(self.work.stack.len()).saturating_add(layout.slots.into());
        if u64::try_from(needed).unwrap_or(u64::MAX) > CELLS_MAX {
            return Err(Failure::too_many_values(self.scan.at));
        }
        Ok(())
    }

    /// An element: an object, or a bare value where the layout's only member has no name.
    fn element(&mut self, layout: &'a Layout, depth: u32) -> Result<(), Fail> {
        self.room(layout)?;
        let base = self.work.push_frame(layout);
        match layout.fields.as_slice() {
            [only] if only.name.is_empty() => self.field(only, base, depth),
            fields => self.record(fields, base, depth.saturating_add(1)),
        }
    }

    /// Fails because another type was expected here.
    pub(super) fn mismatch<T>(&self, expected: &str) -> Result<T, Fail> {
        let found = match self.scan.peek() {
            Some(b'"') => "a text",
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "a truth value",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => return self.scan.fail("a value"),
        };
        Err(Failure::wrong_type(self.scan.at, expected, found))
    }

    /// Shows a text without its escapes to `look`, and keeps nothing of it.
    pub(super) fn transient<R>(&mut self, raw: Raw<'_>, look: impl FnOnce(&str) -> R) -> Result<R, Fail> {
        if !raw.escaped {
            return Ok(look(raw.text));
        }
        let mark = self.scratch.len();
        json::unescape(raw, self.scratch)?;
        let result = look(self.scratch.get(mark..).unwrap_or_default());
        self.scratch.truncate(mark);
        Ok(result)
    }
}

/// Where the opening quote of a text stands.
pub(super) const fn quote_of(raw: Raw<'_>) -> usize {
    raw.start.saturating_sub(1)
}

/// Whether a member may be left out: it is optional, or a record in which everything may be.
///
/// `levels` bounds the walk, should a module nest records deeper than a request can be.
fn may_be_left_out(field: &Field, levels: u32) -> bool {
    let all = |fields: &[Field]| match levels.checked_sub(1) {
        Some(levels) => fields.iter().all(|field| may_be_left_out(field, levels)),
        None => false,
    };
    field.optional || matches!(&field.node, Node::Record { fields, .. } if all(fields))
}

/// Sets every slot of a node to none. Slots deeper than a request can be stay unknown.
fn set_none(node: &Node, base: usize, work: &mut Work, levels: u32) {
    match node {
        Node::Scalar { slot, .. } | Node::List { slot, .. } | Node::Map { slot, .. } => {
            work.set(base, *slot, Value::None)
        }
        Node::Record { presence, fields } => {
            if let Some(slot) = presence {
                work.set(base, *slot, Value::None);
            }
            let Some(levels) = levels.checked_sub(1) else { return };
            for field in fields {
                set_none(&field.node, base, work, levels);
            }
        }
    }
}
