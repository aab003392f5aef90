//! Tiles on their way from the buffer of loads into the pipeline.

use super::tile::{FeedTile, Slot, StoreTile};
use super::{BEAT_BITS, EXPONENT_BITS, MODE_BITS};
use crate::cells::{Fifo, Fixed, Register, leaf};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the tiles that may wait for the pipeline.
pub const FEED_TILES_LOG2: usize = 4;
/// Most tiles in a buffer.
pub const TILES: u64 = 8;

/// The bits of a word in reverse order. Latency 0.
#[derive(LogicBlock, Default)]
pub struct Reversed<const N: usize> {
    /// The word.
    pub d: Signal<In, Bits<N>>,
    /// Reversed.
    pub q: Signal<Out, Bits<N>>,
}

impl<const N: usize> Logic for Reversed<N> {
    fn update(&mut self) {
        let mut q = Bits::<N>::default();
        for bit in 0..N {
            q = q.replace_bit(N - 1 - bit, self.d.val().get_bit(bit));
        }
        self.q.next = q;
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let bits: Vec<String> = (0..N).map(|bit| format!("d[{bit}]")).collect();
        leaf(format!("assign q = {{{}}};\n", bits.join(", ")))
    }
}

/// Sets the lanes of a beat to zero that have no element. Latency 0.
#[derive(LogicBlock, Default)]
pub struct BeatMask<const W: usize> {
    /// The beat.
    pub d: Signal<In, Bits<W>>,
    /// Lanes from this one on are zero.
    pub rest: Signal<In, Bits<6>>,
    /// Lanes of which the bits in `lane_mask` are this number or more are zero.
    pub kept: Signal<In, Bits<6>>,
    /// See `kept`.
    pub lane_mask: Signal<In, Bits<5>>,
    /// The beat with zeros.
    pub q: Signal<Out, Bits<W>>,
    _lanes: usize,
}

