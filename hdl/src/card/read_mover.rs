//! Contiguous runs of beats, read in bursts.

use super::axi::BurstReadClient;
use super::burst::BurstShape;
use super::socket::ReadServer;
use crate::cells::{Fifo, Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Splits a client's requests into bursts of at most a constructor-given number of beats, none of
/// which crosses a multiple of its own largest size, and hands the beats on in order.
///
/// A burst is asked for only when the FIFO of 2^A beats has room for all of it beside what is on its
/// way, so a beat is taken in the cycle in which it comes and several bursts are outstanding. One
/// burst every second cycle, one beat a cycle; a beat is at `client.valid` one cycle after it came.
/// `abort`, like `client.flush`, forgets the request and drops what comes until `client.idle`.
#[derive(LogicBlock, Default)]
pub struct ReadMover<const W: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything, what is on its way included.
    pub reset: Signal<In, Bit>,
    /// Flush, for the card's reset.
    pub abort: Signal<In, Bit>,
    /// Nothing is on its way; as the client sees it.
    pub idle: Signal<Out, Bit>,
    /// The requests.
    pub client: ReadServer<W>,
    /// The bursts.
    pub bus: BurstReadClient<W>,
    largest: Fixed<Bits<8>>,
    place_mask: Fixed<Bits<8>>,
    beat_log2: Fixed<Bits<8>>,
    depth: Fixed<Bits<16>>,
    address: Register<Bits<64>>,
    remaining: Register<Bits<32>>,
    length: Register<Bits<8>>,
    prepared: Register<Bit>,
    outstanding: Register<Bits<16>>,
    flushing: Register<Bit>,
    data: Fifo<Bits<W>, A>,
    error: Fifo<Bit, A>,
    drop: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    place: Signal<Local, Bits<8>>,
    room: Signal<Local, Bits<8>>,
    planned: Signal<Local, Bits<16>>,
    coming: Signal<Local, Bits<16>>,
    push: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
}

impl<const W: usize, const A: usize> ReadMover<W, A> {
    /// A mover whose bursts have at most `largest` beats.
    ///
    /// # Panics
    /// When such bursts do not fit the bus or the FIFO; see [`BurstShape`].
    pub fn new(largest: usize) -> Self {
        let shape = BurstShape::new::<W, A>(largest);
        Self {
            largest: Fixed::new(shape.largest.into()),
            place_mask: Fixed::new((shape.largest - 1).into()),
            beat_log2: Fixed::new(shape.beat_log2.into()),
            depth: Fixed::new((1u64 << A).into()),
            ..Default::default()
        }
    }
}

impl<const W: usize, const A: usize> Logic for ReadMover<W, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            address,
            remaining,
            length,
            prepared,
            outstanding,
            flushing
        );
        clock!(self, clock, data, error);

        // what the client sees
        self.drop.next = self.client.flush.val() | self.abort.val() | self.flushing.q.val();
        self.idle.next = !self.remaining.q.val().any()
            & !self.outstanding.q.val().any()
            & !self.data.valid.val();
        self.flushing.d.next = self.drop.val() & !self.idle.val();
        self.accept.next =
            self.client.request.val() & !self.remaining.q.val().any() & !self.drop.val();
        self.client.accepted.next = self.accept.val();
        self.client.idle.next = self.idle.val();
        self.client.valid.next = self.data.valid.val() & !self.drop.val();
        self.client.data.next = self.data.q.val();
        self.client.error.next = self.error.q.val();

        // the next burst: its length, then the wait for its space
        self.place.next = self
            .address
            .q
            .val()
            .get_bits::<8>(self.beat_log2.val().index())
            & self.place_mask.val();
        self.room.next = self.largest.val() - self.place.val();
        if self.remaining.q.val().any() & !self.prepared.q.val() {
            self.prepared.d.next = true;
            self.length.d.next = self.room.val();
            if self.remaining.q.val() < bit_cast::<32, 8>(self.room.val()) {
                self.length.d.next = self.remaining.q.val().get_bits::<8>(0);
            }
        }
        self.planned.next = self.outstanding.q.val()
            + self.data.level.val()
            + bit_cast::<16, 8>(self.length.q.val());
        self.bus.request.next =
            self.prepared.q.val() & (self.planned.val() <= self.depth.val()) & !self.drop.val();
        self.bus.address.next = self.address.q.val();
        self.bus.length.next = self.length.q.val();
        self.coming.next = self.outstanding.q.val();
        if self.bus.accepted.val() {
            self.prepared.d.next = false;
            self.coming.next = self.outstanding.q.val() + bit_cast::<16, 8>(self.length.q.val());
            self.remaining.d.next = self.remaining.q.val() - bit_cast::<32, 8>(self.length.q.val());
            self.address.d.next = self.address.q.val()
                + (bit_cast::<64, 8>(self.length.q.val()) << self.beat_log2.val());
        }
        if self.accept.val() {
            self.address.d.next = self.client.address.val();
            self.remaining.d.next = self.client.beats.val();
        }

        // the beats; one that nobody asked for is ignored
        self.push.next = self.bus.valid.val() & self.outstanding.q.val().any();
        self.pop.next = self.data.valid.val() & self.client.ready.val() & !self.drop.val();
        self.outstanding.d.next = self.coming.val();
        if self.push.val() {
            self.outstanding.d.next = self.coming.val() - 1;
        }
        self.data.push.next = self.push.val();
        self.data.d.next = self.bus.data.val();
        self.data.pop.next = self.pop.val();
        self.data.clear.next = self.drop.val() | self.reset.val();
        self.error.push.next = self.push.val();
        self.error.d.next = self.bus.error.val();
        self.error.pop.next = self.pop.val();
        self.error.clear.next = self.drop.val() | self.reset.val();

        if self.drop.val() {
            self.remaining.d.next = 0.into();
            self.prepared.d.next = false;
        }
        if self.reset.val() {
            self.remaining.d.next = 0.into();
            self.prepared.d.next = false;
            self.outstanding.d.next = 0.into();
            self.flushing.d.next = false;
        }
    }
}
