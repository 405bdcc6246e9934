//! What a decision is made from: the request and the signals, in slots.

use std::ops::Range;

use holdpoint_isa::program::Const;

use crate::request::Work;
use crate::value::{ListRef, Space, StrRef, Value, bytes_of};

/// The facts of one decision. A snapshot is reused from request to request and then allocates nothing.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The request as it was sent; texts without escapes point into it.
    pub(crate) body: String,
    /// Texts that had escapes, and texts of signals.
    pub(crate) scratch: String,
    /// The slots of the root layout, then the elements of lists.
    pub(crate) cells: Vec<Value>,
    /// Memory of the reader.
    pub(crate) work: Work,
}

impl Snapshot {
    /// An empty snapshot.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of memory that are kept for the next request. They only grow, to what the largest request needed.
    pub fn held_bytes(&self) -> usize {
        let texts = self.body.capacity().saturating_add(self.scratch.capacity());
        texts.saturating_add(bytes_of(&self.cells)).saturating_add(self.work.held_bytes())
    }

    /// The value in a slot of the root layout; unknown where there is no such slot.
    #[inline]
    pub fn slot(&self, slot: u16) -> Value {
        self.cells.get(usize::from(slot)).copied().unwrap_or(Value::UNSET)
    }

    /// The value in a cell; unknown past the end.
    #[inline]
    pub fn cell(&self, index: u32) -> Value {
        usize::try_from(index).ok().and_then(|index| self.cells.get(index)).copied().unwrap_or(Value::UNSET)
    }

    /// A text, given the module's constants.
    pub fn text<'a>(&'a self, constants: &'a [Const], text: StrRef) -> &'a str {
        let whole = match text.space {
            Space::Body => self.body.as_str(),
            Space::Scratch => self.scratch.as_str(),
            Space::Constant => return constant(constants, text),
        };
        range(text).and_then(|range| whole.get(range)).unwrap_or_default()
    }

    /// The bytes of a text. To compare them takes no look at where characters begin.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, constants: &'a [Const], text: StrRef) -> &'a [u8] {
        let whole = match text.space {
            Space::Body => self.body.as_bytes(),
            Space::Scratch => self.scratch.as_bytes(),
            Space::Constant => return constant(constants, text).as_bytes(),
        };
        range(text).and_then(|range| whole.get(range)).unwrap_or_default()
    }

    /// How many cells there are; lists that the machine builds lie behind them.
    pub(crate) fn cell_count(&self) -> u32 {
        u32::try_from(self.cells.len()).unwrap_or(u32::MAX)
    }

    /// A list's cells, where it was sent and not built.
    pub fn list_cells(&self, list: ListRef, stride: u16) -> &[Value] {
        let range = || {
            let start = usize::try_from(list.start).ok()?;
            let len = usize::try_from(list.len).ok()?.checked_mul(usize::from(stride))?;
            self.cells.get(start..start.checked_add(len)?)
        };
        range().unwrap_or_default()
    }
}

/// Where a text lies within its space.
fn range(text: StrRef) -> Option<Range<usize>> {
    let start = usize::try_from(text.start).ok()?;
    Some(start..start.checked_add(usize::try_from(text.len).ok()?)?)
}

/// A text among the constants.
fn constant(constants: &[Const], text: StrRef) -> &str {
    match usize::try_from(text.start).ok().and_then(|index| constants.get(index)) {
        Some(Const::Str(words) | Const::Version(words)) => words,
        _ => "",
    }
}
