/// What passed in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bursts whose address was accepted.
    pub bursts: u64,
    /// Beats of data.
    pub beats: u64,
    /// Bytes of data; of writes those that were strobed.
    pub bytes: u64,
    /// Bursts that were answered with an error.
    pub errors: u64,
}

/// What passed at a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Cycles.
    pub cycles: u64,
    /// Cycles in which anything was offered or under way.
    pub busy_cycles: u64,
    /// Reads.
    pub read: Traffic,
    /// Writes.
    pub write: Traffic,
}

impl Counters {
    /// Beats of read data for each busy cycle.
    pub fn read_efficiency(&self) -> f64 {
        self.read.beats as f64 / self.busy_cycles.max(1) as f64
    }

    /// Beats of write data for each busy cycle.
    pub fn write_efficiency(&self) -> f64 {
        self.write.beats as f64 / self.busy_cycles.max(1) as f64
    }
}
