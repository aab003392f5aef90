//! What a constructor of the pipeline is told, and the times that follow from it.

use super::parts::Parts;
use gristmill_datapath::{Field, Fill};

/// The parts and limits of a [`PassPipeline`](super::PassPipeline) that are not widths.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The field; an element has `field.word_bits()` bits of a beat.
    pub field: Field,
    /// Elements of a beat, L: a power of two from 2 to 64.
    pub lanes: usize,
    /// Binary logarithm of the largest frame: at least log2 L, at most 16 and the field's two-adicity.
    pub pass_log2: usize,
    /// Binary logarithm of the entries of each factor table: at least log2 L, at most 12.
    pub table_log2: usize,
    /// What the multipliers are filled with.
    pub fill: Fill,
}

/// What a pipeline costs and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassSummary {
    /// [`Parameters::latency`] for each size from 0 on.
    pub latency: Vec<usize>,
    /// [`Parameters::check_latency`].
    pub check_latency: usize,
    /// General multipliers of the butterflies, and between groups of butterflies that only shift.
    pub transform_multipliers: usize,
    /// General multipliers of the factors: one a lane multiplies, one a lane makes the factor.
    pub factor_multipliers: usize,
    /// Multiplier tiles of all these.
    pub tiles: usize,
    /// Bits of the memories of twiddle factors.
    pub twiddle_bits: usize,
    /// Bits of the memories of delays between stages.
    pub swap_bits: usize,
    /// Bits of the factor tables.
    pub table_bits: usize,
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

    /// Cycles from a slot to the output beat that leaves with it, for frames of 2^`size_log2` elements. Builds the
    /// arithmetic: ask [`Parameters::summary`] for several.
    pub fn latency(&self, size_log2: usize) -> usize {
        Parts::new(self).latency(size_log2)
    }

    /// Cycles from the slot of a beat to the check of its elements.
    pub fn check_latency(&self) -> usize {
        Parts::new(self).entry.latency()
    }

    /// All times, and what the pipeline costs.
    pub fn summary(&self) -> PassSummary {
        Parts::new(self).summary()
    }

    /// The C++ functions of the pipeline in the fast fill; none in the others, and where that fill has none.
    pub fn functions(&self) -> Option<String> {
        Parts::new(self).functions()
    }

    /// Panics when a parameter is outside its limits.
    pub(super) fn check(&self) {
        assert!(
            self.lanes.is_power_of_two() && (2..=64).contains(&self.lanes),
            "{} lanes",
            self.lanes
        );
        let lanes_log2 = self.lanes_log2();
        assert!(
            (lanes_log2..=self.field.two_adicity.min(16)).contains(&self.pass_log2),
            "frames of 2^{} elements of {}",
            self.pass_log2,
            self.field.name
        );
        assert!(
            (lanes_log2..=12).contains(&self.table_log2),
            "tables of 2^{} entries",
            self.table_log2
        );
    }
}
