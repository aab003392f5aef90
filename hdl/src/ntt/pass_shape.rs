//! The shape of a pass: where its tiles stand, and which factors its frames get.

use super::order::{Geometry, Load, Store, short};
use super::tile::{Job, WHOLE_TILE};
use super::{BEAT_BITS, EXPONENT_BITS, MODE_BITS, Parameters, kind};
use crate::cells::Fixed;
use rust_hdl_core::prelude::*;

/// Binary logarithm of the beats of a tile of short frames that stand one behind the other.
const ROWS_BEATS_LOG2: usize = 6;

/// How many beats a run has.
pub mod run {
    /// As many as the shape says.
    pub const FIXED: u64 = 0;
    /// All beats of the tile.
    pub const TILE: u64 = 1;
    /// As many as its frames have elements of one index.
    pub const COLUMNS: u64 = 2;
    /// As many as its frames have elements that are not zero.
    pub const SHORT: u64 = 3;
}

/// One pass of a transform.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Pass {
    /// Binary logarithm of the transform's size, k.
    pub size: Bits<8>,
    /// Of its first pass, ⌈k/2⌉, or k when there is only one.
    pub high: Bits<8>,
    /// Of its second pass.
    pub low: Bits<8>,
    /// There are two passes.
    pub two: Bit,
    /// This is the second one.
    pub later: Bit,
    /// Binary logarithm of the distance of two outputs, in elements.
    pub output_size: Bits<8>,
    /// Upper bits of an input's index that are zero.
    pub zeros: Bits<8>,
    /// Inverse.
    pub inverse: Bit,
    /// The transform's input is in bit-reversed order.
    pub input_reversed: Bit,
    /// Its output is.
    pub output_reversed: Bit,
}

/// Runs of one side of a tile.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Runs {
    /// Mode of the buffer.
    pub mode: Bits<MODE_BITS>,
    /// Runs, where there is not one for each frame.
    pub runs: Bits<BEAT_BITS>,
    /// There is a run for each frame.
    pub by_frame: Bit,
    /// One of [`run`].
    pub measure: Bits<2>,
    /// Beats of a run.
    pub beats: Bits<BEAT_BITS>,
    /// Beats from run to run in the tile.
    pub spacing: Bits<BEAT_BITS>,
    /// Bytes from an even run to the next one.
    pub even: Bits<64>,
    /// Bytes from an odd run to the next one.
    pub odd: Bits<64>,
    /// See [`FeedTile`](super::tile::FeedTile).
    pub grain: Bits<8>,
    /// Bytes from a tile to the next one.
    pub tile: Bits<64>,
    /// Bytes from the tiles of some transforms to those of the next ones.
    pub outer: Bits<64>,
}

/// All tiles of a pass: 2^`tile_bits` of them for each 2^`unit` transforms of the batch.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Shape {
    /// Binary logarithm of a frame's size.
    pub frame: Bits<8>,
    /// Binary logarithm of the transforms that tiles have together.
    pub unit: Bits<8>,
    /// Their frames are 2^`columns` of one transform.
    pub inner: Bit,
    /// See `inner`.
    pub columns: Bits<8>,
    /// Binary logarithm of the tiles of a unit.
    pub tile_bits: Bits<8>,
    /// Binary logarithm of a tile's room in beats.
    pub room: Bits<8>,
    /// From memory.
    pub load: Runs,
    /// To memory.
    pub store: Runs,
    /// The tiles go to memory in bit-reversed order.
    pub scattered: Bit,
    /// From tile to tile.
    pub number_tile: Bits<EXPONENT_BITS>,
    /// From frame to frame.
    pub number_step: Bits<EXPONENT_BITS>,
    /// The numbers are reversed, of so many bits.
    pub number_reversed: Bit,
    /// See `number_reversed`.
    pub number_bits: Bits<8>,
    /// Factors.
    pub kind: Bits<2>,
    /// Factors.
    pub shift: Bits<8>,
    /// Factors.
    pub split: Bits<8>,
}

