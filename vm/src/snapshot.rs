//! What a decision is made from: the request and the signals, in slots.

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
    pub fn slot(&self, slot: u16) -> Value {
        self.cells.get(usize::from(slot)).copied().unwrap_or(Value::UNSET)
    }

    /// The value in a cell; unknown past the end.
    pub fn cell(&self, index: u32) -> Value {
        usize::try_from(index).ok().and_then(|index| self.cells.get(index)).copied().unwrap_or(Value::UNSET)
    }

    /// The bytes of a text, given the module's constants.
    pub fn text<'a>(&'a self, constants: &'a [Const], text: StrRef) -> &'a str {
        let stretch = |whole: &'a str| {
            let start = usize::try_from(text.start).ok()?;
            whole.get(start..start.checked_add(usize::try_from(text.len).ok()?)?)
        };
        let found = match text.space {
            Space::Body => stretch(&self.body),
            Space::Scratch => stretch(&self.scratch),
            Space::Constant => {
                match usize::try_from(text.start).ok().and_then(|index| constants.get(index)) {
                    Some(Const::Str(words) | Const::Version(words)) => Some(words.as_str()),
                    _ => None,
                }
            }
        };
        found.unwrap_or_default()
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
