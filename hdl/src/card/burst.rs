//! The shape of a mover's bursts.

/// Bytes at whose multiples an AXI burst must end.
const BOUNDARY_BYTES: usize = 4096;

/// Largest burst and beat of a mover, checked.
pub struct BurstShape {
    /// Beats of the largest burst.
    pub largest: u64,
    /// Binary logarithm of the bytes of a beat.
    pub beat_log2: u64,
}

impl BurstShape {
    /// Bursts of at most `largest` beats of W bits, behind a FIFO of 2^A beats.
    ///
    /// # Panics
    /// When `largest` is not a power of two of at most 128 beats, 4 KiB and the FIFO; or when a beat
    /// is not 64 to 512 bits.
    pub fn new<const W: usize, const A: usize>(largest: usize) -> Self {
        assert!(
            W.is_power_of_two() && (64..=512).contains(&W),
            "a beat of {W} bits"
        );
        let bytes = largest * W / 8;
        assert!(
            largest.is_power_of_two() && largest <= 128.min(1 << A) && bytes <= BOUNDARY_BYTES,
            "bursts of {largest} beats"
        );
        Self {
            largest: largest as u64,
            beat_log2: (W / 8).ilog2() as u64,
        }
    }
}
