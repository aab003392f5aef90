use std::ops::RangeInclusive;

/// The temper of what is between a master and memory: latency, bandwidth, order, moods.
#[derive(Clone, Debug)]
pub struct Link {
    /// Cycles from an accepted address to the first beat of its data.
    pub read_latency: RangeInclusive<u32>,
    /// Cycles from a complete write to its response.
    pub write_latency: RangeInclusive<u32>,
    /// The probability that a channel pauses for a cycle: a ready signal low, a beat or response held back.
    pub stall: f64,
    /// Whether bursts with different identifiers overtake each other.
    pub reorder: bool,
    /// Whether beats of reads with different identifiers come interleaved; with `reorder` only.
    pub interleave: bool,
    /// Bytes of reads that may be under way; one burst always may.
    pub read_bytes_in_flight: usize,
    /// Bytes of writes without response that may be under way; one burst always may.
    pub write_bytes_in_flight: usize,
    /// Bursts of reads that may be under way.
    pub read_bursts_in_flight: usize,
    /// Bursts of writes without response that may be under way.
    pub write_bursts_in_flight: usize,
    /// Bytes of read data a cycle; a port never carries more than its width.
    pub read_bytes_per_cycle: f64,
    /// Bytes of write data a cycle.
    pub write_bytes_per_cycle: f64,
    /// Which of a write's two channels waits for the other.
    pub write_order: WriteOrder,
    /// Seed of everything random.
    pub seed: u64,
}

/// Which of a write's two channels waits for the other. AXI allows all three, and a master must live with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOrder {
    /// Neither.
    Free,
    /// No data is accepted before its address.
    AddressFirst,
    /// No address is accepted before the first beat of its data is offered.
    DataFirst,
}

impl Link {
    /// As fast as AXI can be.
    pub fn ideal() -> Self {
        Self {
            read_latency: 1..=1,
            write_latency: 1..=1,
            stall: 0.0,
            reorder: false,
            interleave: false,
            read_bytes_in_flight: usize::MAX,
            write_bytes_in_flight: usize::MAX,
            read_bursts_in_flight: usize::MAX,
            write_bursts_in_flight: usize::MAX,
            read_bytes_per_cycle: f64::INFINITY,
            write_bytes_per_cycle: f64::INFINITY,
            write_order: WriteOrder::Free,
            seed: 0,
        }
    }

    /// Host memory over PCIe Gen3 x16, seen from a clock of `kilohertz`.
    ///
    /// 16 lanes of 8 GT/s at 128/130 are 15.75 GB/s; headers and acknowledgements of packets of 256 bytes leave about
    /// 12.8 GB/s in practice. A read takes about 1 µs to a server's memory. 64 tags of 512 bytes may be outstanding,
    /// as in common DMA bridges. A write is posted: the bridge answers when it has the data.
    pub fn pcie_gen3_x16(kilohertz: u32) -> Self {
        Self::pcie(12.8e9, 64 * 512, kilohertz)
    }

    /// As [`Self::pcie_gen3_x16`], with twice the rate and twice the tags.
    pub fn pcie_gen4_x16(kilohertz: u32) -> Self {
        Self::pcie(25.6e9, 128 * 512, kilohertz)
    }

    fn pcie(bytes_per_second: f64, read_bytes_in_flight: usize, kilohertz: u32) -> Self {
        let bytes_per_cycle = bytes_per_second / (1e3 * f64::from(kilohertz));
        let nanoseconds = |time: u64| (time * u64::from(kilohertz) / 1_000_000) as u32;
        Self {
            read_latency: nanoseconds(900)..=nanoseconds(1_200),
            write_latency: nanoseconds(40)..=nanoseconds(80),
            read_bytes_in_flight,
            write_bytes_in_flight: 16 << 10,
            read_bytes_per_cycle: bytes_per_cycle,
            write_bytes_per_cycle: bytes_per_cycle,
            ..Self::ideal()
        }
    }

    /// Legal and unkind: pauses everywhere, long and short latencies, overtaking, little in flight.
    pub fn hostile(seed: u64) -> Self {
        Self {
            read_latency: 0..=150,
            write_latency: 0..=150,
            stall: 0.4,
            reorder: true,
            interleave: true,
            read_bytes_in_flight: 4 << 10,
            write_bytes_in_flight: 2 << 10,
            write_order: match seed % 3 {
                0 => WriteOrder::Free,
                1 => WriteOrder::AddressFirst,
                _ => WriteOrder::DataFirst,
            },
            seed,
            ..Self::ideal()
        }
    }
}

/// A token bucket: what may pass is what has accumulated, and at most one beat does.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: f64,
    tokens: f64,
}

impl Bucket {
    pub fn new(rate: f64) -> Self {
        Self { rate, tokens: 0.0 }
    }

    pub fn fill(&mut self, beat_bytes: usize) {
        self.tokens = (self.tokens + self.rate).min(self.rate.max(2.0 * beat_bytes as f64));
    }

    pub fn has(&self, bytes: usize) -> bool {
        self.tokens >= bytes as f64
    }

    pub fn take(&mut self, bytes: usize) {
        self.tokens -= bytes as f64;
    }
}
