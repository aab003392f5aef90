use std::sync::Arc;

use gristmill_driver::HostMemory;

use crate::axi::{
    Access, Completion, Counters, DramConfig, DramCounters, Fault, Link, LitePort, MasterSignals,
    Memory, MemoryPort, RegisterError, RegisterMaster, SparseMemory, Store, Violation,
};
use crate::verilator::{Input, Model, ModelError, ModelLibrary, Output};

/// What a board is made of.
#[derive(Clone, Debug)]
pub struct BoardOptions {
    /// The way to host memory.
    pub host_link: Link,
    /// The way to card memory.
    pub memory_link: Link,
    /// The time that card memory takes besides its way; none without.
    pub dram: Option<DramConfig>,
    /// Bytes of card memory.
    pub memory_bytes: u64,
    /// The probability of each pause of the register bus.
    pub register_stall: f64,
    /// Cycles after which a register access is given up.
    pub register_limit: u32,
    /// The names of the core's ports.
    pub names: PortNames,
}

impl Default for BoardOptions {
    fn default() -> Self {
        Self {
            host_link: Link::ideal(),
            memory_link: Link::ideal(),
            dram: None,
            memory_bytes: 16 << 30,
            register_stall: 0.0,
            register_limit: 10_000,
            names: PortNames::default(),
        }
    }
}

impl BoardOptions {
    /// Every bus as unkind as AXI allows.
    pub fn hostile(seed: u64) -> Self {
        Self {
            host_link: Link::hostile(seed),
            memory_link: Link::hostile(seed.rotate_left(32) ^ 1),
            register_stall: 0.3,
            ..Self::default()
        }
    }
}

/// The names of the core's ports: prefixes of its buses, and single ports.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PortNames {
    pub registers: String,
    pub host: String,
    pub memory: String,
    pub reset: String,
    pub busy: String,
    pub interrupts: String,
}

impl Default for PortNames {
    fn default() -> Self {
        Self {
            registers: "registers_".into(),
            host: "host_".into(),
            memory: "memory_".into(),
            reset: "reset".into(),
            busy: "busy".into(),
            interrupts: "interrupts".into(),
        }
    }
}

/// Why a simulation ended.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The model failed, or lacks a port.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The core broke a rule of a bus.
    #[error(transparent)]
    Violation(#[from] Violation),
}

/// What a cycle brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// The register access that ended.
    pub completion: Option<Completion>,
    /// The interrupt vectors that were raised, one bit each.
    pub interrupts: u64,
}

/// Host memory as a card reaches it.
#[derive(Clone)]
struct HostStore(Arc<HostMemory>);

impl Store for HostStore {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.0.read(address, into).map_err(|_| Fault::Decode)
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), Fault> {
        self.0.write(address, from).map_err(|_| Fault::Decode)
    }
}

/// A card's core with everything around it, stepped cycle by cycle.
pub struct Board {
    model: Model,
    reset: Input,
    busy: Output,
    interrupts: Output,
    registers_port: LitePort,
    registers: RegisterMaster,
    host_port: MemoryPort,
    host: Memory<HostStore>,
    memory_port: MemoryPort,
    memory: Memory<SparseMemory>,
    quiet_cycles: u32,
}

/// Cycles that reset is held.
const RESET_CYCLES: u32 = 32;
/// Cycles of reset after which nothing may be valid.
const RESET_SETTLED: u32 = 16;
/// Quiet cycles after which nothing more is to be expected: the core's registers between what it has done and what
/// it shows.
const QUIET_CYCLES: u32 = 64;

