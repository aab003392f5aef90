//! Card memory: the region table, mirrored, and what is resident in it.

use crate::job::Job;
use crate::object::{Pin, Specification};
use crate::ranges::{FreeList, Owners};
use crate::session::Session;
use crate::sync::{lock, wait_until};
use crate::{CardError, JobError, staging};
use gristmill_protocol::{Handle, Operation};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longest sleep between two looks at pins, which are dropped without the lock.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Regions begin at its multiples, where bursts and rows of DRAM do: a transform in two passes over data that do not
/// takes a tenth longer.
const PAGE_BYTES: u64 = 4096;

pub(crate) struct Memory {
    pub(crate) session: Arc<Session>,
    bytes: u64,
    regions: u32,
    state: Mutex<State>,
    /// A pin was dropped, or an object was loaded.
    changed: Condvar,
    /// Objects without a user. A mutex of its own, held for no time: they are dropped in any
    /// thread, while another one holds the state and waits for the card.
    orphans: Mutex<Vec<u64>>,
}

struct State {
    epoch: u64,
    free: FreeList,
    owners: Owners,
    /// Entries of the region table that are free.
    regions: Vec<u16>,
    objects: BTreeMap<u64, Entry>,
    next_object: u64,
    clock: u64,
}

#[derive(Default)]
struct Entry {
    residency: Option<Residency>,
    last_use: u64,
    orphaned: bool,
}

struct Residency {
    handle: Handle,
    base: u64,
    bytes: u64,
    contents: Contents,
    /// Shared with every [`Pin`]: the object may leave when this is the only one.
    token: Arc<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    Missing,
    Loading,
    Ready,
}

/// An object in its region.
pub(crate) enum Reserved {
    /// With its contents.
    Ready(Pin),
    /// The caller has to load it, and to tell [`Memory::loaded`].
    Empty(Pin),
}

impl Memory {
    pub(crate) fn new(session: Arc<Session>, bytes: u64, regions: u32) -> Self {
        let state = State {
            epoch: session.epoch(),
            free: FreeList::new(bytes),
            owners: Owners::default(),
            regions: all_regions(regions),
            objects: BTreeMap::new(),
            next_object: 0,
            clock: 0,
        };
        Self {
            session,
            bytes,
            regions,
            state: Mutex::new(state),
            changed: Condvar::new(),
            orphans: Mutex::default(),
        }
    }

    /// A name for a new object, which is not resident yet.
    pub(crate) fn register(&self) -> u64 {
        let mut state = lock(&self.state);
        state.next_object += 1;
        let id = state.next_object;
        state.objects.insert(id, Entry::default());
        id
    }

    /// Nobody will ask for this object any more.
    pub(crate) fn orphan(&self, id: u64) {
        lock(&self.orphans).push(id);
    }

    /// A pin was dropped.
    pub(crate) fn unpinned(&self) {
        self.changed.notify_all();
    }

