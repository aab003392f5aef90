//! Tiles on their way from the pipeline to card memory.

use super::tile::{JOB_BITS, StoreTile};
use super::{BEAT_BITS, MODE_BITS, READ_LATENCY};
use crate::card::socket::WriteClient;
use crate::cells::{Delay, Fifo, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the tiles that may be between the feeder and memory.
pub const STORE_TILES_LOG2: usize = 4;
/// Binary logarithm of the beats between the buffer and the memory port.
const BEATS_LOG2: usize = 4;

/// Puts what leaves the pipeline into the buffer of stores, tile by tile.
#[derive(LogicBlock, Default)]
pub struct Collector {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget all tiles.
    pub clear: Signal<In, Bit>,
    /// One cycle: a tile will leave the pipeline, behind those before.
    pub push: Signal<In, Bit>,
    /// The tile.
    pub tile: Signal<In, StoreTile>,
    /// A beat leaves the pipeline.
    pub valid: Signal<In, Bit>,
    /// To the buffer: write it.
    pub write: Signal<Out, Bit>,
    /// To the buffer.
    pub mode: Signal<Out, Bits<MODE_BITS>>,
    /// To the buffer.
    pub size: Signal<Out, Bits<5>>,
    /// To the buffer.
    pub place: Signal<Out, Bits<BEAT_BITS>>,
    /// To the buffer.
    pub beat: Signal<Out, Bits<BEAT_BITS>>,
    /// One cycle: all beats of a tile can be read from the next cycle on.
    pub complete: Signal<Out, Bit>,
    /// Beats of the next tile that can be read.
    pub arrived: Signal<Out, Bits<BEAT_BITS>>,
    tiles: Fifo<StoreTile, STORE_TILES_LOG2>,
    count: Register<Bits<BEAT_BITS>>,
    count_shown: Register<Bits<BEAT_BITS>>,
    ended: Register<Bit>,
    take: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
}

impl Logic for Collector {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, count_shown, ended);
        clock!(self, clock, tiles);
        self.tiles.push.next = self.push.val();
        self.tiles.d.next = self.tile.val();
        self.tiles.clear.next = self.clear.val();
        self.take.next = self.valid.val() & self.tiles.valid.val();
        self.ends.next = self.take.val() & ((self.count.q.val() + 1) == self.tiles.q.val().beats);
        self.tiles.pop.next = self.ends.val();
        self.write.next = self.take.val();
        self.mode.next = self.tiles.q.val().mode;
        self.size.next = self.tiles.q.val().size;
        self.place.next = self.tiles.q.val().place;
        self.beat.next = self.count.q.val();
        if self.take.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        self.ended.d.next = self.ends.val() & !self.clear.val();
        self.complete.next = self.ended.q.val();
        // one cycle later than `complete`: what is counted here has been written
        self.count_shown.d.next = self.count.q.val();
        self.arrived.next = self.count_shown.q.val();
        if self.ends.val() | self.clear.val() {
            self.count.d.next = 0.into();
        }
        if self.clear.val() {
            self.count_shown.d.next = 0.into();
        }
    }
}

