//! Several writers on one bus.

use super::axi::{BURST_INCREMENTING, BurstWriteServer};
use crate::cells::{Fixed, Register, RoundRobin};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// The writing half of an [`AxiManager`](super::axi::AxiManager); one bit stands for all strobes.
#[derive(LogicInterface, Default)]
pub struct AxiWrite<const W: usize> {
    pub awvalid: Signal<Out, Bit>,
    pub awready: Signal<In, Bit>,
    pub awid: Signal<Out, Bits<4>>,
    pub awaddr: Signal<Out, Bits<64>>,
    pub awlen: Signal<Out, Bits<8>>,
    pub awsize: Signal<Out, Bits<3>>,
    pub awburst: Signal<Out, Bits<2>>,
    pub wvalid: Signal<Out, Bit>,
    pub wready: Signal<In, Bit>,
    pub wdata: Signal<Out, Bits<W>>,
    pub strobe: Signal<Out, Bit>,
    pub wlast: Signal<Out, Bit>,
    pub bvalid: Signal<In, Bit>,
    pub bready: Signal<Out, Bit>,
    pub bid: Signal<In, Bits<4>>,
    pub bresp: Signal<In, Bits<2>>,
}

/// Takes the bursts of up to 16 movers in turn, with the mover's index as ID: address and data of one
/// burst, then the next one's. Responses are routed back by ID. One beat a cycle, no cycle between
/// bursts; all directions are registered, and `bready` is always high.
#[derive(LogicBlock, Default)]
pub struct WriteArbiter<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub reset: Signal<In, Bit>,
    /// The movers.
    pub client: Vec<BurstWriteServer<W>>,
    /// The bus.
    pub bus: AxiWrite<W>,
    size: Fixed<Bits<3>>,
    incrementing: Fixed<Bits<2>>,
    turn: RoundRobin,
    left: Register<Bits<8>>,
    awvalid: Register<Bit>,
    awid: Register<Bits<4>>,
    awaddr: Register<Bits<64>>,
    awlen: Register<Bits<8>>,
    wvalid: Register<Bit>,
    wdata: Register<Bits<W>>,
    wstrobe: Register<Bit>,
    wlast: Register<Bit>,
    bvalid: Register<Bit>,
    bid: Register<Bits<4>>,
    berror: Register<Bit>,
    grant: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    ending: Signal<Local, Bit>,
    _clients: usize,
}

impl<const W: usize> WriteArbiter<W> {
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

impl<const W: usize> Logic for WriteArbiter<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, left, awvalid, awid, awaddr, awlen, wvalid, wdata, wstrobe, wlast, bvalid,
            bid, berror
        );
        clock!(self, clock, turn);

        // address
        for i in 0..self._clients {
            self.turn.request[i].next = self.client[i].request.val();
        }
        self.grant.next = self.turn.any.val()
            & (!self.left.q.val().any() | self.ending.val())
            & (!self.awvalid.q.val() | self.bus.awready.val());
        self.turn.taken.next = self.grant.val();
        if self.bus.awready.val() {
            self.awvalid.d.next = false;
        }
        if self.grant.val() {
            self.awvalid.d.next = true;
            self.awid.d.next = self.turn.choice.val();
        }
        for i in 0..self._clients {
            self.client[i].accepted.next = false;
            if self.grant.val() & (self.turn.choice.val() == i.to_bits()) {
                self.client[i].accepted.next = true;
                self.awaddr.d.next = self.client[i].address.val();
                self.awlen.d.next = self.client[i].length.val() - 1;
            }
        }
        self.bus.awvalid.next = self.awvalid.q.val();
        self.bus.awid.next = self.awid.q.val();
        self.bus.awaddr.next = self.awaddr.q.val();
        self.bus.awlen.next = self.awlen.q.val();
        self.bus.awsize.next = self.size.val();
        self.bus.awburst.next = self.incrementing.val();

        // data of the burst whose ID stands at `awid`
        self.take.next = self.left.q.val().any() & (!self.wvalid.q.val() | self.bus.wready.val());
        if self.bus.wready.val() {
            self.wvalid.d.next = false;
        }
        if self.take.val() {
            self.left.d.next = self.left.q.val() - 1;
            self.wvalid.d.next = true;
            self.wlast.d.next = self.left.q.val() == 1;
        }
        self.ending.next = self.take.val() & (self.left.q.val() == 1);
        for i in 0..self._clients {
            if self.grant.val() & (self.turn.choice.val() == i.to_bits()) {
                self.left.d.next = self.client[i].length.val();
            }
        }
        for i in 0..self._clients {
            self.client[i].take.next = false;
            if self.take.val() & (self.awid.q.val() == i.to_bits()) {
                self.client[i].take.next = true;
                self.wdata.d.next = self.client[i].data.val();
                self.wstrobe.d.next = self.client[i].strobe.val();
            }
        }
        self.bus.wvalid.next = self.wvalid.q.val();
        self.bus.wdata.next = self.wdata.q.val();
        self.bus.strobe.next = self.wstrobe.q.val();
        self.bus.wlast.next = self.wlast.q.val();

        // responses
        self.bus.bready.next = true;
        self.bvalid.d.next = self.bus.bvalid.val();
        self.bid.d.next = self.bus.bid.val();
        self.berror.d.next = self.bus.bresp.val().any();
        for i in 0..self._clients {
            self.client[i].response.next = self.bvalid.q.val() & (self.bid.q.val() == i.to_bits());
            self.client[i].error.next = self.berror.q.val();
        }

        if self.reset.val() {
            self.left.d.next = 0.into();
            self.awvalid.d.next = false;
            self.wvalid.d.next = false;
            self.bvalid.d.next = false;
        }
    }
}
