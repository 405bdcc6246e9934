//! A disk in memory that forgets what was not synced, fails when told to, and can be held still.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use redb::StorageBackend;

/// Which calls fail from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Sync,
    Write,
    SetLen,
}

#[derive(Debug, Default)]
struct State {
    cached: Vec<u8>,
    durable: Vec<u8>,
    fault: Option<Fault>,
    held: bool,
    /// How many syncs wait for the disk to be released.
    waiting: u32,
    syncs: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<(Mutex<State>, Condvar)>);

impl Disk {
    /// The disk as a power cut leaves it.
    pub(super) fn after_power_cut(&self) -> Self {
        let state = self.0.0.lock().unwrap();
        let (cached, durable) = (state.durable.clone(), state.durable.clone());
        Self(Arc::new((Mutex::new(State { cached, durable, ..State::default() }), Condvar::new())))
    }

    /// The disk as a restart of the process leaves it: what was written is there, synced or not.
    pub(super) fn as_cached(&self) -> Self {
        let state = self.0.0.lock().unwrap();
        let (cached, durable) = (state.cached.clone(), state.durable.clone());
        Self(Arc::new((Mutex::new(State { cached, durable, ..State::default() }), Condvar::new())))
    }

    pub(super) fn fail(&self, fault: Option<Fault>) {
        self.0.0.lock().unwrap().fault = fault;
    }

    /// Lets no sync return until the disk is released.
    pub(super) fn hold(&self) {
        self.0.0.lock().unwrap().held = true;
    }

    /// Waits until a sync waits for the disk to be released.
    pub(super) fn wait_until_held(&self) {
        let mut state = self.0.0.lock().unwrap();
        while state.waiting == 0 {
            state = self.0.1.wait(state).unwrap();
        }
    }

    pub(super) fn release(&self) {
        self.0.0.lock().unwrap().held = false;
        self.0.1.notify_all();
    }

    pub(super) fn syncs(&self) -> u64 {
        self.0.0.lock().unwrap().syncs
    }

    fn check(state: &State, fault: Fault) -> io::Result<()> {
        if state.fault == Some(fault) { Err(io::Error::other("the disk fails as told")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.0.lock().unwrap().cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.0.lock().unwrap();
        let start = offset as usize;
        out.copy_from_slice(&state.cached[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.0.lock().unwrap();
        Self::check(&state, Fault::SetLen)?;
        state.cached.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.0.lock().unwrap();
        state.waiting += 1;
        self.0.1.notify_all();
        while state.held {
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting -= 1;
        Self::check(&state, Fault::Sync)?;
        state.durable = state.cached.clone();
        state.syncs += 1;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.0.lock().unwrap();
        Self::check(&state, Fault::Write)?;
        let start = offset as usize;
        state.cached[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
