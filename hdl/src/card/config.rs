//! What a card's core is built with.

use gristmill_protocol::{EngineCapability, Opcode};

/// Interrupt vectors of the core.
pub const VECTORS: usize = 8;
/// Bits of an index in the region table.
pub const REGION_INDEX_BITS: usize = 6;

/// Most executors: those that answer and copy, and the job ports of the engines.
pub const MAX_EXECUTORS: usize = 16;

/// An engine of the card.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Its entry of the capability table.
    pub capability: EngineCapability,
    /// The opcodes it serves.
    pub opcodes: Vec<Opcode>,
    /// Its job ports, at least 1: jobs that it has at the same time.
    pub slots: usize,
}

/// Ports of an engine side to the two memories, over all engines.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnginePorts {
    /// Readers of host memory.
    pub host_read: usize,
    /// Writers of host memory.
    pub host_write: usize,
    /// Readers of card memory.
    pub memory_read: usize,
    /// Writers of card memory.
    pub memory_write: usize,
}

/// The core of a card.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// The engines, in the order of their job ports; see [`Self::jobs`].
    pub engines: Vec<EngineConfig>,
    /// How many memory ports the engines have.
    pub ports: EnginePorts,
    /// Queue pairs, 1 to 16.
    pub queues: usize,
    /// Entries of the region table, at most 2^[`REGION_INDEX_BITS`].
    pub regions: usize,
    /// Bytes of card memory, a multiple of 64.
    pub memory_bytes: u64,
    /// Clock that latencies in the host's plans assume, in kHz.
    pub clock_kilohertz: u32,
    /// Bits of a host address, at most 63.
    pub address_bits: u32,
    /// First 32 bits of the checksum of the card's configuration.
    pub build: u32,
    /// Beats of the largest burst: a power of two, 4 KiB at most.
    pub burst_beats: usize,
    /// Cycles that a soft reset waits for the buses to drain.
    pub drain_cycles: u32,
}

impl Default for CoreConfig {
    /// A card without engines, for tests of the core.
    fn default() -> Self {
        Self {
            engines: Vec::new(),
            ports: EnginePorts::default(),
            queues: 4,
            regions: 64,
            memory_bytes: 1 << 30,
            clock_kilohertz: 250_000,
            address_bits: 48,
            build: 0,
            burst_beats: 16,
            drain_cycles: 1 << 16,
        }
    }
}

impl CoreConfig {
    /// Job ports of all engines: first those of the first engine, then the next one's.
    pub fn jobs(&self) -> usize {
        self.engines.iter().map(|engine| engine.slots).sum()
    }

    /// Checks the limits above for a bus of `width` bits.
    ///
    /// # Panics
    /// When one is broken: a card that cannot be is not built.
    pub(super) fn check(&self, width: usize) {
        use gristmill_protocol::{ALIGNMENT, register};
        assert!(
            (1..=register::MAX_QUEUES as usize).contains(&self.queues),
            "{} queues",
            self.queues
        );
        assert!(
            self.engines.len() <= register::MAX_ENGINES as usize - 2,
            "{} engines",
            self.engines.len()
        );
        assert!(
            self.engines.iter().all(|engine| engine.slots > 0) && self.jobs() <= MAX_EXECUTORS - 2,
            "{} job ports",
            self.jobs()
        );
        assert!(
            (1..=1 << REGION_INDEX_BITS).contains(&self.regions),
            "{} regions",
            self.regions
        );
        assert!(
            self.memory_bytes.is_multiple_of(ALIGNMENT)
                && self.memory_bytes / (width as u64 / 8) < 1 << 32,
            "{} bytes of card memory",
            self.memory_bytes
        );
        assert!(
            (32..=63).contains(&self.address_bits),
            "{} address bits",
            self.address_bits
        );
    }
}
