use std::fmt;
use std::ops::AddAssign;

/// What happened in DRAM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DramCounters {
    /// Bursts that found their row open.
    pub row_hits: u64,
    /// Bursts whose bank was closed.
    pub row_misses: u64,
    /// Bursts whose bank had another row open.
    pub row_conflicts: u64,
    /// Rows opened.
    pub activations: u64,
    /// Refreshes of all banks of a channel.
    pub refreshes: u64,
    /// Refreshes that something waited for.
    pub refresh_stalls: u64,
    /// Changes of the data bus between reading and writing.
    pub turnarounds: u64,
    /// Bytes read, in whole bursts of the DRAM.
    pub bytes_read: u64,
    /// Bytes written, in whole bursts of the DRAM.
    pub bytes_written: u64,
    /// Clocks of the DRAM, summed over the channels, in which a channel had something to do.
    pub busy_clocks: u64,
    /// Clocks of the DRAM, summed over the channels, in which data was on a channel's bus.
    pub data_clocks: u64,
}

impl DramCounters {
    /// Bursts.
    pub fn bursts(&self) -> u64 {
        self.row_hits + self.row_misses + self.row_conflicts
    }

    /// Of the bursts, those that found their row open.
    pub fn hit_rate(&self) -> f64 {
        self.row_hits as f64 / self.bursts().max(1) as f64
    }

    /// Of the time in which channels had something to do, that in which they moved data.
    pub fn efficiency(&self) -> f64 {
        self.data_clocks as f64 / self.busy_clocks.max(1) as f64
    }
}

impl AddAssign for DramCounters {
    fn add_assign(&mut self, other: Self) {
        self.row_hits += other.row_hits;
        self.row_misses += other.row_misses;
        self.row_conflicts += other.row_conflicts;
        self.activations += other.activations;
        self.refreshes += other.refreshes;
        self.refresh_stalls += other.refresh_stalls;
        self.turnarounds += other.turnarounds;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
        self.busy_clocks += other.busy_clocks;
        self.data_clocks += other.data_clocks;
    }
}

/// A table, a line a figure.
impl fmt::Display for DramCounters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (figure, value) in [
            ("DRAM, bytes read", self.bytes_read),
            ("DRAM, bytes written", self.bytes_written),
            ("row hits", self.row_hits),
            ("row misses", self.row_misses),
            ("row conflicts", self.row_conflicts),
            ("rows opened", self.activations),
            ("turnarounds of the bus", self.turnarounds),
            ("refreshes", self.refreshes),
            ("refreshes waited for", self.refresh_stalls),
            ("channels busy, clocks", self.busy_clocks),
        ] {
            writeln!(formatter, "{figure:<32}{value:>14}")?;
        }
        let (hits, efficiency) = (100.0 * self.hit_rate(), 100.0 * self.efficiency());
        writeln!(
            formatter,
            "{:<32}{hits:>12.1} %",
            "bursts that hit an open row"
        )?;
        writeln!(
            formatter,
            "{:<32}{efficiency:>12.1} %",
            "busy clocks with data"
        )
    }
}
