//! All decisions of a log in the order of their numbers.
//!
//! Each stretch is read in a transaction of its own, so that a long walk does not hold old pages of the file.

use std::vec;

use super::{DecisionLog, ReadError, Stored};

/// An iterator over decisions, from one number to the end of the log. A damaged decision is an error in its place; an
/// error of another kind ends the walk.
pub struct Scan<'a> {
    log: &'a dyn DecisionLog,
    next: u64,
    stretch: vec::IntoIter<Result<Stored, ReadError>>,
    ended: bool,
}

impl<'a> Scan<'a> {
    /// Walks from this number on.
    pub fn from(log: &'a dyn DecisionLog, first: u64) -> Self {
        Self { log, next: first.max(1), stretch: Vec::new().into_iter(), ended: false }
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<Stored, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if let Some(item) = self.stretch.next() {
            self.next = self.next.saturating_add(1);
            return Some(item);
        }
        match self.log.stretch(self.next) {
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
            Ok(stretch) => {
                self.stretch = stretch.into_iter();
                self.ended = self.stretch.len() == 0;
                if self.ended { None } else { self.next() }
            }
        }
    }
}
