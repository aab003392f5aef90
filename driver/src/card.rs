//! One card, opened.

use crate::job::Job;
use crate::memory::Memory;
use crate::ntt::TableCache;
use crate::object::{Object, Specification};
use crate::registers::Registers;
use crate::session::Session;
use crate::sync::{Worker, lock};
use crate::{Bases, BasesSource, CardError, DmaVec, Loss, Ticket, Transport};
use bytemuck::Pod;
use gristmill_protocol::{Capabilities, EngineCapability, EngineKind, Operation, RegionKind};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How a card is used.
#[derive(Clone, Debug)]
pub struct CardOptions {
    /// One queue pair for each entry, serving that domain. The first one is the admin queue too.
    pub queue_domains: Vec<u8>,
    /// Binary logarithm of the entries of each ring, 1 to 12.
    pub ring_log2: u32,
    /// Longest wait for an interrupt before the rings are looked at without one.
    pub interrupt_patience: Duration,
    /// Time between two looks at the card's registers while a job is in flight.
    pub liveness_interval: Duration,
    /// The card has stopped when nothing moves for this long (wall time) while a job is in flight.
    pub stopped_after: Duration,
    /// An engine hangs when it is busy and does not advance for this many core cycles.
    pub hung_after_cycles: u64,
    /// A job may take this many times the cycles predicted for it and for the jobs ahead.
    pub deadline_margin: u64,
    /// Bytes of each of the two buffers through which resident objects are loaded.
    pub staging_bytes: usize,
    /// Wall time for a reset, and for the loading of [`Card::load_bases`].
    pub patience: Duration,
}

impl Default for CardOptions {
    /// One queue of 64 entries for domain 0, and times that suit a card on a bus.
    fn default() -> Self {
        Self {
            queue_domains: vec![0],
            ring_log2: 6,
            interrupt_patience: Duration::from_millis(10),
            liveness_interval: Duration::from_millis(100),
            stopped_after: Duration::from_secs(10),
            hung_after_cycles: 1_000_000,
            deadline_margin: 8,
            staging_bytes: 4 << 20,
            patience: Duration::from_secs(10),
        }
    }
}

/// What a card did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Jobs given to the card, the driver's own included.
    pub submitted: u64,
    /// Jobs that succeeded in time.
    pub succeeded: u64,
    /// Jobs that failed, for whatever reason.
    pub failed: u64,
    /// Completions found although no interrupt came.
    pub lost_interrupts: u64,
    /// Completions of jobs whose deadline had passed.
    pub late_completions: u64,
    /// Times the card was lost.
    pub losses: u64,
    /// Successful recoveries.
    pub recoveries: u64,
    /// Loads of resident objects, the first one of each included.
    pub loads: u64,
    /// Resident objects that left to make room.
    pub evictions: u64,
}

/// A card in use. All methods may be called from many threads. Closing is dropping: the card is
/// reset, and the buffers of its jobs are kept for ever if it does not come to rest.
pub struct Card {
    pub(crate) session: Arc<Session>,
    pub(crate) memory: Arc<Memory>,
    capabilities: Capabilities,
    engines: Vec<EngineCapability>,
    /// Scratch memory of each domain.
    scratch: Mutex<BTreeMap<u8, Arc<Object>>>,
    /// Table sets of transforms.
    pub(crate) tables: Mutex<TableCache>,
    watcher: Option<Worker>,
}

impl Card {
    /// Takes the card into use: checks what it is, resets it, starts its queues.
    ///
    /// # Errors
    /// [`CardError::NotACard`] and [`CardError::Version`] for another device or another protocol,
    /// [`CardError::Capability`] for a card that contradicts itself, [`CardError::Argument`] for
    /// options that the card cannot meet, [`CardError::Lost`] when it does not come up.
    pub fn open(
        transport: Arc<dyn Transport>,
        options: CardOptions,
    ) -> Result<Arc<Self>, CardError> {
        let registers = Registers::new(transport);
        registers.check_identity().map_err(|error| match error {
            CardError::Lost(Loss::Gone { identity }) => CardError::NotACard { identity },
            other => other,
        })?;
        let capabilities = registers.capabilities()?;
        let engines = registers.engines(capabilities.engines)?;
        let queues = options.queue_domains.len();
        if queues == 0 || queues > capabilities.queues as usize {
            return Err(CardError::Argument {
                what: "the number of queues",
                value: queues as u64,
                expected: "the card has fewer, and needs one",
            });
        }
        let session = Arc::new(Session::open(registers, options, capabilities.engines)?);
        let memory = Memory::new(
            session.clone(),
            capabilities.memory_bytes,
            capabilities.regions,
        );
        let watching = session.clone();
        let watcher = Worker::spawn("gristmill card", move || watching.watch());
        let watcher = watcher.map_err(|error| {
            session.close();
            CardError::System {
                operation: "starting the card's thread",
                reason: error.to_string(),
            }
        })?;
        Ok(Arc::new(Self {
            session,
            memory: Arc::new(memory),
            capabilities,
            engines,
            scratch: Mutex::default(),
            tables: Mutex::default(),
            watcher: Some(watcher),
        }))
    }

    /// What and where it is, for messages.
    pub fn name(&self) -> String {
        self.session.registers.transport().name()
    }

    /// What the card says of itself.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What its engines can do.
    pub fn engines(&self) -> &[EngineCapability] {
        &self.engines
    }

