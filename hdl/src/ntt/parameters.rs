//! What a constructor of the pipeline is told, and the times that follow from it.

use gristmill_datapath::{Field, Fill};

/// The parts and limits of a [`PassPipeline`](super::PassPipeline) that are not widths.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The field; an element has `field.word_bits()` bits of a beat.
    pub field: Field,
    /// Elements of a beat, L: a power of two from 2 on.
    pub lanes: usize,
    /// Binary logarithm of the largest frame: at least log2 L and at most the field's two-adicity.
    pub pass_log2: usize,
    /// Binary logarithm of the entries of each factor table: at least log2 L, at most 12.
    pub table_log2: usize,
    /// What the multipliers are filled with.
    pub fill: Fill,
}

impl Parameters {
    /// Binary logarithm of the lanes.
    pub fn lanes_log2(&self) -> usize {
        self.lanes.trailing_zeros() as usize
    }

    /// Beats of a frame of 2^`size_log2` elements; 1 where a beat holds several frames.
    pub fn beats(&self, size_log2: usize) -> usize {
        1 << size_log2.saturating_sub(self.lanes_log2())
    }

    /// Slots by which a frame's output follows its input: the first output beat leaves with the slot that
    /// is so many slots after that of the first input beat.
    pub fn slots(&self, size_log2: usize) -> usize {
        self.beats(size_log2) - 1
    }
}