/// Writes tiles from the buffer of stores to card memory, each beat as soon as it may be read. One beat
/// a cycle; behind the last tile of a job it waits for memory's responses.
#[derive(LogicBlock)]
pub struct Storer<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything; the port is flushed.
    pub clear: Signal<In, Bit>,
    /// One cycle: a tile will be in the buffer, behind those before.
    pub push: Signal<In, Bit>,
    /// The tile.
    pub tile: Signal<In, StoreTile>,
    /// See [`Collector`].
    pub complete: Signal<In, Bit>,
    /// See [`Collector`].
    pub arrived: Signal<In, Bits<BEAT_BITS>>,
    /// To the buffer.
    pub mode: Signal<Out, Bits<MODE_BITS>>,
    /// To the buffer.
    pub size: Signal<Out, Bits<5>>,
    /// To the buffer.
    pub place: Signal<Out, Bits<BEAT_BITS>>,
    /// To the buffer.
    pub beat: Signal<Out, Bits<BEAT_BITS>>,
    /// From the buffer.
    pub q: Signal<In, Bits<W>>,
    /// One cycle: the tile's place in the buffer is free.
    pub free: Signal<Out, Bit>,
    /// One cycle: all of a job has been written.
    pub done: Signal<Out, Bit>,
    /// Port of the job that is being written, also in the cycle of `done`.
    pub port: Signal<Out, Bits<JOB_BITS>>,
    /// A beat moves to memory.
    pub moved: Signal<Out, Bit>,
    /// One cycle: memory answered a write with an error.
    pub failed: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,
    /// Card memory.
    pub memory: WriteClient<W>,
    tiles: Fifo<StoreTile, STORE_TILES_LOG2>,
    beats: Fifo<Bits<W>, BEATS_LOG2>,
    reading: Delay<Bit>,
    asking: Register<Bit>,
    asked_all: Register<Bit>,
    asked: Register<Bits<BEAT_BITS>>,
    address: Register<Bits<64>>,
    read_all: Register<Bit>,
    runs: Register<Bits<BEAT_BITS>>,
    in_run: Register<Bits<BEAT_BITS>>,
    run_place: Register<Bits<BEAT_BITS>>,
    beat_place: Register<Bits<BEAT_BITS>>,
    on_the_way: Register<Bits<4>>,
    completed: Register<Bits<6>>,
    draining: Register<Bit>,
    drained_port: Register<Bits<JOB_BITS>>,
    active: Signal<Local, Bit>,
    there: Signal<Local, Bit>,
    read: Signal<Local, Bit>,
    run_ends: Signal<Local, Bit>,
    tile_ends: Signal<Local, Bit>,
    leaves: Signal<Local, Bit>,
    asked_now: Signal<Local, Bit>,
    quiet: Signal<Local, Bit>,
}

impl<const W: usize> Default for Storer<W> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            clear: Default::default(),
            push: Default::default(),
            tile: Default::default(),
            complete: Default::default(),
            arrived: Default::default(),
            mode: Default::default(),
            size: Default::default(),
            place: Default::default(),
            beat: Default::default(),
            q: Default::default(),
            free: Default::default(),
            done: Default::default(),
            port: Default::default(),
            moved: Default::default(),
            failed: Default::default(),
            idle: Default::default(),
            memory: Default::default(),
            tiles: Default::default(),
            beats: Default::default(),
            reading: Delay::new(READ_LATENCY),
            asking: Default::default(),
            asked_all: Default::default(),
            asked: Default::default(),
            address: Default::default(),
            read_all: Default::default(),
            runs: Default::default(),
            in_run: Default::default(),
            run_place: Default::default(),
            beat_place: Default::default(),
            on_the_way: Default::default(),
            completed: Default::default(),
            draining: Default::default(),
            drained_port: Default::default(),
            active: Default::default(),
            there: Default::default(),
            read: Default::default(),
            run_ends: Default::default(),
            tile_ends: Default::default(),
            leaves: Default::default(),
            asked_now: Default::default(),
            quiet: Default::default(),
        }
    }
}

