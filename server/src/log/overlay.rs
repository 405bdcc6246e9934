//! A file that is read and never written: what redb writes while it opens a file, after a crash above all, is kept in
//! memory. So a log can be read from media that cannot be written, and evidence stays as it was found.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

const BLOCK: usize = 4096;

/// The file, and what was written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    len: u64,
    /// Bytes of the file that still count; nought follows them.
    of_file: u64,
    /// Blocks that have been written to, by their number.
    blocks: BTreeMap<u64, [u8; BLOCK]>,
}

impl Overlay {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, state: Mutex::new(State { len, of_file: len, blocks: BTreeMap::new() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block as it stands now.
    fn block(&self, state: &State, number: u64) -> io::Result<[u8; BLOCK]> {
        if let Some(block) = state.blocks.get(&number) {
            return Ok(*block);
        }
        let mut block = [0; BLOCK];
        let start = number.saturating_mul(BLOCK as u64);
        let there = usize::try_from(state.of_file.saturating_sub(start)).unwrap_or(BLOCK).min(BLOCK);
        if let Some(part) = block.get_mut(..there) {
            self.file.read_exact_at(part, start)?;
        }
        Ok(block)
    }
}

/// The parts of a stretch that lie in one block each: the block, the first byte within it, and how many.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let (mut at, mut left) = (offset, len);
    std::iter::from_fn(move || {
        let within = usize::try_from(at.checked_rem(BLOCK as u64)?).ok()?;
        let (number, count) = (at.checked_div(BLOCK as u64)?, left.min(BLOCK.saturating_sub(within)));
        at = at.saturating_add(count as u64);
        left = left.saturating_sub(count);
        (count > 0).then_some((number, within, count))
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let end = offset.saturating_add(out.len() as u64);
        if end > state.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let first = offset.checked_div(BLOCK as u64).unwrap_or(0);
        let last = end.checked_div(BLOCK as u64).unwrap_or(u64::MAX);
        if end <= state.of_file && state.blocks.range(first..=last).next().is_none() {
            return self.file.read_exact_at(out, offset);
        }
        let mut rest = out.iter_mut();
        for (number, within, count) in parts(offset, rest.len()) {
            let block = self.block(&state, number)?;
            block.iter().skip(within).take(count).zip(rest.by_ref().take(count)).for_each(|(b, to)| *to = *b);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        let cut = usize::try_from(len.checked_rem(BLOCK as u64).unwrap_or(0)).unwrap_or(0);
        let last = len.checked_div(BLOCK as u64).unwrap_or(0);
        state.blocks.retain(|number, _| *number <= last);
        if let Some(block) = state.blocks.get_mut(&last) {
            block.iter_mut().skip(cut).for_each(|byte| *byte = 0);
        }
        state.of_file = state.of_file.min(len);
        state.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let mut rest = data.iter();
        for (number, within, count) in parts(offset, data.len()) {
            let mut block = self.block(&state, number)?;
            block.iter_mut().skip(within).take(count).zip(rest.by_ref()).for_each(|(to, b)| *to = *b);
            state.blocks.insert(number, block);
        }
        state.len = state.len.max(offset.saturating_add(data.len() as u64));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Overlay;
    use proptest::prelude::*;
    use redb::StorageBackend;

    proptest! {
        #[test]
        fn it_reads_like_a_file_that_is_written(
            file in proptest::collection::vec(any::<u8>(), 0..10_000),
            steps in proptest::collection::vec((any::<bool>(), 0usize..12_000, 0usize..6000, any::<u8>()), 0..12),
        ) {
            let place = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(place.path(), &file).unwrap();
            let overlay = Overlay::new(std::fs::File::open(place.path()).unwrap()).unwrap();
            let mut expected = file.clone();
            for (write, at, count, byte) in steps {
                if write {
                    expected.resize(expected.len().max(at + count), 0);
                    expected[at..at + count].fill(byte);
                    overlay.write(at as u64, &vec![byte; count]).unwrap();
                } else {
                    expected.resize(at, 0);
                    overlay.set_len(at as u64).unwrap();
                }
                let mut all = vec![1; expected.len()];
                prop_assert_eq!(overlay.len().unwrap(), expected.len() as u64);
                overlay.read(0, &mut all).unwrap();
                prop_assert!(all == expected);
            }
            prop_assert!(overlay.read(expected.len() as u64, &mut [0]).is_err());
            prop_assert!(std::fs::read(place.path()).unwrap() == file);
        }
    }
}
