//! From jobs to passes, and from passes to tiles.

use super::order::Geometry;
use super::pass_shape::{Pass, PassShape, Shape, run};
use super::tile::{FeedTile, Job, LoadTile, StoreTile};
use super::{BEAT_BITS, EXPONENT_BITS, FEED_TILES_LOG2, Parameters, TILES};
use crate::cells::{Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the sequencer is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum SequencerState {
    /// Waiting for a job.
    Idle,
    /// One of its transforms: the only one, or one of the two of an extension.
    Transform,
    /// The two sizes of a transform in two passes.
    Measure,
    /// A pass: its shape.
    Pass,
    /// The next transforms of the batch.
    Outer,
    /// Their next tile, when there is room for it.
    Tile,
    /// Its place in memory, where the tiles are in bit-reversed order.
    Place,
    /// It goes to the feeder.
    Send,
    /// It goes to the loader.
    Load,
    /// On to what is behind it.
    Next,
    /// The pass has been asked for: waiting until all of it is written.
    Barrier,
}

/// Cuts jobs into passes and tiles. n = 2^k up to 2^K is one pass; above, with N1 = 2^⌈k/2⌉,
/// N2 = 2^⌊k/2⌋, j = j1 N2 + j2 and k = k1 + N1 k2, the first pass transforms over j1 for each j2,
/// the second one over j2 for each k1. Between them M\[p1\]\[q\] stands at p1 N2 + q of the scratch area:
/// p1 = rev k1, q = j2 (rev j2 when the input was reversed).
///
/// An extension is an inverse transform to the scratch area, by way of the output area, and a forward one
/// from there, in place in its first pass. A pass begins when all that the pass before has written is in memory;
/// the tiles of the next job follow those of the last pass at once.
#[derive(LogicBlock, Default)]
pub struct Sequencer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything.
    pub clear: Signal<In, Bit>,
    /// There is a job; held until `taken`.
    pub valid: Signal<In, Bit>,
    /// The job.
    pub job: Signal<In, Job>,
    /// One cycle: the job is taken.
    pub taken: Signal<Out, Bit>,
    /// There is a tile for the loader; held until `load_taken`.
    pub load_valid: Signal<Out, Bit>,
    /// The tile.
    pub load: Signal<Out, LoadTile>,
    /// See [`Loader`](super::Loader).
    pub load_taken: Signal<In, Bit>,
    /// One cycle: a tile for the feeder.
    pub push: Signal<Out, Bit>,
    /// The tile.
    pub feed: Signal<Out, FeedTile>,
    /// What becomes of it.
    pub store: Signal<Out, StoreTile>,
    /// Tiles that wait at the feeder.
    pub waiting: Signal<In, Bits<16>>,
    /// A tile of the buffer of loads is free.
    pub freed: Signal<In, Bit>,
    /// Feeder, pipeline and storer have nothing.
    pub quiet: Signal<In, Bit>,
    pass_log2: Fixed<Bits<8>>,
    lanes_log2: Fixed<Bits<8>>,
    half_log2: Fixed<Bits<8>>,
    lanes_less: Fixed<Bits<32>>,
    lanes: Fixed<Bits<6>>,
    feed_room: Fixed<Bits<16>>,
    buffer_log2: Fixed<Bits<8>>,
    exponent_bits: Fixed<Bits<8>>,
    most_tiles: Fixed<Bits<6>>,
    element_log2: Fixed<Bits<8>>,
    measure_tile: Fixed<Bits<2>>,
    measure_columns: Fixed<Bits<2>>,
    measure_short: Fixed<Bits<2>>,
    state: Register<SequencerState>,
    given: Register<Job>,
    second: Register<Bit>,
    number_of_pass: Register<Bits<2>>,
    pass: Register<Pass>,
    shape: Register<Shape>,
    maker: PassShape,
    left: Register<Bits<32>>,
    frames: Register<Bits<32>>,
    in_outer: Register<Bits<64>>,
    out_outer: Register<Bits<64>>,
    in_tile: Register<Bits<64>>,
    out_tile: Register<Bits<64>>,
    unit: Register<Bits<64>>,
    unit_bits: Register<Bits<EXPONENT_BITS>>,
    tile: Register<Bits<EXPONENT_BITS>>,
    number: Register<Bits<EXPONENT_BITS>>,
    used: Register<Bits<6>>,
    used_room: Register<Bits<8>>,
    next_place: Register<Bits<8>>,
    elements: Signal<Local, Bits<32>>,
    beats: Signal<Local, Bits<32>>,
    column_beats: Signal<Local, Bits<32>>,
    short_beats: Signal<Local, Bits<32>>,
    load_beats: Signal<Local, Bits<BEAT_BITS>>,
    load_runs: Signal<Local, Bits<BEAT_BITS>>,
    store_beats: Signal<Local, Bits<BEAT_BITS>>,
    store_runs: Signal<Local, Bits<BEAT_BITS>>,
    place: Signal<Local, Bits<BEAT_BITS>>,
    capacity: Signal<Local, Bits<BEAT_BITS>>,
    space: Signal<Local, Bit>,
    last_tile: Signal<Local, Bit>,
    last_outer: Signal<Local, Bit>,
    last_pass: Signal<Local, Bit>,
    last_transform: Signal<Local, Bit>,
    in_frame: Signal<Local, Bits<8>>,
    kept_log2: Signal<Local, Bits<8>>,
    filled_log2: Signal<Local, Bits<8>>,
    lane_log2: Signal<Local, Bits<8>>,
    allocate: Signal<Local, Bit>,
    feed_tile: Signal<Local, FeedTile>,
    store_tile: Signal<Local, StoreTile>,
    load_tile: Signal<Local, LoadTile>,
    next_pass: Signal<Local, Pass>,
}

