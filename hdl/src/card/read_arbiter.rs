//! Several readers on one bus.

use super::axi::{BURST_INCREMENTING, BurstReadServer};
use crate::cells::{Fixed, Register, RoundRobin};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// The reading half of an [`AxiManager`](super::axi::AxiManager).
#[derive(LogicInterface, Default)]
pub struct AxiRead<const W: usize> {
    pub arvalid: Signal<Out, Bit>,
    pub arready: Signal<In, Bit>,
    pub arid: Signal<Out, Bits<4>>,
    pub araddr: Signal<Out, Bits<64>>,
    pub arlen: Signal<Out, Bits<8>>,
    pub arsize: Signal<Out, Bits<3>>,
    pub arburst: Signal<Out, Bits<2>>,
    pub rvalid: Signal<In, Bit>,
    pub rready: Signal<Out, Bit>,
    pub rid: Signal<In, Bits<4>>,
    pub rdata: Signal<In, Bits<W>>,
    pub rresp: Signal<In, Bits<2>>,
}

/// Takes the bursts of up to 16 movers in turn, with the mover's index as ID, and routes the beats
/// back by it. One burst a cycle, one beat a cycle; both directions are registered. `rready` is
/// always high, for movers ask only for what they have room for.
#[derive(LogicBlock, Default)]
pub struct ReadArbiter<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub reset: Signal<In, Bit>,
    /// The movers.
    pub client: Vec<BurstReadServer<W>>,
    /// The bus.
    pub bus: AxiRead<W>,
    size: Fixed<Bits<3>>,
    incrementing: Fixed<Bits<2>>,
    turn: RoundRobin,
    arvalid: Register<Bit>,
    arid: Register<Bits<4>>,
    araddr: Register<Bits<64>>,
    arlen: Register<Bits<8>>,
    rvalid: Register<Bit>,
    rid: Register<Bits<4>>,
    rdata: Register<Bits<W>>,
    rerror: Register<Bit>,
    grant: Signal<Local, Bit>,
    _clients: usize,
}

impl<const W: usize> ReadArbiter<W> {
    /// An arbiter of `clients` movers.
    pub fn new(clients: usize) -> Self {
        Self {
            client: (0..clients).map(|_| Default::default()).collect(),
            size: Fixed::new((W / 8).ilog2().to_bits()),
            incrementing: Fixed::new(BURST_INCREMENTING.into()),
            turn: RoundRobin::new(clients),
            _clients: clients,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for ReadArbiter<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, arvalid, arid, araddr, arlen, rvalid, rid, rdata, rerror
        );
        clock!(self, clock, turn);

        for i in 0..self._clients {
            self.turn.request[i].next = self.client[i].request.val();
        }
        self.grant.next = self.turn.any.val() & (!self.arvalid.q.val() | self.bus.arready.val());
        self.turn.taken.next = self.grant.val();
        if self.bus.arready.val() {
            self.arvalid.d.next = false;
        }
        if self.grant.val() {
            self.arvalid.d.next = true;
            self.arid.d.next = self.turn.choice.val();
        }
        for i in 0..self._clients {
            self.client[i].accepted.next = false;
            if self.grant.val() & (self.turn.choice.val() == i.to_bits()) {
                self.client[i].accepted.next = true;
                self.araddr.d.next = self.client[i].address.val();
                self.arlen.d.next = self.client[i].length.val() - 1;
            }
        }
        self.bus.arvalid.next = self.arvalid.q.val();
        self.bus.arid.next = self.arid.q.val();
        self.bus.araddr.next = self.araddr.q.val();
        self.bus.arlen.next = self.arlen.q.val();
        self.bus.arsize.next = self.size.val();
        self.bus.arburst.next = self.incrementing.val();

        self.bus.rready.next = true;
        self.rvalid.d.next = self.bus.rvalid.val();
        self.rid.d.next = self.bus.rid.val();
        self.rdata.d.next = self.bus.rdata.val();
        self.rerror.d.next = self.bus.rresp.val().any();
        for i in 0..self._clients {
            self.client[i].valid.next = self.rvalid.q.val() & (self.rid.q.val() == i.to_bits());
            self.client[i].data.next = self.rdata.q.val();
            self.client[i].error.next = self.rerror.q.val();
        }

        if self.reset.val() {
            self.arvalid.d.next = false;
            self.rvalid.d.next = false;
        }
    }
}