    /// The first engine of a kind.
    pub fn engine(&self, kind: EngineKind) -> Result<&EngineCapability, CardError> {
        let mut engines = self.engines.iter();
        engines
            .find(|engine| engine.kind == kind as u32)
            .ok_or(CardError::NoEngine { kind })
    }

    /// Why the card is lost, if it is.
    pub fn loss(&self) -> Option<Loss> {
        self.session.loss()
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        *lock(&self.session.counters)
    }

    /// The card's cycle counter: core cycles since power-up.
    pub fn cycles(&self) -> Result<u64, CardError> {
        Ok(self.session.registers.cycles()?)
    }

    /// A job that does nothing, on a queue of `domain`; it may wait until `deadline` for a place in
    /// the queue.
    pub fn ping(&self, domain: u8, deadline: Instant) -> Result<Ticket, CardError> {
        self.session
            .submit(domain, Job::new(Operation::Nop, 1000), deadline)
    }

    /// `length` zeroed elements in memory that the card reads without a copy.
    pub fn alloc<T: Pod>(&self, length: usize) -> Result<DmaVec<T>, CardError> {
        let bytes = length.saturating_mul(size_of::<T>());
        let buffer = self.session.registers.transport().allocate(bytes)?;
        Ok(DmaVec::new(buffer, length)?)
    }

    /// Makes `count` points of `stride` bytes each resident in domain 0. `points` is kept, to load
    /// them from; see [`Self::load_bases_from`].
    pub fn load_bases(
        &self,
        points: Vec<u8>,
        stride: u16,
        count: usize,
    ) -> Result<Bases, CardError> {
        let bases = self.bases(Arc::new(points), stride, count, 0)?;
        let deadline = Instant::now() + self.session.options.patience;
        bases.object.pin(deadline)?;
        Ok(bases)
    }

    /// Registers `count` points of `stride` bytes each, a multiple of 8, as resident in `domain`.
    /// They are loaded at their first use, and again after an eviction or a reset.
    ///
    /// # Errors
    /// [`CardError::Argument`] when the source has fewer bytes, or the stride is not possible;
    /// [`CardError::OutOfMemory`] when they can never fit; [`CardError::NoDomain`].
    pub fn load_bases_from(
        &self,
        source: Arc<dyn BasesSource>,
        stride: u16,
        count: usize,
        domain: u8,
    ) -> Result<Bases, CardError> {
        self.bases(source, stride, count, domain)
    }

    fn bases(
        &self,
        source: Arc<dyn BasesSource>,
        stride: u16,
        count: usize,
        domain: u8,
    ) -> Result<Bases, CardError> {
        self.check_stride(stride)?;
        let bytes = count as u64 * u64::from(stride);
        if bytes == 0 || bytes > source.bytes() {
            return Err(CardError::Argument {
                what: "the number of points",
                value: count as u64,
                expected: "at least one is needed, and the source must have them all",
            });
        }
        if bytes > self.capabilities.memory_bytes {
            return Err(CardError::OutOfMemory {
                wanted: bytes,
                free: self.capabilities.memory_bytes,
                largest: self.capabilities.memory_bytes,
            });
        }
        if !self.session.serves(domain) {
            return Err(CardError::NoDomain { domain });
        }
        let specification = Specification {
            bytes,
            kind: RegionKind::Bases,
            domain,
            source: Some(source),
        };
        Ok(Bases {
            object: Object::new(&self.memory, specification),
            stride,
            count,
        })
    }

    /// Resets the card, lost or not, and takes it into use again. Jobs in flight fail with
    /// [`JobError::Aborted`](crate::JobError::Aborted); resident objects are loaded again when they are used.
    ///
    /// # Errors
    /// [`CardError::Lost`] with the reason; the card stays lost, and may be tried again.
    pub fn recover(&self) -> Result<(), CardError> {
        self.session.recover()
    }

    /// Fails unless points may stand `stride` bytes apart.
    pub(crate) fn check_stride(&self, stride: u16) -> Result<(), CardError> {
        let point = 2 * self.engine(EngineKind::Msm)?.element_bytes;
        if stride < point || !stride.is_multiple_of(8) {
            return Err(CardError::Argument {
                what: "the stride of the points",
                value: stride.into(),
                expected: "a multiple of 8 is needed, with room for two coordinates",
            });
        }
        Ok(())
    }

    /// Scratch memory of at least `bytes` bytes. Where one engine runs one job after the other, all
    /// jobs of a domain share it.
    pub(crate) fn scratch(&self, domain: u8, bytes: u64) -> Arc<Object> {
        let new = || {
            let specification = Specification {
                bytes,
                kind: RegionKind::Scratch,
                domain,
                source: None,
            };
            Arc::new(Object::new(&self.memory, specification))
        };
        let is_msm = |engine: &&EngineCapability| engine.kind == EngineKind::Msm as u32;
        if self.engines.iter().filter(is_msm).count() > 1 {
            return new();
        }
        let mut scratch = lock(&self.scratch);
        let shared = scratch.entry(domain).or_insert_with(new);
        if shared.specification().bytes < bytes {
            *shared = new();
        }
        shared.clone()
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // The watching thread has no jobs to wait for any more: it ends after the access or the wait that it is in.
        self.session.close();
        if let Some(watcher) = self.watcher.take()
            && let Err(error) = watcher.join(Instant::now() + self.session.options.patience)
        {
            tracing::error!(%error, "closing a card");
        }
    }
}