/// The shape of a pass of a job. Latency 0.
#[derive(LogicBlock, Default)]
pub struct PassShape {
    /// The job.
    pub job: Signal<In, Job>,
    /// The pass.
    pub pass: Signal<In, Pass>,
    /// Its shape.
    pub shape: Signal<Out, Shape>,
    tile_log2: Fixed<Bits<8>>,
    rows_log2: Fixed<Bits<8>>,
    columns_log2: Fixed<Bits<8>>,
    lanes_log2: Fixed<Bits<8>>,
    split_log2: Fixed<Bits<8>>,
    element_log2: Fixed<Bits<8>>,
    whole: Fixed<Bits<8>>,
    rows: Fixed<Bits<MODE_BITS>>,
    split: Fixed<Bits<MODE_BITS>>,
    rows_reversed: Fixed<Bits<MODE_BITS>>,
    columns: Fixed<Bits<MODE_BITS>>,
    columns_reversed: Fixed<Bits<MODE_BITS>>,
    to_rows: Fixed<Bits<MODE_BITS>>,
    to_rows_reversed: Fixed<Bits<MODE_BITS>>,
    to_columns: Fixed<Bits<MODE_BITS>>,
    to_columns_reversed: Fixed<Bits<MODE_BITS>>,
    to_columns_both: Fixed<Bits<MODE_BITS>>,
    measure_tile: Fixed<Bits<2>>,
    measure_columns: Fixed<Bits<2>>,
    measure_short: Fixed<Bits<2>>,
    short_frames: Fixed<Bits<MODE_BITS>>,
    power: Fixed<Bits<2>>,
    twiddle: Fixed<Bits<2>>,
    frame: Signal<Local, Bits<8>>,
    beats_log2: Signal<Local, Bits<8>>,
    grain: Signal<Local, Bits<8>>,
    zeros: Signal<Local, Bits<8>>,
    short: Signal<Local, Bit>,
    wide: Signal<Local, Bits<8>>,
    group: Signal<Local, Bits<8>>,
    result: Signal<Local, Shape>,
}

impl PassShape {
    /// For an engine with this pipeline and these buffers.
    pub fn new(parameters: &Parameters, geometry: &Geometry) -> Self {
        let number = |value: usize| Fixed::new((value as u64).into());
        let load = |mode: Load| Fixed::new((mode as u64).into());
        let store = |mode: Store| Fixed::new((mode as u64).into());
        let rows = (geometry.lanes_log2 + ROWS_BEATS_LOG2).min(geometry.pass_log2 - 1);
        Self {
            tile_log2: number(geometry.tile_log2),
            rows_log2: number(rows.max(geometry.lanes_log2 + geometry.split_log2 + 1)),
            columns_log2: number(geometry.columns_log2),
            lanes_log2: number(geometry.lanes_log2),
            split_log2: number(geometry.split_log2),
            element_log2: number(parameters.field.element_bytes.ilog2() as usize),
            whole: Fixed::new(WHOLE_TILE.into()),
            rows: load(Load::Rows),
            split: load(Load::Split),
            rows_reversed: load(Load::RowsReversed),
            columns: load(Load::Columns),
            columns_reversed: load(Load::ColumnsReversed),
            to_rows: store(Store::Rows),
            to_rows_reversed: store(Store::RowsReversed),
            to_columns: store(Store::Columns),
            to_columns_reversed: store(Store::ColumnsReversed),
            to_columns_both: store(Store::ColumnsBothReversed),
            measure_tile: Fixed::new(run::TILE.into()),
            measure_columns: Fixed::new(run::COLUMNS.into()),
            measure_short: Fixed::new(run::SHORT.into()),
            short_frames: Fixed::new(u64::from(short(0)).into()),
            power: Fixed::new(kind::POWER.into()),
            twiddle: Fixed::new(kind::TWIDDLE.into()),
            ..Default::default()
        }
    }
}