    /// Gives the object a region, unless it has one, and pins it there. Waits for others' pins and
    /// loads at most until `deadline`.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        id: u64,
        specification: &Specification,
        deadline: Instant,
    ) -> Result<Reserved, CardError> {
        let begun = Instant::now();
        let mut state = lock(&self.state);
        loop {
            self.follow_resets(&mut state);
            state.clock += 1;
            let (clock, epoch) = (state.clock, state.epoch);
            let entry = state.objects.entry(id).or_default();
            entry.last_use = clock;
            match &mut entry.residency {
                None => match self.place(&mut state, id, specification, deadline) {
                    Ok(()) => continue,
                    Err(CardError::OutOfMemory { .. } | CardError::OutOfRegions { .. })
                        if state.anything_pinned() && Instant::now() < deadline => {}
                    Err(error) => return Err(error),
                },
                Some(residency) => {
                    let token = residency.token.clone();
                    let pin = Pin::new(self.clone(), token, residency.handle, epoch);
                    match residency.contents {
                        Contents::Ready => return Ok(Reserved::Ready(pin)),
                        Contents::Missing => {
                            residency.contents = Contents::Loading;
                            return Ok(Reserved::Empty(pin));
                        }
                        Contents::Loading if Instant::now() >= deadline => {
                            return Err(CardError::TimedOut {
                                what: "another thread's loading of the same object",
                                waited: begun.elapsed(),
                            });
                        }
                        Contents::Loading => {}
                    }
                }
            }
            let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
            (state, _) = wait_until(&self.changed, state, look_again);
        }
    }

    /// The object that `pin` holds has been loaded, or has not.
    pub(crate) fn loaded(&self, id: u64, pin: &Pin, success: bool) {
        let mut state = lock(&self.state);
        let entry = state.objects.get_mut(&id);
        if let Some(residency) = entry.and_then(|entry| entry.residency.as_mut())
            && pin.holds(&residency.token)
        {
            residency.contents = match success {
                true => Contents::Ready,
                false => Contents::Missing,
            };
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Sets a region for the object, making room by sending away what was not used for longest.
    fn place(
        &self,
        state: &mut State,
        id: u64,
        specification: &Specification,
        deadline: Instant,
    ) -> Result<(), CardError> {
        let Specification { kind, domain, .. } = *specification;
        let bytes = specification.bytes.next_multiple_of(PAGE_BYTES);
        // Each turn but the last sends one resident object away, or fails by the deadline.
        let (base, index) = loop {
            if let Some(index) = state.regions.last().copied()
                && let Some(base) = state.free.take(bytes)
            {
                state.regions.pop();
                break (base, index);
            }
            let leaving = state.least_recently_used().filter(|_| bytes <= self.bytes);
            match leaving {
                Some(leaving) => self.evict(state, leaving, deadline)?,
                None if state.free.largest() >= bytes => {
                    let regions = self.regions;
                    return Err(CardError::OutOfRegions { regions });
                }
                None => {
                    return Err(CardError::OutOfMemory {
                        wanted: bytes,
                        free: state.free.total(),
                        largest: state.free.largest(),
                    });
                }
            }
        };
        let wipe = !state.owners.all_of(base..base + bytes, domain);
        let operation = Operation::RegionSet {
            index,
            kind,
            domain,
            base,
            length: bytes,
            wipe,
        };
        let generation = match self.admin(operation, if wipe { bytes } else { 0 }, deadline) {
            Ok(generation) => generation as u32,
            Err(error) => {
                // After a refusal the table is as it was. Otherwise nobody knows, and the range
                // stays out of use until the next reset.
                if let CardError::Job(JobError::Refused { .. }) = error {
                    state.free.give(base, bytes);
                    state.regions.push(index);
                }
                return Err(error);
            }
        };
        state.owners.set(base..base + bytes, domain);
        state.objects.entry(id).or_default().residency = Some(Residency {
            handle: Handle { index, generation },
            base,
            bytes,
            contents: match specification.source {
                Some(_) => Contents::Missing,
                None => Contents::Ready,
            },
            token: Arc::default(),
        });
        Ok(())
    }

    fn evict(&self, state: &mut State, id: u64, deadline: Instant) -> Result<(), CardError> {
        let Some(entry) = state.objects.get_mut(&id) else {
            return Ok(());
        };
        let residency = entry.residency.take();
        if entry.orphaned {
            state.objects.remove(&id);
        } else {
            lock(&self.session.counters).evictions += 1;
        }
        if let Some(residency) = residency {
            let index = residency.handle.index;
            self.admin(Operation::RegionClear { index }, 0, deadline)?;
            state.regions.push(index);
            state.free.give(residency.base, residency.bytes);
        }
        Ok(())
    }

    /// Runs an operation on the admin queue that writes `bytes` of card memory; its detail.
    fn admin(&self, operation: Operation, bytes: u64, deadline: Instant) -> Result<u64, CardError> {
        let job = Job::new(operation, staging::copy_cycles(bytes));
        let ticket = self.session.submit_admin(job, deadline)?;
        Ok(ticket.wait(deadline)?.detail)
    }

    /// Lets go of objects without a user, and of all residencies if the card was reset.
    fn follow_resets(&self, state: &mut State) {
        for id in std::mem::take(&mut *lock(&self.orphans)) {
            if let Some(entry) = state.objects.get_mut(&id) {
                entry.orphaned = true;
            }
        }
        let epoch = self.session.epoch();
        if epoch != state.epoch {
            state.epoch = epoch;
            state.free = FreeList::new(self.bytes);
            state.regions = all_regions(self.regions);
            for entry in state.objects.values_mut() {
                entry.residency = None;
            }
        }
        state
            .objects
            .retain(|_, entry| !entry.orphaned || entry.residency.is_some());
    }
}

impl State {
    /// The object to send away next: one without a user, else the one not used for longest.
    fn least_recently_used(&self) -> Option<u64> {
        let idle = self.objects.iter().filter(|(_, entry)| {
            let residency = entry.residency.as_ref();
            residency.is_some_and(|residency| Arc::strong_count(&residency.token) == 1)
        });
        let next = idle.min_by_key(|(_, entry)| (!entry.orphaned, entry.last_use));
        next.map(|(id, _)| *id)
    }

    fn anything_pinned(&self) -> bool {
        let mut residencies = self.objects.values().flat_map(|entry| &entry.residency);
        residencies.any(|residency| Arc::strong_count(&residency.token) > 1)
    }
}

/// All entries of the region table, the first one last.
fn all_regions(count: u32) -> Vec<u16> {
    (0..count.min(1 << 16))
        .rev()
        .map(|index| index as u16)
        .collect()
}