impl Board {
    /// Puts a core on a board, and resets it.
    pub fn new(
        library: &ModelLibrary,
        options: &BoardOptions,
        host: Arc<HostMemory>,
    ) -> Result<Self, BoardError> {
        let model = library.instantiate()?;
        let names = &options.names;
        let host_port = MemoryPort::find(&model, &names.host)?;
        let memory_port = MemoryPort::find(&model, &names.memory)?;
        let memory = Memory::new(
            "memory",
            memory_port.beat_bytes(),
            options.memory_link.clone(),
            SparseMemory::new(options.memory_bytes),
        );
        let mut board = Self {
            reset: model.input(&names.reset)?,
            busy: model.output(&names.busy)?,
            interrupts: model.output(&names.interrupts)?,
            registers_port: LitePort::find(&model, &names.registers)?,
            registers: RegisterMaster::new(
                "registers",
                options.register_limit,
                options.register_stall,
                options.host_link.seed,
            ),
            host: Memory::new(
                "host",
                host_port.beat_bytes(),
                options.host_link.clone(),
                HostStore(host),
            ),
            host_port,
            memory: match options.dram {
                Some(dram) => memory.with_dram(dram),
                None => memory,
            },
            memory_port,
            model,
            quiet_cycles: 0,
        };
        board.reset()?;
        Ok(board)
    }

    /// Resets the core. Register accesses that wait are dropped; card memory keeps its bytes.
    pub fn reset(&mut self) -> Result<(), BoardError> {
        self.registers.reset();
        self.model.set(self.reset, 1);
        for cycle in 0..RESET_CYCLES {
            let (host, memory) = self.cycle()?;
            let settled = cycle >= RESET_SETTLED;
            self.host.clock_reset(&if settled {
                host
            } else {
                MasterSignals::default()
            })?;
            self.memory.clock_reset(&if settled {
                memory
            } else {
                MasterSignals::default()
            })?;
        }
        self.model.set(self.reset, 0);
        self.quiet_cycles = 0;
        Ok(())
    }

    /// One cycle.
    pub fn step(&mut self) -> Result<Step, BoardError> {
        let (host, memory) = self.cycle()?;
        self.host.clock(&host)?;
        self.memory.clock(&memory)?;
        let completion = self
            .registers
            .clock(&self.registers_port.sample(&self.model))?;
        let interrupts = self.model.get(self.interrupts);
        let quiet = !self.model.bit(self.busy)
            && interrupts == 0
            && self.registers.is_idle()
            && self.host.is_idle()
            && self.memory.is_idle();
        self.quiet_cycles = if quiet {
            self.quiet_cycles.saturating_add(1)
        } else {
            0
        };
        Ok(Step {
            completion,
            interrupts,
        })
    }

    /// Queues a register access; its completion comes out of a later [`Self::step`].
    pub fn submit(&mut self, access: Access) -> Result<(), RegisterError> {
        self.quiet_cycles = 0;
        self.registers.submit(access)
    }

    /// Whether nothing will happen before the next register access.
    pub fn is_idle(&self) -> bool {
        self.quiet_cycles >= QUIET_CYCLES
    }

    /// Cycles since power-up.
    pub fn cycles(&self) -> u64 {
        self.model.cycles()
    }

    /// Interrupt vectors of the core.
    pub fn vectors(&self) -> u32 {
        self.interrupts.width() as u32
    }

    /// What passed to and from host memory.
    pub fn host_counters(&self) -> &Counters {
        self.host.counters()
    }

    /// What passed to and from card memory.
    pub fn memory_counters(&self) -> &Counters {
        self.memory.counters()
    }

    /// What happened in card memory, if it is DRAM.
    pub fn dram_counters(&self) -> Option<DramCounters> {
        self.memory.dram().map(|dram| dram.counters())
    }

    /// The bytes of card memory.
    pub fn card_memory(&mut self) -> &mut SparseMemory {
        self.memory.store()
    }

    /// Drives all buses, runs a cycle, and returns what the core drove.
    fn cycle(&mut self) -> Result<(MasterSignals, MasterSignals), BoardError> {
        self.registers_port
            .drive(&mut self.model, self.registers.signals());
        self.host_port.drive(&mut self.model, self.host.signals());
        self.memory_port
            .drive(&mut self.model, self.memory.signals());
        self.model.cycle()?;
        Ok((
            self.host_port.sample(&self.model),
            self.memory_port.sample(&self.model),
        ))
    }
}
