use super::mapping::Mapping;
use super::timing::Timing;
use crate::axi::Link;

/// What DRAM is made of, and how its controllers behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DramConfig {
    /// The kind of memory.
    pub name: &'static str,
    /// The clock of the DRAM.
    pub clock_kilohertz: u64,
    /// The clock of the port.
    pub core_kilohertz: u64,
    /// Where addresses are.
    pub mapping: Mapping,
    /// The times between commands.
    pub timing: Timing,
    /// Whether commands for rows and for columns have a bus each, as in HBM.
    pub split_command_bus: bool,
    /// Reads that a channel's queue holds, in bursts of the DRAM.
    pub read_queue: usize,
    /// Writes that a channel's queue holds, in bursts of the DRAM.
    pub write_queue: usize,
    /// Time of a read outside the DRAM: interconnect, controller, PHY, both ways.
    pub latency_nanoseconds: u64,
    /// Whether the commands are kept for [`Dram::commands`](super::Dram::commands).
    pub log: bool,
}

impl DramConfig {
    /// Four channels of DDR4-2400 with 64 data lines each: 76.8 GB/s, as on AMD's Alveo U200 and U250.
    ///
    /// A channel is eight devices of eight bits, one rank: bursts of 64 bytes, rows of 8 KiB. Channels change every
    /// 256 bytes. The latency makes the idle read of an open row take 73 ns, as measured on an FPGA's soft controller
    /// (Wang and others, "Shuhai: Benchmarking High Bandwidth Memory on FPGAs", FCCM 2020, table of idle latencies).
    pub const fn ddr4_2400(core_kilohertz: u32) -> Self {
        Self {
            name: "DDR4-2400",
            clock_kilohertz: Timing::DDR4_2400_KILOHERTZ,
            core_kilohertz: core_kilohertz as u64,
            mapping: Mapping {
                channels: 4,
                granule_bytes: 256,
                burst_bytes: 64,
                row_bytes: 8192,
                hash: true,
            },
            timing: Timing::ddr4_2400(),
            split_command_bus: false,
            read_queue: 16,
            write_queue: 16,
            latency_nanoseconds: 56,
            log: false,
        }
    }

    /// Two stacks of HBM2, 32 pseudo channels with 64 data lines each at 1.8 Gb/s: 460.8 GB/s, as on AMD's Alveo U55C.
    ///
    /// Bursts of 32 bytes, rows of 1 KiB (JESD235, pseudo channel mode). Channels change every 256 bytes. The idle read
    /// of an open row takes 107 ns in the measurement named at [`Self::ddr4_2400`], and the switch that leads one port
    /// to all channels (AMD PG276, "global addressing") adds up to 29 cycles of 450 MHz there; 30 ns is about their
    /// mean. All banks are refreshed at once, as PG276's controller does by default.
    pub const fn hbm2(core_kilohertz: u32) -> Self {
        Self {
            name: "HBM2",
            clock_kilohertz: Timing::HBM2_KILOHERTZ,
            core_kilohertz: core_kilohertz as u64,
            mapping: Mapping {
                channels: 32,
                granule_bytes: 256,
                burst_bytes: 32,
                row_bytes: 1024,
                hash: true,
            },
            timing: Timing::hbm2(),
            split_command_bus: true,
            read_queue: 16,
            write_queue: 16,
            latency_nanoseconds: 120,
            log: false,
        }
    }

    /// With so many channels, a power of two.
    pub const fn with_channels(self, channels: usize) -> Self {
        Self {
            mapping: Mapping {
                channels,
                ..self.mapping
            },
            ..self
        }
    }

    /// The way from the port to it: 32 bursts each way, and 16 KiB, may be under way, as in common interconnects (AMD
    /// PG059 and PG247 let a port have up to 32 outstanding). Read data is brought back into the order of its requests;
    /// a write is answered when all of it is in the channels' queues.
    pub fn link(&self) -> Link {
        Link {
            read_bytes_in_flight: 16 << 10,
            write_bytes_in_flight: 16 << 10,
            read_bursts_in_flight: 32,
            write_bursts_in_flight: 32,
            ..Link::ideal()
        }
    }

    /// Bytes a second of all channels.
    pub fn peak_bytes_per_second(&self) -> f64 {
        let bursts = 1e3 * self.clock_kilohertz as f64 / self.timing.burst as f64;
        bursts * (self.mapping.burst_bytes * self.mapping.channels as u64) as f64
    }

    /// The last clock of the DRAM that begins in or before a cycle of the core.
    pub(super) fn clock_of(&self, cycle: u64) -> u64 {
        cycle * self.clock_kilohertz / self.core_kilohertz
    }

    /// The first cycle of the core that begins at or after a clock of the DRAM.
    pub(super) fn cycle_of(&self, clock: u64) -> u64 {
        (clock * self.core_kilohertz).div_ceil(self.clock_kilohertz)
    }

    pub(super) fn latency_cycles(&self) -> u64 {
        (self.latency_nanoseconds * self.core_kilohertz).div_ceil(1_000_000)
    }
}
