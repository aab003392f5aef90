//! Tiles on their way from card memory to the buffer of loads.

use super::tile::{JOB_BITS, LoadTile};
use super::{BEAT_BITS, MODE_BITS};
use crate::card::socket::ReadClient;
use crate::cells::{Fifo, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the tiles that may have been asked for and not have come.
const TILES_LOG2: usize = 2;

/// Asks for the runs of one tile after the other, and puts what comes where it belongs. One
/// request a cycle, one beat a cycle; space in the buffer is the affair of who gives the tiles.
#[derive(LogicBlock, Default)]
pub struct Loader<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything; the port is flushed.
    pub clear: Signal<In, Bit>,
    /// There is a tile; held until `taken`.
    pub valid: Signal<In, Bit>,
    /// The tile.
    pub tile: Signal<In, LoadTile>,
    /// One cycle: all its runs have been asked for.
    pub taken: Signal<Out, Bit>,
    /// Card memory.
    pub memory: ReadClient<W>,
    /// To the buffer: write.
    pub write: Signal<Out, Bit>,
    /// To the buffer.
    pub mode: Signal<Out, Bits<MODE_BITS>>,
    /// To the buffer.
    pub size: Signal<Out, Bits<5>>,
    /// To the buffer.
    pub place: Signal<Out, Bits<BEAT_BITS>>,
    /// To the buffer.
    pub beat: Signal<Out, Bits<BEAT_BITS>>,
    /// To the buffer.
    pub d: Signal<Out, Bits<W>>,
    /// One cycle: all beats of a tile can be read from the next cycle on.
    pub complete: Signal<Out, Bit>,
    /// Beats of the next tile that can be read.
    pub arrived: Signal<Out, Bits<BEAT_BITS>>,
    /// Port of the job whose beat comes with `write`.
    pub port: Signal<Out, Bits<JOB_BITS>>,
    /// With `write`: memory answered it with an error.
    pub failed: Signal<Out, Bit>,
    asking: Register<Bit>,
    odd: Register<Bit>,
    address: Register<Bits<64>>,
    asked: Register<Bits<BEAT_BITS>>,
    coming: Fifo<LoadTile, TILES_LOG2>,
    runs: Register<Bits<BEAT_BITS>>,
    in_run: Register<Bits<BEAT_BITS>>,
    run_place: Register<Bits<BEAT_BITS>>,
    beat_place: Register<Bits<BEAT_BITS>>,
    count: Register<Bits<BEAT_BITS>>,
    count_shown: Register<Bits<BEAT_BITS>>,
    ended: Register<Bit>,
    begin: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    run_ends: Signal<Local, Bit>,
    tile_ends: Signal<Local, Bit>,
}

impl<const W: usize> Logic for Loader<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            asking,
            odd,
            address,
            asked,
            runs,
            in_run,
            run_place,
            beat_place,
            count,
            count_shown,
            ended
        );
        clock!(self, clock, coming);

        // requests
        self.begin.next = self.valid.val() & !self.asking.q.val() & (self.coming.level.val() < 4);
        self.coming.push.next = self.begin.val();
        self.coming.d.next = self.tile.val();
        self.coming.clear.next = self.clear.val();
        self.taken.next = false;
        self.memory.request.next = self.asking.q.val();
        self.memory.address.next = self.address.q.val();
        self.memory.beats.next = bit_cast::<32, BEAT_BITS>(self.tile.val().beats);
        self.memory.flush.next = self.clear.val();
        if self.begin.val() {
            self.asking.d.next = true;
            self.odd.d.next = false;
            self.asked.d.next = 1.into();
            self.address.d.next = self.tile.val().address;
        }
        if self.asking.q.val() & self.memory.accepted.val() {
            self.odd.d.next = !self.odd.q.val();
            self.asked.d.next = self.asked.q.val() + 1;
            self.address.d.next = self.address.q.val() + self.tile.val().even_step;
            if self.odd.q.val() {
                self.address.d.next = self.address.q.val() + self.tile.val().odd_step;
            }
            if self.asked.q.val() == self.tile.val().runs {
                self.asking.d.next = false;
                self.taken.next = true;
            }
        }

        // beats
        self.memory.ready.next = self.coming.valid.val();
        self.take.next = self.memory.valid.val() & self.coming.valid.val();
        self.write.next = self.take.val();
        self.mode.next = self.coming.q.val().mode;
        self.size.next = self.coming.q.val().size;
        self.place.next = self.coming.q.val().place;
        self.port.next = self.coming.q.val().port;
        self.beat.next = self.beat_place.q.val();
        self.d.next = self.memory.data.val();
        self.failed.next = self.memory.error.val();
        self.run_ends.next =
            self.take.val() & ((self.in_run.q.val() + 1) == self.coming.q.val().beats);
        self.tile_ends.next =
            self.run_ends.val() & ((self.runs.q.val() + 1) == self.coming.q.val().runs);
        if self.take.val() {
            self.count.d.next = self.count.q.val() + 1;
            self.in_run.d.next = self.in_run.q.val() + 1;
            self.beat_place.d.next = self.beat_place.q.val() + 1;
        }
        if self.run_ends.val() {
            self.in_run.d.next = 0.into();
            self.runs.d.next = self.runs.q.val() + 1;
            self.run_place.d.next = self.run_place.q.val() + self.coming.q.val().spacing;
            self.beat_place.d.next = self.run_place.q.val() + self.coming.q.val().spacing;
        }
        self.coming.pop.next = self.tile_ends.val();
        self.ended.d.next = self.tile_ends.val() & !self.clear.val();
        self.complete.next = self.ended.q.val();
        // one cycle later than `complete`: what is counted here has been written
        self.count_shown.d.next = self.count.q.val();
        self.arrived.next = self.count_shown.q.val();
        if self.tile_ends.val() | self.clear.val() {
            self.count.d.next = 0.into();
            self.runs.d.next = 0.into();
            self.run_place.d.next = 0.into();
            self.beat_place.d.next = 0.into();
            self.in_run.d.next = 0.into();
        }
        if self.clear.val() {
            self.asking.d.next = false;
            self.count_shown.d.next = 0.into();
        }
    }
}