impl<const W: usize> BeatMask<W> {
    /// For beats of so many lanes.
    pub fn new(lanes: usize) -> Self {
        Self {
            _lanes: lanes,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for BeatMask<W> {
    fn update(&mut self) {
        let element = W / self._lanes.max(1);
        let mut q = self.d.val();
        for lane in 0..self._lanes {
            let number = lane & self.lane_mask.val().index();
            if lane >= self.rest.val().index() || number >= self.kept.val().index() {
                for bit in lane * element..(lane + 1) * element {
                    q = q.replace_bit(bit, false);
                }
            }
        }
        self.q.next = q;
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let element = W / self._lanes.max(1);
        let lanes: String = (0..self._lanes)
            .map(|lane| {
                format!(
                    "wire there_{lane} = 6'd{lane} < rest && {{1'b0, 5'd{lane} & lane_mask}} < kept;
assign q[{high}:{low}] = d[{high}:{low}] & {{{element}{{there_{lane}}}}};
",
                    high = (lane + 1) * element - 1,
                    low = lane * element,
                )
            })
            .collect();
        leaf(lanes)
    }
}

/// Feeds the pipeline frame by frame: a frame goes when its tile's place among the stores is reserved, its
/// tables are there, and its beats come. Between frames, and while the pipeline is not empty, it
/// feeds dummies. Size, direction and place of the factors change only when the pipeline is empty.
///
/// One beat a cycle, or every other cycle where the pipeline has half as many lanes; one cycle between tiles. The slot that stands at `slot` belongs to the beat that
/// the buffer gives in the same cycle.
#[derive(LogicBlock, Default)]
pub struct Feeder {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything; a frame is broken off.
    pub clear: Signal<In, Bit>,
    /// One cycle: a tile, behind those before.
    pub push: Signal<In, Bit>,
    /// The tile.
    pub tile: Signal<In, FeedTile>,
    /// What will become of it.
    pub store: Signal<In, StoreTile>,
    /// Tiles that wait.
    pub waiting: Signal<Out, Bits<16>>,
    /// See [`Loader`](super::Loader).
    pub complete: Signal<In, Bit>,
    /// See [`Loader`](super::Loader).
    pub arrived: Signal<In, Bits<BEAT_BITS>>,
    /// Turns of the tables that sets 0 and 1 hold.
    pub turn: [Signal<In, Bit>; 2],
    /// To the buffer of loads.
    pub mode: Signal<Out, Bits<MODE_BITS>>,
    /// To the buffer of loads.
    pub size: Signal<Out, Bits<5>>,
    /// To the buffer of loads.
    pub place: Signal<Out, Bits<BEAT_BITS>>,
    /// To the buffer of loads.
    pub beat: Signal<Out, Bits<BEAT_BITS>>,
    /// One cycle: the tile's place among the loads is free.
    pub free: Signal<Out, Bit>,
    /// A tile of the buffer of stores is free.
    pub stored: Signal<In, Bit>,
    /// One cycle: a tile is going to leave the pipeline.
    pub announce: Signal<Out, Bit>,
    /// The tile.
    pub announced: Signal<Out, StoreTile>,
    /// To the pipeline: its slot.
    pub slot: Signal<Out, Slot>,
    /// To the pipeline.
    pub frame_size: Signal<Out, Bits<5>>,
    /// To the pipeline: inverse, and factors behind the transform.
    pub inverse: Signal<Out, Bit>,
    /// From the pipeline.
    pub empty: Signal<In, Bit>,
    /// Nothing is here or in the pipeline.
    pub idle: Signal<Out, Bit>,
    /// What is being fed, or waits to be.
    pub current: Signal<Out, FeedTile>,
    /// It is there.
    pub present: Signal<Out, Bit>,
    /// A beat of it goes in this cycle.
    pub fed: Signal<Out, Bit>,
    /// It waits for the pipeline to empty.
    pub emptying: Signal<Out, Bit>,
    /// It waits for space among the stores.
    pub blocked: Signal<Out, Bit>,
    /// Where the pipeline has half as many lanes: the second half of a beat goes in this cycle.
    pub second_half: Vec<Signal<Out, Bit>>,
    most_tiles: Fixed<Bits<6>>,
    room_log2: Fixed<Bits<5>>,
    lanes_log2: Fixed<Bits<5>>,
    tiles: Fifo<FeedTile, FEED_TILES_LOG2>,
    stores: Fifo<StoreTile, FEED_TILES_LOG2>,
    active: Register<Bit>,
    beat_place: Register<Bits<BEAT_BITS>>,
    in_frame: Register<Bits<BEAT_BITS>>,
    number: Register<Bits<EXPONENT_BITS>>,
    completed: Register<Bits<6>>,
    stored_tiles: Register<Bits<6>>,
    stored_room: Register<Bits<5>>,
    next_place: Register<Bits<8>>,
    set_size: Register<Bits<5>>,
    set_inverse: Register<Bit>,
    stage: [Register<Slot>; 3],
    halved: Vec<Register<Bit>>,
    reversed: Reversed<EXPONENT_BITS>,
    fitting: Signal<Local, Bit>,
    space: Signal<Local, Bit>,
    capacity: Signal<Local, Bits<BEAT_BITS>>,
    begin: Signal<Local, Bit>,
    there: Signal<Local, Bit>,
    issue: Signal<Local, Bit>,
    boundary: Signal<Local, Bit>,
    frame_beats: Signal<Local, Bits<BEAT_BITS>>,
    frame_ends: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    quiet: Signal<Local, Bit>,
    tables: Signal<Local, Bit>,
    next: Signal<Local, Slot>,
    _halves: usize,
}

impl Feeder {
    /// The feeder of an engine with 2^`lanes_log2` elements a beat, whose buffer of stores has 2^`room_log2` beats; `half`:
    /// the pipeline has half as many lanes.
    pub fn new(lanes_log2: usize, room_log2: usize, half: bool) -> Self {
        let halves = usize::from(half);
        Self {
            second_half: (0..halves).map(|_| Default::default()).collect(),
            halved: (0..halves).map(|_| Default::default()).collect(),
            _halves: halves,
            most_tiles: Fixed::new(TILES.into()),
            lanes_log2: Fixed::new((lanes_log2 as u64).into()),
            room_log2: Fixed::new((room_log2 as u64).into()),
            ..Default::default()
        }
    }
}

impl Logic for Feeder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            active,
            beat_place,
            in_frame,
            number,
            completed,
            stored_tiles,
            stored_room,
            next_place,
            set_size,
            set_inverse
        );
        clock!(self, clock, tiles, stores);
        for i in 0..3 {
            self.stage[i].clock.next = self.clock.val();
        }
        self.tiles.push.next = self.push.val();
        self.tiles.d.next = self.tile.val();
        self.tiles.clear.next = self.clear.val();
        self.stores.push.next = self.push.val();
        self.stores.d.next = self.store.val();
        self.stores.clear.next = self.clear.val();
        self.waiting.next = self.tiles.level.val();
        self.current.next = self.tiles.q.val();
        self.present.next = self.tiles.valid.val();

        // a tile begins
        self.quiet.next = self.empty.val()
            & !self.stage[0].q.val().valid
            & !self.stage[1].q.val().valid
            & !self.stage[2].q.val().valid;
        self.fitting.next = (self.tiles.q.val().size == self.set_size.q.val())
            & (self.tiles.q.val().inverse == self.set_inverse.q.val());
        self.capacity.next =
            bits::<BEAT_BITS>(1) << (self.room_log2.val() - self.tiles.q.val().room);
        self.space.next = !self.stored_tiles.q.val().any()
            | ((self.stored_room.q.val() == self.tiles.q.val().room)
                & (bit_cast::<BEAT_BITS, 6>(self.stored_tiles.q.val()) < self.capacity.val())
                & (self.stored_tiles.q.val() < self.most_tiles.val()));
        self.tables.next = self.turn[0].val() == self.tiles.q.val().turn;
        if self.tiles.q.val().set {
            self.tables.next = self.turn[1].val() == self.tiles.q.val().turn;
        }
        self.begin.next = self.tiles.valid.val()
            & !self.active.q.val()
            & self.space.val()
            & self.tables.val()
            & (self.fitting.val() | self.quiet.val())
            & !self.clear.val();
        self.emptying.next =
            self.tiles.valid.val() & !self.active.q.val() & !self.fitting.val() & !self.quiet.val();
        self.blocked.next = self.tiles.valid.val() & !self.active.q.val() & !self.space.val();
        self.announce.next = self.begin.val();
        self.announced.next = self.stores.q.val();
        self.announced.next.place =
            bit_cast::<BEAT_BITS, 8>(self.next_place.q.val()) << self.tiles.q.val().room;
        if self.begin.val() {
            self.active.d.next = true;
            self.beat_place.d.next = 0.into();
            self.in_frame.d.next = 0.into();
            self.number.d.next = self.tiles.q.val().number;
            self.set_size.d.next = self.tiles.q.val().size;
            self.set_inverse.d.next = self.tiles.q.val().inverse;
            self.stored_room.d.next = self.tiles.q.val().room;
            self.next_place.d.next = self.next_place.q.val() + 1;
        }
        if self.begin.val() & !self.stored.val() {
            self.stored_tiles.d.next = self.stored_tiles.q.val() + 1;
        }
        if self.stored.val() & !self.begin.val() {
            self.stored_tiles.d.next = self.stored_tiles.q.val() - 1;
        }

        // a beat goes
        self.there.next = self.completed.q.val().any()
            | ((self.arrived.val() >> self.tiles.q.val().grain)
                > (self.beat_place.q.val() >> self.tiles.q.val().grain));
        self.issue.next = self.active.q.val() & self.there.val();
        for i in 0..self._halves {
            self.second_half[i].next = self.halved[i].q.val();
            if self.halved[i].q.val() {
                self.issue.next = false;
            }
            self.halved[i].clock.next = self.clock.val();
            self.halved[i].d.next = self.issue.val();
        }
        self.fed.next = self.issue.val();
        self.boundary.next = !self.active.q.val() | !self.in_frame.q.val().any();
        self.frame_beats.next = 1.into();
        if self.tiles.q.val().size > self.lanes_log2.val() {
            self.frame_beats.next =
                bits::<BEAT_BITS>(1) << (self.tiles.q.val().size - self.lanes_log2.val());
        }
        self.frame_ends.next =
            self.issue.val() & ((self.in_frame.q.val() + 1) == self.frame_beats.val());
        self.ends.next =
            self.issue.val() & ((self.beat_place.q.val() + 1) == self.tiles.q.val().beats);
        self.mode.next = self.tiles.q.val().mode;
        self.size.next = self.tiles.q.val().size;
        self.place.next = self.tiles.q.val().place;
        self.beat.next = self.beat_place.q.val();
        if self.issue.val() {
            self.beat_place.d.next = self.beat_place.q.val() + 1;
            self.in_frame.d.next = self.in_frame.q.val() + 1;
        }
        if self.frame_ends.val() {
            self.in_frame.d.next = 0.into();
            self.number.d.next = self.number.q.val() + self.tiles.q.val().number_step;
        }
        if self.ends.val() {
            self.active.d.next = false;
        }
        self.tiles.pop.next = self.ends.val();
        self.stores.pop.next = self.ends.val();
        self.free.next = self.ends.val();
        if self.complete.val() & !self.ends.val() {
            self.completed.d.next = self.completed.q.val() + 1;
        }
        if self.ends.val() & !self.complete.val() {
            self.completed.d.next = self.completed.q.val() - 1;
        }

        // its slot, while the buffer reads it
        self.reversed.d.next = self.number.q.val();
        self.next.next.advance = self.issue.val() | (self.boundary.val() & !self.quiet.val());
        self.next.next.valid = self.issue.val();
        self.next.next.first = self.boundary.val();
        self.next.next.port = self.tiles.q.val().port;
        self.next.next.rest = bits::<6>(1) << self.lanes_log2.val();
        if self.ends.val() {
            self.next.next.rest = self.tiles.q.val().rest;
        }
        self.next.next.kept = self.tiles.q.val().kept;
        if self.in_frame.q.val() >= self.tiles.q.val().filled {
            self.next.next.kept = 0.into();
        }
        self.next.next.lane_mask = self.tiles.q.val().lane_mask;
        self.next.next.number = self.number.q.val();
        if self.tiles.q.val().reversed {
            self.next.next.number = self.reversed.q.val() >> self.tiles.q.val().reversed_shift;
        }
        self.next.next.kind = self.tiles.q.val().kind;
        self.next.next.shift = self.tiles.q.val().shift;
        self.next.next.split = self.tiles.q.val().split;
        self.next.next.set = self.tiles.q.val().set;
        self.stage[0].d.next = self.next.val();
        for i in 1..3 {
            self.stage[i].d.next = self.stage[i - 1].q.val();
        }
        self.slot.next = self.stage[2].q.val();
        self.frame_size.next = self.set_size.q.val();
        self.inverse.next = self.set_inverse.q.val();
        self.idle.next = !self.tiles.valid.val() & self.quiet.val();

        if self.clear.val() {
            self.active.d.next = false;
            self.in_frame.d.next = 0.into();
            self.completed.d.next = 0.into();
            self.stored_tiles.d.next = 0.into();
        }
    }
}
