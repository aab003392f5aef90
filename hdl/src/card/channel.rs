//! All readers, or all writers, of one memory.

use super::axi::{BurstReadClient, BurstWriteClient};
use super::read_arbiter::{AxiRead, ReadArbiter};
use super::read_mover::ReadMover;
use super::socket::{ReadServer, WriteServer};
use super::write_arbiter::{AxiWrite, WriteArbiter};
use super::write_mover::WriteMover;
use rust_hdl_core::prelude::*;

/// Binary logarithm of the beats that a reader may have on its way and in its FIFO. A host's memory answers after
/// about 260 cycles, in which the scalars of a pair a cycle are 130 beats of 512 bits.
pub const READ_DEPTH_LOG2: usize = 8;
/// Binary logarithm of the beats that a writer gathers before they go.
pub const WRITE_DEPTH_LOG2: usize = 5;

/// A mover for each reader, and their arbiter.
#[derive(LogicBlock, Default)]
pub struct ReadChannel<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything, what is on its way included.
    pub reset: Signal<In, Bit>,
    /// Flush all readers.
    pub abort: Signal<In, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,
    /// The readers.
    pub client: Vec<ReadServer<W>>,
    /// The bus.
    pub bus: AxiRead<W>,
    mover: Vec<ReadMover<W, READ_DEPTH_LOG2>>,
    arbiter: ReadArbiter<W>,
    _clients: usize,
}

impl<const W: usize> ReadChannel<W> {
    /// A channel of `clients` readers, with bursts of at most `burst` beats.
    pub fn new(clients: usize, burst: usize) -> Self {
        Self {
            client: (0..clients).map(|_| Default::default()).collect(),
            mover: (0..clients).map(|_| ReadMover::new(burst)).collect(),
            arbiter: ReadArbiter::new(clients),
            _clients: clients,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for ReadChannel<W> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, arbiter);
        self.arbiter.reset.next = self.reset.val();
        AxiRead::<W>::link(&mut self.bus, &mut self.arbiter.bus);
        self.idle.next = true;
        for i in 0..self._clients {
            self.mover[i].clock.next = self.clock.val();
            self.mover[i].reset.next = self.reset.val();
            self.mover[i].abort.next = self.abort.val();
            ReadServer::<W>::link(&mut self.client[i], &mut self.mover[i].client);
            BurstReadClient::<W>::join(&mut self.mover[i].bus, &mut self.arbiter.client[i]);
            if !self.mover[i].idle.val() {
                self.idle.next = false;
            }
        }
    }
}

/// A mover for each writer, and their arbiter.
#[derive(LogicBlock, Default)]
pub struct WriteChannel<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything, what is on its way included.
    pub reset: Signal<In, Bit>,
    /// Flush all writers.
    pub abort: Signal<In, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,
    /// The writers.
    pub client: Vec<WriteServer<W>>,
    /// The bus.
    pub bus: AxiWrite<W>,
    mover: Vec<WriteMover<W, WRITE_DEPTH_LOG2>>,
    arbiter: WriteArbiter<W>,
    _clients: usize,
}

impl<const W: usize> WriteChannel<W> {
    /// A channel of `clients` writers, with bursts of at most `burst` beats.
    pub fn new(clients: usize, burst: usize) -> Self {
        Self {
            client: (0..clients).map(|_| Default::default()).collect(),
            mover: (0..clients).map(|_| WriteMover::new(burst)).collect(),
            arbiter: WriteArbiter::new(clients),
            _clients: clients,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for WriteChannel<W> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, arbiter);
        self.arbiter.reset.next = self.reset.val();
        AxiWrite::<W>::link(&mut self.bus, &mut self.arbiter.bus);
        self.idle.next = true;
        for i in 0..self._clients {
            self.mover[i].clock.next = self.clock.val();
            self.mover[i].reset.next = self.reset.val();
            self.mover[i].abort.next = self.abort.val();
            WriteServer::<W>::link(&mut self.client[i], &mut self.mover[i].client);
            BurstWriteClient::<W>::join(&mut self.mover[i].bus, &mut self.arbiter.client[i]);
            if !self.mover[i].idle.val() {
                self.idle.next = false;
            }
        }
    }
}
