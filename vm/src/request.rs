//! Reading a request: a JSON body straight into the slots of a [`Snapshot`], in one pass, by a module's layout.
//!
//! The layout drives the reader, so that nothing is built that no rule could ask for, and whatever the layout does not
//! know is refused: an unknown member, a duplicate one, a list or a text that is too long. Nothing is clipped, rounded
//! or guessed (rules `request.*`).
//!
//! `null` is none; an optional member that was left out is unknown. These are two things, and the reader is where they
//! part.
//!
//! Reading valid input into a used snapshot allocates nothing. What is wrong is described with care instead: a JSON
//! pointer, a position, what was expected and, for a name, the names that are near.
//!
//! Reading order: [`mod@error`], `json`, `reader`, `scalar`, `suggest`, `canonical`.

mod canonical;
pub mod error;
mod json;
mod reader;
mod scalar;
mod suggest;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests;

use holdpoint_isa::Program;
use holdpoint_isa::limits::REQUEST_BYTES_MAX;
use holdpoint_isa::program::Layout;

pub use error::{Document, RequestError, RequestErrorKind};

use crate::snapshot::Snapshot;
use crate::value::{Space, Value};
use error::{Fail, Failure};
use reader::Reader;
pub(crate) use reader::Work;

/// Stands in for a layout that a module names and does not have; a verified module never needs it.
static NO_LAYOUT: Layout = Layout { slots: 0, first_cause: 0, fields: Vec::new() };

/// The layout with this index.
fn layout_of(program: &Program, index: u16) -> &Layout {
    program.layouts.get(usize::from(index)).unwrap_or(&NO_LAYOUT)
}

impl Snapshot {
    /// Reads a request and the facts that its caller does not send into the slots that a module lays out.
    ///
    /// `body` is a JSON object by the root layout; `signals` is a JSON object by the names of the module's facts, or
    /// empty where none is known. After an error the snapshot is empty, and everything in it unknown.
    pub fn read(&mut self, program: &Program, body: &[u8], signals: &[u8]) -> Result<(), RequestError> {
        self.clear();
        let outcome = self.read_both(program, body, signals);
        if outcome.is_err() {
            self.clear();
        }
        outcome
    }

    /// Forgets everything and keeps the memory.
    fn clear(&mut self) {
        self.body.clear();
        self.scratch.clear();
        self.cells.clear();
        self.work.clear();
    }

    fn read_both(&mut self, program: &Program, body: &[u8], signals: &[u8]) -> Result<(), RequestError> {
        let Self { body: kept, scratch, cells, work } = self;
        let root = layout_of(program, 0);
        let slots = usize::from(root.slots);
        cells.resize(slots, Value::UNSET);
        work.push_frame(root);

        kept.push_str(utf8(body).map_err(|fail| fail.finish(Document::Body, body))?);
        let mut reader = Reader::new(program, kept, Space::Body, Parts { scratch, cells, work });
        reader.document(|reader| reader.request(root)).map_err(|fail| fail.finish(Document::Body, body))?;

        if !signals.is_empty() {
            let fail_with = |fail: Fail| fail.finish(Document::Signals, signals);
            let text = utf8(signals).map_err(fail_with)?;
            let mut reader = Reader::new(program, text, Space::Scratch, Parts { scratch, cells, work });
            reader.document(Reader::facts).map_err(fail_with)?;
        }
        self.work.finish_root(&mut self.cells, slots);
        Ok(())
    }
}

/// The parts of a snapshot that a reader writes.
struct Parts<'a> {
    scratch: &'a mut String,
    cells: &'a mut Vec<Value>,
    work: &'a mut Work,
}

/// The text of a document that is neither too large nor anything but UTF-8.
fn utf8(bytes: &[u8]) -> Result<&str, Fail> {
    let max = usize::try_from(REQUEST_BYTES_MAX).unwrap_or(usize::MAX);
    if bytes.len() > max {
        return Err(Failure::body_too_large(bytes.len()));
    }
    std::str::from_utf8(bytes).map_err(|error| Failure::bad_utf8(error.valid_up_to()))
}
