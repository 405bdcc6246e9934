//! How many bytes of records wait to be committed, so that they are bounded as well as the decisions are.
//!
//! A weight is taken back when what it belongs to is dropped, whatever became of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may wait: four of the longest records, and room for [`super::store`]'s whole queue of usual ones.
pub(super) const LOAD_MAX: usize = 4 * super::record::RECORD_BYTES_MAX;

/// The bytes that wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Load(Arc<AtomicUsize>);

/// Some of them.
#[derive(Debug)]
pub(super) struct Weight {
    load: Load,
    bytes: usize,
}

impl Load {
    /// Adds bytes; `None` where they would be too many.
    pub(super) fn try_add(&self, bytes: usize) -> Option<Weight> {
        let more = |now: usize| now.checked_add(bytes).filter(|sum| *sum <= LOAD_MAX);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Weight { load: self.clone(), bytes })
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.load.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{LOAD_MAX, Load};

    #[test]
    fn what_is_dropped_makes_room() {
        let load = Load::default();
        let most = load.try_add(LOAD_MAX).unwrap();
        assert!(load.try_add(1).is_none() && load.try_add(usize::MAX).is_none());
        assert!(load.try_add(0).is_some());
        drop(most);
        let (_one, two) = (load.try_add(1).unwrap(), load.try_add(LOAD_MAX - 1).unwrap());
        assert!(load.try_add(1).is_none());
        drop(two);
        assert!(load.try_add(LOAD_MAX - 1).is_some());
    }
}