impl<const W: usize> Logic for Storer<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            asking,
            asked_all,
            asked,
            address,
            read_all,
            runs,
            in_run,
            run_place,
            beat_place,
            on_the_way,
            completed,
            draining,
            drained_port
        );
        clock!(self, clock, tiles, beats, reading);
        self.tiles.push.next = self.push.val();
        self.tiles.d.next = self.tile.val();
        self.tiles.clear.next = self.clear.val();
        self.active.next = self.tiles.valid.val() & !self.draining.q.val();

        // requests, ahead of the beats
        self.memory.request.next = self.asking.q.val();
        self.memory.address.next = self.address.q.val();
        self.memory.beats.next = bit_cast::<32, BEAT_BITS>(self.tiles.q.val().run_beats);
        self.memory.flush.next = self.clear.val();
        self.asked_now.next = false;
        if self.active.val() & !self.asking.q.val() & !self.asked_all.q.val() {
            self.asking.d.next = true;
            self.asked.d.next = 1.into();
            self.address.d.next = self.tiles.q.val().address;
        }
        if self.asking.q.val() & self.memory.accepted.val() {
            self.asked.d.next = self.asked.q.val() + 1;
            self.address.d.next = self.address.q.val() + self.tiles.q.val().step;
            if self.asked.q.val() == self.tiles.q.val().runs {
                self.asking.d.next = false;
                self.asked_all.d.next = true;
                self.asked_now.next = true;
            }
        }

        // reads of the buffer, with room for what is on its way
        self.mode.next = self.tiles.q.val().mode;
        self.size.next = self.tiles.q.val().size;
        self.place.next = self.tiles.q.val().place;
        self.beat.next = self.beat_place.q.val();
        self.there.next = self.completed.q.val().any()
            | ((self.arrived.val() >> self.tiles.q.val().grain)
                > (self.beat_place.q.val() >> self.tiles.q.val().grain));
        self.read.next = self.active.val()
            & !self.clear.val()
            & !self.read_all.q.val()
            & self.there.val()
            & ((self.beats.level.val() + bit_cast::<16, 4>(self.on_the_way.q.val())) < 16);
        self.run_ends.next =
            self.read.val() & ((self.in_run.q.val() + 1) == self.tiles.q.val().run_beats);
        self.tile_ends.next =
            self.run_ends.val() & ((self.runs.q.val() + 1) == self.tiles.q.val().runs);
        if self.read.val() {
            self.in_run.d.next = self.in_run.q.val() + 1;
            self.beat_place.d.next = self.beat_place.q.val() + 1;
        }
        if self.run_ends.val() {
            self.in_run.d.next = 0.into();
            self.runs.d.next = self.runs.q.val() + 1;
            self.run_place.d.next = self.run_place.q.val() + self.tiles.q.val().spacing;
            self.beat_place.d.next = self.run_place.q.val() + self.tiles.q.val().spacing;
        }
        if self.tile_ends.val() {
            self.read_all.d.next = true;
        }
        self.reading.d.next = self.read.val();
        if self.read.val() & !self.reading.q.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() + 1;
        }
        if !self.read.val() & self.reading.q.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() - 1;
        }

        // a tile goes when both are through
        self.leaves.next = self.active.val()
            & (self.asked_all.q.val() | self.asked_now.val())
            & (self.read_all.q.val() | self.tile_ends.val());
        self.tiles.pop.next = self.leaves.val();
        self.free.next = self.leaves.val();
        if self.complete.val() & !self.leaves.val() {
            self.completed.d.next = self.completed.q.val() + 1;
        }
        if self.leaves.val() & !self.complete.val() {
            self.completed.d.next = self.completed.q.val() - 1;
        }
        if self.leaves.val() {
            self.asked_all.d.next = false;
            self.read_all.d.next = false;
            self.drained_port.d.next = self.tiles.q.val().port;
            if self.tiles.q.val().last {
                self.draining.d.next = true;
            }
        }
        if self.leaves.val() | self.clear.val() {
            self.runs.d.next = 0.into();
            self.in_run.d.next = 0.into();
            self.run_place.d.next = 0.into();
            self.beat_place.d.next = 0.into();
        }

        // beats to memory
        self.beats.push.next = self.reading.q.val();
        self.beats.d.next = self.q.val();
        self.beats.clear.next = self.clear.val();
        self.memory.valid.next = self.beats.valid.val() & !self.clear.val();
        self.memory.data.next = self.beats.q.val();
        self.moved.next = self.memory.valid.val() & self.memory.ready.val();
        self.beats.pop.next = self.beats.valid.val() & self.memory.ready.val();

        self.quiet.next = self.memory.idle.val()
            & !self.beats.valid.val()
            & !self.on_the_way.q.val().any()
            & !self.asking.q.val();
        self.idle.next = self.quiet.val() & !self.tiles.valid.val() & !self.draining.q.val();
        self.done.next = self.draining.q.val() & self.quiet.val() & !self.clear.val();
        if self.done.val() {
            self.draining.d.next = false;
        }
        self.failed.next = self.memory.done.val() & self.memory.error.val();
        self.port.next = self.tiles.q.val().port;
        if self.draining.q.val() | !self.tiles.valid.val() {
            self.port.next = self.drained_port.q.val();
        }
        if self.clear.val() {
            self.asking.d.next = false;
            self.asked_all.d.next = false;
            self.read_all.d.next = false;
            self.completed.d.next = 0.into();
            self.draining.d.next = false;
        }
    }
}
