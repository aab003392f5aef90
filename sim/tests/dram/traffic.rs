//! Masters that stream, jump and stride.

use gristmill_sim::axi::{Address, DramConfig, DramCounters, Memory, SparseMemory};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::axi_master::{Job, Master, run};

/// The clock of the port.
pub const KILOHERTZ: u32 = 250_000;
/// The most that the port carries, in bytes a cycle.
pub const PORT: f64 = 64.0;

/// A burst.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub address: u64,
    pub bytes: u64,
    pub write: bool,
}

pub fn read(address: u64, bytes: u64) -> Access {
    Access {
        address,
        bytes,
        write: false,
    }
}

pub fn write(address: u64, bytes: u64) -> Access {
    Access {
        write: true,
        ..read(address, bytes)
    }
}

/// What a run gave.
pub struct Run {
    pub cycles: u64,
    pub bytes: u64,
    pub dram: DramCounters,
    pub memory: Memory<SparseMemory>,
}

impl Run {
    /// Bytes a cycle.
    pub fn rate(&self) -> f64 {
        self.bytes as f64 / self.cycles as f64
    }
}

pub fn memory(dram: DramConfig) -> Memory<SparseMemory> {
    Memory::new("test", 64, dram.link(), SparseMemory::new(1 << 34)).with_dram(dram)
}

/// Runs all accesses at once, as fast as the memory takes them.
pub fn all(dram: DramConfig, accesses: impl IntoIterator<Item = Access>) -> Run {
    let mut memory = memory(dram);
    let (cycles, bytes) = on(&mut memory, accesses);
    Run {
        cycles,
        bytes,
        dram: memory.dram().unwrap().counters(),
        memory,
    }
}

/// Runs accesses, which do not change memory, on a memory; gives cycles and bytes.
pub fn on(
    memory: &mut Memory<SparseMemory>,
    accesses: impl IntoIterator<Item = Access>,
) -> (u64, u64) {
    let mut master = Master::new(64, 0.0, 1);
    let mut bytes = 0;
    for access in accesses {
        bytes += access.bytes;
        let job = Job {
            address: Address::incrementing(0, access.address, (access.bytes / 64) as u8, 64),
            data: vec![0; access.bytes as usize],
            fails: false,
        };
        if access.write {
            master.write(job);
        } else {
            master.read(job);
        }
    }
    (run(&mut master, memory), bytes)
}

pub fn sequential(bytes: u64, access: impl Fn(u64, u64) -> Access) -> Vec<Access> {
    (0..bytes / 512)
        .map(|burst| access(512 * burst, 512))
        .collect()
}

/// Beats anywhere in 4 GiB.
pub fn random(count: usize, seed: u64) -> Vec<Access> {
    let mut random = SmallRng::seed_from_u64(seed);
    (0..count)
        .map(|_| read(64 * random.gen_range(0..1_u64 << 26), 64))
        .collect()
}

/// Tiles as the transposer of a four-step NTT takes them: bursts of 512 bytes, `rows` of them a stride apart, then the
/// 512 bytes beside.
pub fn tiles(
    stride: u64,
    rows: u64,
    columns: u64,
    access: impl Fn(u64, u64) -> Access,
) -> Vec<Access> {
    let bursts = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
    bursts
        .map(|(row, column)| access(row * stride + 512 * column, 512))
        .collect()
}

/// Reads and writes of all sizes, near each other and far, in phases, so that every rule is met at its limit.
pub fn mixed(count: usize, seed: u64) -> Vec<Access> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut accesses = Vec::new();
    while accesses.len() < count {
        let write = random.gen_bool(0.5);
        let base = random.gen_range(0..1_u64 << 22) << 10;
        let stride = [64, 512, 4096, 1 << 14, 1 << 18, 1 << 20][random.gen_range(0..6)];
        for step in 0..random.gen_range(1..40) {
            let bytes = 64 << random.gen_range(0..4);
            let address = base + step * stride;
            let room = 4096 - address % 4096;
            accesses.push(Access {
                address,
                bytes: bytes.min(room),
                write,
            });
        }
    }
    accesses
}