impl Logic for PassShape {
    #[hdl_gen]
    fn update(&mut self) {
        self.frame.next = self.pass.val().high;
        if self.pass.val().later {
            self.frame.next = self.pass.val().low;
        }
        self.beats_log2.next = 0.into();
        if self.frame.val() > self.lanes_log2.val() {
            self.beats_log2.next = self.frame.val() - self.lanes_log2.val();
        }
        self.grain.next = self.beats_log2.val();
        self.zeros.next = self.pass.val().zeros;
        if self.pass.val().later {
            self.zeros.next = 0.into();
        }
        // columns of a tile, and frames of a tile of rows
        self.wide.next = self.columns_log2.val();
        if self.tile_log2.val() < (self.columns_log2.val() + self.frame.val()) {
            self.wide.next = self.tile_log2.val() - self.frame.val();
        }
        self.group.next = 0.into();
        if self.frame.val() < self.rows_log2.val() {
            self.group.next = self.rows_log2.val() - self.frame.val();
        }
        self.short.next = self.pass.val().zeros.any()
            & ((self.frame.val() - self.pass.val().zeros) < self.lanes_log2.val());
        if self.short.val() & (self.rows_log2.val() < (self.frame.val() + self.lanes_log2.val())) {
            self.group.next = self.lanes_log2.val();
        }

        self.result.next.frame = self.frame.val();
        self.result.next.unit = self.wide.val();
        self.result.next.inner = false;
        self.result.next.columns = self.wide.val();
        self.result.next.tile_bits = 0.into();
        self.result.next.room = self.frame.val() + self.wide.val() - self.lanes_log2.val();
        self.result.next.scattered = false;
        self.result.next.number_tile = 1.into();
        self.result.next.number_step = 0.into();
        self.result.next.number_reversed = false;
        self.result.next.number_bits = self.pass.val().high;
        self.result.next.kind = self.power.val();
        self.result.next.shift = 0.into();
        self.result.next.split = (self.pass.val().size + 1) >> 1;
        self.result.next.load.by_frame = false;
        self.result.next.load.measure = 0.into();
        self.result.next.load.grain = self.whole.val();
        self.result.next.store.by_frame = false;
        self.result.next.store.measure = 0.into();
        self.result.next.store.grain = self.whole.val();

        if self.pass.val().two {
            self.result.next.shift = self.pass.val().low;
            if self.pass.val().later {
                self.result.next.shift = self.pass.val().high;
            }
            if self.pass.val().later != self.pass.val().inverse {
                self.result.next.kind = self.twiddle.val();
            }
        }

        // columns, unless something else is said: rows of the matrix of which those of a tile follow one another
        self.result.next.load.mode = self.columns.val();
        if self.pass.val().input_reversed {
            self.result.next.load.mode = self.columns_reversed.val();
        }
        self.result.next.load.runs = bits::<BEAT_BITS>(1) << (self.frame.val() - self.zeros.val());
        self.result.next.load.beats =
            bits::<BEAT_BITS>(1) << (self.wide.val() - self.lanes_log2.val());
        self.result.next.load.spacing =
            bits::<BEAT_BITS>(1) << (self.wide.val() - self.lanes_log2.val());
        self.result.next.load.even = self.job.val().stride;
        self.result.next.load.odd = self.job.val().stride;
        self.result.next.load.tile = self.job.val().stride;
        self.result.next.load.outer = bits::<64>(1) << (self.wide.val() + self.element_log2.val());
        self.result.next.store.mode = self.to_columns.val();
        self.result.next.store.runs = bits::<BEAT_BITS>(1) << self.frame.val();
        self.result.next.store.beats =
            bits::<BEAT_BITS>(1) << (self.wide.val() - self.lanes_log2.val());
        self.result.next.store.spacing =
            bits::<BEAT_BITS>(1) << (self.wide.val() - self.lanes_log2.val());
        self.result.next.store.even = self.job.val().stride;
        self.result.next.store.odd = 0.into();
        self.result.next.store.tile = self.job.val().stride;
        self.result.next.store.outer = bits::<64>(1) << (self.wide.val() + self.element_log2.val());

        if self.job.val().columns {
            self.result.next.load.measure = self.measure_columns.val();
            self.result.next.store.measure = self.measure_columns.val();
            if !self.pass.val().two {
                if !self.pass.val().output_reversed {
                    self.result.next.store.mode = self.to_columns_reversed.val();
                }
            } else if !self.pass.val().later {
                // a tile for each j2
                self.result.next.tile_bits = self.pass.val().low;
                self.result.next.number_reversed = self.pass.val().input_reversed;
                self.result.next.number_bits = self.pass.val().low;
                self.result.next.store.even = self.job.val().stride << self.pass.val().low;
                if self.pass.val().input_reversed {
                    self.result.next.load.tile = self.job.val().stride << self.pass.val().high;
                } else {
                    self.result.next.load.even = self.job.val().stride << self.pass.val().low;
                    self.result.next.load.odd = self.job.val().stride << self.pass.val().low;
                }
            } else {
                // a tile for each p1
                self.result.next.tile_bits = self.pass.val().high;
                self.result.next.number_reversed = true;
                self.result.next.load.tile = self.job.val().stride << self.pass.val().low;
                if self.pass.val().output_reversed {
                    self.result.next.store.tile = self.job.val().stride << self.pass.val().low;
                } else {
                    self.result.next.scattered = true;
                    self.result.next.store.mode = self.to_columns_reversed.val();
                    self.result.next.store.even = self.job.val().stride << self.pass.val().high;
                }
            }
        } else if !self.pass.val().two {
            // whole transforms, one behind the other
            self.result.next.unit = self.group.val();
            self.result.next.room = self.frame.val() + self.group.val() - self.lanes_log2.val();
            self.result.next.number_tile = 0.into();
            self.result.next.load.mode = self.rows.val();
            self.result.next.load.runs = 1.into();
            self.result.next.load.measure = self.measure_tile.val();
            self.result.next.load.grain = self.grain.val();
            self.result.next.load.outer =
                bits::<64>(1) << (self.group.val() + self.frame.val() + self.element_log2.val());
            if self.pass.val().input_reversed {
                self.result.next.load.mode = self.rows_reversed.val();
            } else if self.short.val() {
                // less than a beat of each frame: they stand one behind the other
                self.result.next.load.mode = self.short_frames.val()
                    + bit_cast::<MODE_BITS, 8>(self.frame.val() - self.pass.val().zeros);
                self.result.next.load.measure = self.measure_short.val();
                self.result.next.load.grain = self.whole.val();
                self.result.next.load.outer = bits::<64>(1)
                    << (self.group.val() + self.frame.val() - self.pass.val().zeros
                        + self.element_log2.val());
            } else if self.pass.val().zeros.any() {
                self.result.next.load.by_frame = true;
                self.result.next.load.measure = 0.into();
                self.result.next.load.beats = bits::<BEAT_BITS>(1)
                    << (self.frame.val() - self.pass.val().zeros - self.lanes_log2.val());
                self.result.next.load.spacing =
                    bits::<BEAT_BITS>(1) << (self.frame.val() - self.lanes_log2.val());
                self.result.next.load.even =
                    bits::<64>(1) << (self.frame.val() + self.element_log2.val());
                self.result.next.load.odd =
                    bits::<64>(1) << (self.frame.val() + self.element_log2.val());
                self.result.next.load.grain = self.whole.val();
            } else if !self.group.val().any() {
                // the two halves of a frame in turn
                self.result.next.load.mode = self.split.val();
                self.result.next.load.runs = bits::<BEAT_BITS>(1)
                    << (self.frame.val() - self.lanes_log2.val() - self.split_log2.val());
                self.result.next.load.measure = 0.into();
                self.result.next.load.beats = bits::<BEAT_BITS>(1) << self.split_log2.val();
                self.result.next.load.spacing = bits::<BEAT_BITS>(1) << self.split_log2.val();
                self.result.next.load.even =
                    bits::<64>(1) << (self.frame.val() - 1 + self.element_log2.val());
                self.result.next.load.odd = (bits::<64>(1)
                    << (self.split_log2.val() + self.lanes_log2.val() + self.element_log2.val()))
                    - (bits::<64>(1) << (self.frame.val() - 1 + self.element_log2.val()));
                self.result.next.load.grain = self.split_log2.val() + 1;
            }
            self.result.next.store.mode = self.to_rows_reversed.val();
            self.result.next.store.grain = self.grain.val();
            if self.pass.val().output_reversed {
                self.result.next.store.mode = self.to_rows.val();
                self.result.next.store.grain = 0.into();
            }
            self.result.next.store.outer = bits::<64>(1)
                << (self.group.val() + self.pass.val().output_size + self.element_log2.val());
            self.result.next.store.runs = 1.into();
            self.result.next.store.measure = self.measure_tile.val();
            if self.pass.val().output_size != self.pass.val().size {
                self.result.next.store.by_frame = true;
                self.result.next.store.measure = 0.into();
                self.result.next.store.beats = bits::<BEAT_BITS>(1) << self.beats_log2.val();
                self.result.next.store.spacing = bits::<BEAT_BITS>(1) << self.beats_log2.val();
                self.result.next.store.even =
                    bits::<64>(1) << (self.pass.val().output_size + self.element_log2.val());
            }
        } else {
            // parts of one transform
            self.result.next.unit = 0.into();
            self.result.next.inner = true;
            self.result.next.number_step = 1.into();
            self.result.next.number_tile = bits::<EXPONENT_BITS>(1) << self.wide.val();
            self.result.next.load.outer =
                bits::<64>(1) << (self.pass.val().output_size + self.element_log2.val());
            self.result.next.store.outer =
                bits::<64>(1) << (self.pass.val().output_size + self.element_log2.val());
            self.result.next.store.tile =
                bits::<64>(1) << (self.wide.val() + self.element_log2.val());
            if !self.pass.val().later {
                self.result.next.tile_bits = self.pass.val().low - self.wide.val();
                self.result.next.number_bits = self.pass.val().low;
                self.result.next.load.outer =
                    bits::<64>(1) << (self.pass.val().size + self.element_log2.val());
                self.result.next.store.even =
                    bits::<64>(1) << (self.pass.val().low + self.element_log2.val());
                if self.pass.val().input_reversed {
                    self.result.next.number_reversed = true;
                    self.result.next.load.mode = self.rows_reversed.val();
                    self.result.next.load.runs = 1.into();
                    self.result.next.load.measure = self.measure_tile.val();
                    self.result.next.load.grain = self.grain.val();
                    self.result.next.load.tile = bits::<64>(1)
                        << (self.wide.val() + self.pass.val().high + self.element_log2.val());
                } else {
                    self.result.next.load.even =
                        bits::<64>(1) << (self.pass.val().low + self.element_log2.val());
                    self.result.next.load.odd =
                        bits::<64>(1) << (self.pass.val().low + self.element_log2.val());
                    self.result.next.load.tile =
                        bits::<64>(1) << (self.wide.val() + self.element_log2.val());
                }
            } else {
                self.result.next.number_reversed = true;
                self.result.next.tile_bits = self.pass.val().high - self.wide.val();
                self.result.next.load.mode = self.rows.val();
                if self.pass.val().input_reversed {
                    self.result.next.load.mode = self.rows_reversed.val();
                }
                self.result.next.load.grain = self.grain.val();
                if self.pass.val().output_reversed {
                    self.result.next.load.runs = 1.into();
                    self.result.next.load.measure = self.measure_tile.val();
                    self.result.next.load.tile = bits::<64>(1)
                        << (self.wide.val() + self.pass.val().low + self.element_log2.val());
                    self.result.next.store.mode = self.to_rows.val();
                    self.result.next.store.grain = 0.into();
                    self.result.next.store.runs = 1.into();
                    self.result.next.store.measure = self.measure_tile.val();
                    self.result.next.store.tile = bits::<64>(1)
                        << (self.wide.val() + self.pass.val().low + self.element_log2.val());
                } else {
                    // rows p1 of which the k1 follow one another
                    self.result.next.number_tile = 1.into();
                    self.result.next.number_step =
                        bits::<EXPONENT_BITS>(1) << (self.pass.val().high - self.wide.val());
                    self.result.next.load.runs = bits::<BEAT_BITS>(1) << self.wide.val();
                    self.result.next.load.beats = bits::<BEAT_BITS>(1) << self.beats_log2.val();
                    self.result.next.load.spacing = bits::<BEAT_BITS>(1) << self.beats_log2.val();
                    self.result.next.load.even = bits::<64>(1)
                        << (self.pass.val().size - self.wide.val() + self.element_log2.val());
                    self.result.next.load.odd = bits::<64>(1)
                        << (self.pass.val().size - self.wide.val() + self.element_log2.val());
                    self.result.next.load.tile =
                        bits::<64>(1) << (self.pass.val().low + self.element_log2.val());
                    self.result.next.scattered = true;
                    self.result.next.store.mode = self.to_columns_both.val();
                    self.result.next.store.even =
                        bits::<64>(1) << (self.pass.val().high + self.element_log2.val());
                }
            }
        }
        self.shape.next = self.result.val();
    }
}