impl Sequencer {
    /// The sequencer of an engine with this pipeline and these buffers.
    pub fn new(parameters: &Parameters, geometry: &Geometry) -> Self {
        let number = |value: usize| Fixed::new((value as u64).into());
        let lanes = 1u64 << geometry.lanes_log2;
        Self {
            pass_log2: number(geometry.pass_log2),
            lanes_log2: number(geometry.lanes_log2),
            half_log2: number(geometry.lanes_log2 - 1),
            lanes_less: Fixed::new((lanes - 1).into()),
            lanes: Fixed::new(lanes.into()),
            feed_room: Fixed::new(((1u64 << FEED_TILES_LOG2) - 1).into()),
            buffer_log2: number(geometry.beat_bits()),
            exponent_bits: number(EXPONENT_BITS),
            most_tiles: Fixed::new(TILES.into()),
            element_log2: number(parameters.field.element_bytes.ilog2() as usize),
            measure_tile: Fixed::new(run::TILE.into()),
            measure_columns: Fixed::new(run::COLUMNS.into()),
            measure_short: Fixed::new(run::SHORT.into()),
            maker: PassShape::new(parameters, geometry),
            ..Default::default()
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            given,
            second,
            number_of_pass,
            pass,
            shape,
            left,
            frames,
            in_outer,
            out_outer,
            in_tile,
            out_tile,
            unit,
            unit_bits,
            tile,
            number,
            used,
            used_room,
            next_place
        );
        self.maker.job.next = self.given.q.val();
        self.maker.pass.next = self.pass.q.val();
        self.last_pass.next = self.pass.q.val().later | !self.pass.q.val().two;
        self.last_transform.next = self.second.q.val() | !self.given.q.val().extend;

        // the tile's elements and beats
        self.elements.next = self.frames.q.val() << self.shape.q.val().frame;
        self.beats.next = (self.elements.val() + self.lanes_less.val()) >> self.lanes_log2.val();
        self.column_beats.next =
            (self.frames.q.val() + self.lanes_less.val()) >> self.lanes_log2.val();
        self.short_beats.next = ((self.elements.val() >> self.pass.q.val().zeros)
            + self.lanes_less.val())
            >> self.lanes_log2.val();
        self.load_runs.next = self.shape.q.val().load.runs;
        if self.shape.q.val().load.by_frame {
            self.load_runs.next = bit_cast::<BEAT_BITS, 32>(self.frames.q.val());
        }
        self.load_beats.next = self.shape.q.val().load.beats;
        if self.shape.q.val().load.measure == self.measure_tile.val() {
            self.load_beats.next = bit_cast::<BEAT_BITS, 32>(self.beats.val());
        }
        if self.shape.q.val().load.measure == self.measure_columns.val() {
            self.load_beats.next = bit_cast::<BEAT_BITS, 32>(self.column_beats.val());
        }
        if self.shape.q.val().load.measure == self.measure_short.val() {
            self.load_beats.next = bit_cast::<BEAT_BITS, 32>(self.short_beats.val());
        }
        self.store_runs.next = self.shape.q.val().store.runs;
        if self.shape.q.val().store.by_frame {
            self.store_runs.next = bit_cast::<BEAT_BITS, 32>(self.frames.q.val());
        }
        self.store_beats.next = self.shape.q.val().store.beats;
        if self.shape.q.val().store.measure == self.measure_tile.val() {
            self.store_beats.next = bit_cast::<BEAT_BITS, 32>(self.beats.val());
        }
        if self.shape.q.val().store.measure == self.measure_columns.val() {
            self.store_beats.next = bit_cast::<BEAT_BITS, 32>(self.column_beats.val());
        }
        self.place.next =
            bit_cast::<BEAT_BITS, 8>(self.next_place.q.val()) << self.shape.q.val().room;

        // elements of a frame that are not zero: of a beat, and beats
        self.in_frame.next = self.shape.q.val().frame - self.pass.q.val().zeros;
        if self.pass.q.val().later {
            self.in_frame.next = self.shape.q.val().frame;
        }
        self.lane_log2.next = self.lanes_log2.val();
        if self.shape.q.val().frame < self.lanes_log2.val() {
            self.lane_log2.next = self.shape.q.val().frame;
        }
        self.kept_log2.next = self.half_log2.val();
        self.filled_log2.next = self.in_frame.val() - self.half_log2.val();
        if self.in_frame.val() < self.half_log2.val() {
            self.kept_log2.next = self.in_frame.val();
            self.filled_log2.next = 0.into();
        }
        if self.in_frame.val() == self.shape.q.val().frame {
            self.kept_log2.next = self.lanes_log2.val();
            self.filled_log2.next = self.shape.q.val().frame;
        }

        self.load_tile.next.port = self.given.q.val().port;
        self.load_tile.next.address = self.in_tile.q.val();
        self.load_tile.next.even_step = self.shape.q.val().load.even;
        self.load_tile.next.odd_step = self.shape.q.val().load.odd;
        self.load_tile.next.runs = self.load_runs.val();
        self.load_tile.next.beats = self.load_beats.val();
        self.load_tile.next.spacing = self.shape.q.val().load.spacing;
        self.load_tile.next.mode = self.shape.q.val().load.mode;
        self.load_tile.next.size = bit_cast::<5, 8>(self.shape.q.val().frame);
        self.load_tile.next.place = self.place.val();
        self.load.next = self.load_tile.val();

        self.feed_tile.next.port = self.given.q.val().port;
        self.feed_tile.next.pass = self.number_of_pass.q.val();
        self.feed_tile.next.mode = self.shape.q.val().load.mode;
        self.feed_tile.next.size = bit_cast::<5, 8>(self.shape.q.val().frame);
        self.feed_tile.next.place = self.place.val();
        self.feed_tile.next.room = bit_cast::<5, 8>(self.shape.q.val().room);
        self.feed_tile.next.grain = bit_cast::<5, 8>(self.shape.q.val().load.grain);
        self.feed_tile.next.beats = bit_cast::<BEAT_BITS, 32>(self.beats.val());
        self.feed_tile.next.rest = self.lanes.val();
        if (self.elements.val() & self.lanes_less.val()).any() {
            self.feed_tile.next.rest =
                bit_cast::<6, 32>(self.elements.val() & self.lanes_less.val());
        }
        self.feed_tile.next.filled = bits::<BEAT_BITS>(1) << self.filled_log2.val();
        self.feed_tile.next.kept = bits::<6>(1) << self.kept_log2.val();
        self.feed_tile.next.lane_mask =
            bit_cast::<5, 6>((bits::<6>(1) << self.lane_log2.val()) - 1);
        self.feed_tile.next.number = self.number.q.val();
        self.feed_tile.next.number_step = self.shape.q.val().number_step;
        self.feed_tile.next.reversed = self.shape.q.val().number_reversed;
        self.feed_tile.next.reversed_shift =
            bit_cast::<5, 8>(self.exponent_bits.val() - self.shape.q.val().number_bits);
        self.feed_tile.next.kind = self.shape.q.val().kind;
        self.feed_tile.next.shift = bit_cast::<5, 8>(self.shape.q.val().shift);
        self.feed_tile.next.split = bit_cast::<4, 8>(self.shape.q.val().split);
        self.feed_tile.next.set = self.given.q.val().set ^ self.second.q.val();
        self.feed_tile.next.turn = self.given.q.val().turn_0;
        if self.given.q.val().set ^ self.second.q.val() {
            self.feed_tile.next.turn = self.given.q.val().turn_1;
        }
        self.feed_tile.next.inverse = self.pass.q.val().inverse;
        self.feed.next = self.feed_tile.val();

        self.last_tile.next = ((self.tile.q.val() + 1) >> self.shape.q.val().tile_bits).any();
        self.last_outer.next = self.left.q.val() <= (bits::<32>(1) << self.shape.q.val().unit);
        self.store_tile.next.port = self.given.q.val().port;
        self.store_tile.next.last = self.last_tile.val()
            & self.last_outer.val()
            & self.last_pass.val()
            & self.last_transform.val();
        self.store_tile.next.address = self.out_tile.q.val();
        self.store_tile.next.step = self.shape.q.val().store.even;
        self.store_tile.next.runs = self.store_runs.val();
        self.store_tile.next.run_beats = self.store_beats.val();
        self.store_tile.next.spacing = self.shape.q.val().store.spacing;
        self.store_tile.next.mode = self.shape.q.val().store.mode;
        self.store_tile.next.size = bit_cast::<5, 8>(self.shape.q.val().frame);
        self.store_tile.next.grain = bit_cast::<5, 8>(self.shape.q.val().store.grain);
        self.store_tile.next.beats = bit_cast::<BEAT_BITS, 32>(self.beats.val());
        self.store_tile.next.place = 0.into();
        self.store.next = self.store_tile.val();

        // room among the loads
        self.capacity.next =
            bits::<BEAT_BITS>(1) << (self.buffer_log2.val() - self.shape.q.val().room);
        self.space.next = !self.used.q.val().any()
            | ((self.used_room.q.val() == self.shape.q.val().room)
                & (bit_cast::<BEAT_BITS, 6>(self.used.q.val()) < self.capacity.val())
                & (self.used.q.val() < self.most_tiles.val()));

        self.taken.next = false;
        self.push.next = false;
        self.load_valid.next = false;
        self.allocate.next = false;
        self.next_pass.next = self.pass.q.val();
        match self.state.q.val() {
            SequencerState::Idle => {
                self.given.d.next = self.job.val();
                self.second.d.next = false;
                self.number_of_pass.d.next = 0.into();
                if self.valid.val() {
                    self.taken.next = true;
                    self.state.d.next = SequencerState::Transform;
                }
            }
            SequencerState::Transform => {
                self.next_pass.next.later = false;
                self.next_pass.next.size = self.given.q.val().size;
                self.next_pass.next.output_size =
                    self.given.q.val().size + self.given.q.val().extension;
                self.next_pass.next.zeros = 0.into();
                self.next_pass.next.inverse = self.given.q.val().inverse;
                self.next_pass.next.input_reversed = self.given.q.val().input_reversed;
                self.next_pass.next.output_reversed = self.given.q.val().output_reversed;
                if self.given.q.val().extend & !self.second.q.val() {
                    self.next_pass.next.inverse = true;
                    self.next_pass.next.output_reversed = false;
                    if self.given.q.val().size < self.lanes_log2.val() {
                        self.next_pass.next.output_size = self.given.q.val().size;
                    }
                }
                if self.second.q.val() {
                    self.next_pass.next.size =
                        self.given.q.val().size + self.given.q.val().extension;
                    self.next_pass.next.zeros = self.given.q.val().extension;
                    self.next_pass.next.inverse = false;
                }
                self.state.d.next = SequencerState::Measure;
            }
            SequencerState::Measure => {
                self.next_pass.next.two = self.pass.q.val().size > self.pass_log2.val();
                self.next_pass.next.high = self.pass.q.val().size;
                self.next_pass.next.low = self.pass.q.val().size >> 1;
                if self.pass.q.val().size > self.pass_log2.val() {
                    self.next_pass.next.high = (self.pass.q.val().size + 1) >> 1;
                }
                self.state.d.next = SequencerState::Pass;
            }
            SequencerState::Pass => {
                self.shape.d.next = self.maker.shape.val();
                self.left.d.next = self.given.q.val().batch;
                // input, by way of the scratch area, to output; of an extension, see above
                self.in_outer.d.next = self.given.q.val().input;
                self.out_outer.d.next = self.given.q.val().output;
                if self.second.q.val() | self.pass.q.val().later {
                    self.in_outer.d.next = self.given.q.val().scratch;
                }
                if !self.last_pass.val() {
                    self.out_outer.d.next = self.given.q.val().scratch;
                }
                if self.given.q.val().extend & !self.second.q.val() {
                    self.out_outer.d.next = self.given.q.val().scratch;
                    if !self.last_pass.val() {
                        self.out_outer.d.next = self.given.q.val().output;
                    }
                    if self.pass.q.val().later {
                        self.in_outer.d.next = self.given.q.val().output;
                    }
                }
                self.state.d.next = SequencerState::Outer;
            }
            SequencerState::Outer => {
                self.frames.d.next = bits::<32>(1) << self.shape.q.val().unit;
                if self.last_outer.val() {
                    self.frames.d.next = self.left.q.val();
                }
                if self.shape.q.val().inner {
                    self.frames.d.next = bits::<32>(1) << self.shape.q.val().columns;
                }
                self.tile.d.next = 0.into();
                self.number.d.next = 0.into();
                self.in_tile.d.next = self.in_outer.q.val();
                self.out_tile.d.next = self.out_outer.q.val();
                self.state.d.next = SequencerState::Tile;
            }
            SequencerState::Tile => {
                self.unit.d.next = self.shape.q.val().store.tile << self.shape.q.val().tile_bits;
                self.unit_bits.d.next = self.tile.q.val();
                if self.space.val() & (self.waiting.val() < self.feed_room.val()) {
                    self.state.d.next = SequencerState::Send;
                    if self.shape.q.val().scattered {
                        self.out_tile.d.next = self.out_outer.q.val();
                        self.state.d.next = SequencerState::Place;
                    }
                }
            }
            SequencerState::Place => {
                // bit i of the tile's number has half the weight of bit i - 1
                self.unit.d.next = self.unit.q.val() >> 1;
                self.unit_bits.d.next = self.unit_bits.q.val() >> 1;
                if self.unit_bits.q.val().get_bit(0) {
                    self.out_tile.d.next = self.out_tile.q.val() + (self.unit.q.val() >> 1);
                }
                if !self.unit_bits.q.val().any() {
                    self.state.d.next = SequencerState::Send;
                }
            }
            SequencerState::Send => {
                self.push.next = true;
                self.allocate.next = true;
                self.used_room.d.next = self.shape.q.val().room;
                self.state.d.next = SequencerState::Load;
            }
            SequencerState::Load => {
                self.load_valid.next = true;
                if self.load_taken.val() {
                    self.next_place.d.next = self.next_place.q.val() + 1;
                    self.state.d.next = SequencerState::Next;
                }
            }
            SequencerState::Next => {
                self.tile.d.next = self.tile.q.val() + 1;
                self.number.d.next = self.number.q.val() + self.shape.q.val().number_tile;
                self.in_tile.d.next = self.in_tile.q.val() + self.shape.q.val().load.tile;
                self.out_tile.d.next = self.out_tile.q.val() + self.shape.q.val().store.tile;
                self.state.d.next = SequencerState::Tile;
                if self.last_tile.val() {
                    self.left.d.next =
                        self.left.q.val() - (bits::<32>(1) << self.shape.q.val().unit);
                    self.in_outer.d.next = self.in_outer.q.val() + self.shape.q.val().load.outer;
                    self.out_outer.d.next = self.out_outer.q.val() + self.shape.q.val().store.outer;
                    self.state.d.next = SequencerState::Outer;
                    if self.last_outer.val() {
                        self.number_of_pass.d.next = self.number_of_pass.q.val() + 1;
                        self.state.d.next = SequencerState::Barrier;
                        if self.last_pass.val() & self.last_transform.val() {
                            self.state.d.next = SequencerState::Idle;
                        }
                    }
                }
            }
            SequencerState::Barrier => {
                if self.quiet.val() {
                    self.next_pass.next.later = true;
                    self.state.d.next = SequencerState::Pass;
                    if self.last_pass.val() {
                        self.second.d.next = true;
                        self.state.d.next = SequencerState::Transform;
                    }
                }
            }
        }
        self.pass.d.next = self.next_pass.val();

        if self.allocate.val() & !self.freed.val() {
            self.used.d.next = self.used.q.val() + 1;
        }
        if self.freed.val() & !self.allocate.val() {
            self.used.d.next = self.used.q.val() - 1;
        }
        if self.clear.val() {
            self.used.d.next = 0.into();
            self.state.d.next = SequencerState::Idle;
        }
    }
}
