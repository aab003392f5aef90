//! Contiguous runs of beats, written in bursts.

use super::axi::BurstWriteClient;
use super::burst::BurstShape;
use super::socket::WriteServer;
use crate::cells::{Fifo, Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Splits a client's requests into bursts of at most a constructor-given number of beats, none of
/// which crosses a multiple of its own largest size, and counts their responses.
///
/// A burst is asked for when all its beats are in the FIFO of 2^A beats, so a slow client never holds
/// the bus. A request may follow while earlier ones are being served. One beat a cycle, bursts back to back, one in two
/// cycles at most; `client.done` comes the cycle after the last response. `abort`, like `client.flush`, forgets the request; a burst that has begun ends with its
/// strobes low, and `client.idle` comes with the last response.
#[derive(LogicBlock, Default)]
pub struct WriteMover<const W: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything, what is on its way included.
    pub reset: Signal<In, Bit>,
    /// Flush, for the card's reset.
    pub abort: Signal<In, Bit>,
    /// Nothing is on its way; as the client sees it.
    pub idle: Signal<Out, Bit>,
    /// The requests.
    pub client: WriteServer<W>,
    /// The bursts.
    pub bus: BurstWriteClient<W>,
    largest: Fixed<Bits<8>>,
    place_mask: Fixed<Bits<8>>,
    beat_log2: Fixed<Bits<8>>,
    depth: Fixed<Bits<16>>,
    working: Register<Bit>,
    address: Register<Bits<64>>,
    incoming: Register<Bits<33>>,
    remaining: Register<Bits<32>>,
    next_address: Register<Bits<64>>,
    next_beats: Register<Bits<32>>,
    length: Register<Bits<8>>,
    prepared: Register<Bit>,
    left: Register<Bits<8>>,
    outstanding: Register<Bits<16>>,
    failed: Register<Bit>,
    flushing: Register<Bit>,
    data: Fifo<Bits<W>, A>,
    drop: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    ready: Signal<Local, Bit>,
    push: Signal<Local, Bit>,
    place: Signal<Local, Bits<8>>,
    room: Signal<Local, Bits<8>>,
    response: Signal<Local, Bit>,
    announced: Signal<Local, Bits<32>>,
    finished: Signal<Local, Bit>,
}

impl<const W: usize, const A: usize> WriteMover<W, A> {
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

impl<const W: usize, const A: usize> Logic for WriteMover<W, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            working,
            address,
            incoming,
            remaining,
            next_address,
            next_beats,
            length,
            prepared,
            left,
            outstanding,
            failed,
            flushing
        );
        clock!(self, clock, data);

        // what the client sees
        self.drop.next = self.client.flush.val() | self.abort.val() | self.flushing.q.val();
        self.flushing.d.next = self.drop.val() & self.working.q.val();
        self.finished.next = self.working.q.val()
            & !self.remaining.q.val().any()
            & !self.next_beats.q.val().any()
            & !self.left.q.val().any()
            & !self.outstanding.q.val().any();
        self.accept.next = self.client.request.val()
            & !self.next_beats.q.val().any()
            & !self.finished.val()
            & !self.drop.val();
        self.ready.next = self.incoming.q.val().any()
            & (self.data.level.val() < self.depth.val())
            & !self.drop.val();
        self.push.next = self.client.valid.val() & self.ready.val();
        self.client.accepted.next = self.accept.val();
        self.client.ready.next = self.ready.val();
        self.client.done.next = self.finished.val() & !self.drop.val();
        self.client.error.next = self.failed.q.val();
        self.client.idle.next = !self.working.q.val();
        self.idle.next = !self.working.q.val();

        // the next burst: its length, then the wait for its beats
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
        self.bus.request.next = self.prepared.q.val()
            & (self.left.q.val() <= 1)
            & (self.data.level.val()
                >= bit_cast::<16, 8>(self.length.q.val()) + bit_cast::<16, 8>(self.left.q.val()))
            & !self.drop.val();
        self.bus.address.next = self.address.q.val();
        self.bus.length.next = self.length.q.val();
        if self.bus.accepted.val() {
            self.prepared.d.next = false;
            self.remaining.d.next = self.remaining.q.val() - bit_cast::<32, 8>(self.length.q.val());
            self.address.d.next = self.address.q.val()
                + (bit_cast::<64, 8>(self.length.q.val()) << self.beat_log2.val());
        }
        if !self.remaining.q.val().any() {
            self.address.d.next = self.next_address.q.val();
            self.remaining.d.next = self.next_beats.q.val();
            self.next_beats.d.next = 0.into();
        }
        self.announced.next = 0.into();
        if self.accept.val() {
            self.working.d.next = true;
            if !self.working.q.val() {
                self.failed.d.next = false;
            }
            self.announced.next = self.client.beats.val();
            if self.remaining.q.val().any() {
                self.next_address.d.next = self.client.address.val();
                self.next_beats.d.next = self.client.beats.val();
            } else {
                self.address.d.next = self.client.address.val();
                self.remaining.d.next = self.client.beats.val();
            }
        }

        // the beats
        self.incoming.d.next = self.incoming.q.val() + bit_cast::<33, 32>(self.announced.val());
        if self.push.val() {
            self.incoming.d.next =
                self.incoming.q.val() + bit_cast::<33, 32>(self.announced.val()) - 1;
        }
        if self.bus.take.val() {
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.bus.accepted.val() {
            self.left.d.next = self.length.q.val();
        }
        self.data.push.next = self.push.val();
        self.data.d.next = self.client.data.val();
        self.data.pop.next = self.bus.take.val() & self.data.valid.val();
        self.data.clear.next = self.drop.val() | self.reset.val();
        self.bus.data.next = self.data.q.val();
        self.bus.strobe.next = !self.drop.val();

        // the responses; one that nobody waits for is ignored
        self.response.next = self.bus.response.val() & self.outstanding.q.val().any();
        if self.bus.accepted.val() & !self.response.val() {
            self.outstanding.d.next = self.outstanding.q.val() + 1;
        }
        if self.response.val() & !self.bus.accepted.val() {
            self.outstanding.d.next = self.outstanding.q.val() - 1;
        }
        if self.response.val() & self.bus.error.val() {
            self.failed.d.next = true;
        }
        if self.finished.val() {
            self.working.d.next = false;
        }

        if self.drop.val() {
            self.incoming.d.next = 0.into();
            self.next_beats.d.next = 0.into();
            self.remaining.d.next = 0.into();
            self.prepared.d.next = false;
        }
        if self.reset.val() {
            self.working.d.next = false;
            self.incoming.d.next = 0.into();
            self.next_beats.d.next = 0.into();
            self.remaining.d.next = 0.into();
            self.prepared.d.next = false;
            self.left.d.next = 0.into();
            self.outstanding.d.next = 0.into();
            self.flushing.d.next = false;
        }
    }
}
