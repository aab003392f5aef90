//! The core of a card: all of it but its engines.

use super::axi::{AxiManager, LiteSubordinate};
use super::card_registers::CardRegisters;
use super::channel::{ReadChannel, WriteChannel};
use super::config::{CoreConfig, VECTORS};
use super::lite::Lite;
use super::queue_engine::QueueEngine;
use super::socket::{JobServer, ReadClient, ReadServer, WriteClient, WriteServer};
use super::soft_reset::SoftReset;
use crate::cells::{Pack, Register, Replicate};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// The core, with buses of W bits (64 to 512, a power of two) and S = W / 8 strobes.
///
/// An engine is joined to it in a block above both, by its job ports and as many memory ports as the
/// configuration names; the ports stand in the order in which the block hands them out:
///
/// ```ignore
/// #[derive(LogicBlock, Default)]
/// pub struct Card<const W: usize, const S: usize> {
///     pub clock: Signal<In, Clock>,
///     pub reset: Signal<In, Bit>,
///     pub registers: LiteSubordinate,
///     pub host: AxiManager<W, S>,
///     pub memory: AxiManager<W, S>,
///     pub interrupts: Signal<Out, Bits<VECTORS>>,
///     pub busy: Signal<Out, Bit>,
///     core: Core<W, S>,
///     engine: Engine<W>,
/// }
/// impl<const W: usize, const S: usize> Logic for Card<W, S> {
///     #[hdl_gen]
///     fn update(&mut self) {
///         clock!(self, clock, core, engine);
///         self.core.reset.next = self.reset.val();
///         LiteSubordinate::link(&mut self.registers, &mut self.core.registers);
///         AxiManager::<W, S>::link(&mut self.host, &mut self.core.host);
///         AxiManager::<W, S>::link(&mut self.memory, &mut self.core.memory);
///         self.interrupts.next = self.core.interrupts.val();
///         self.busy.next = self.core.busy.val();
///         JobServer::join(&mut self.core.job[0], &mut self.engine.job);
///         ReadServer::<W>::join(&mut self.core.host_read[0], &mut self.engine.scalars);
///     }
/// }
/// ```
///
/// `reset` resets all state at once; the buses must then be reset too. `interrupts` are pulses of one
/// cycle. While `busy` is low, nothing happens but for an access to the registers.
#[derive(LogicBlock, Default)]
pub struct Core<const W: usize, const S: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Registers, BAR 0.
    pub registers: LiteSubordinate,
    /// Host memory.
    pub host: AxiManager<W, S>,
    /// Card memory.
    pub memory: AxiManager<W, S>,
    /// Pulses, one for each vector.
    pub interrupts: Signal<Out, Bits<VECTORS>>,
    /// Something is under way.
    pub busy: Signal<Out, Bit>,
    /// The engines' jobs, in the order of [`CoreConfig::jobs`].
    pub job: Vec<JobServer>,
    /// The engines' readers of host memory.
    pub host_read: Vec<ReadServer<W>>,
    /// The engines' writers of host memory.
    pub host_write: Vec<WriteServer<W>>,
    /// The engines' readers of card memory.
    pub memory_read: Vec<ReadServer<W>>,
    /// The engines' writers of card memory.
    pub memory_write: Vec<WriteServer<W>>,
    lite: Lite,
    card: CardRegisters,
    queue_engine: QueueEngine<W>,
    soft_reset: SoftReset,
    host_reads: ReadChannel<W>,
    host_writes: WriteChannel<W>,
    memory_reads: ReadChannel<W>,
    memory_writes: WriteChannel<W>,
    host_strobes: Replicate<S>,
    memory_strobes: Replicate<S>,
    raised: Pack<VECTORS>,
    pulses: Register<Bits<VECTORS>>,
    quiet: Signal<Local, Bit>,
    engines_busy: Signal<Local, Bit>,
    _engines: usize,
    _jobs: usize,
    _host_reads: usize,
    _host_writes: usize,
    _memory_reads: usize,
    _memory_writes: usize,
}

impl<const W: usize, const S: usize> Core<W, S> {
    /// The core of a card with this configuration.
    ///
    /// # Panics
    /// When the configuration breaks a limit of [`CoreConfig`], or S is not W / 8.
    pub fn new(config: &CoreConfig) -> Self {
        config.check(W);
        assert!(8 * S == W, "{S} strobes for {W} bits");
        let (ports, burst) = (config.ports, config.burst_beats);
        Self {
            job: (0..config.jobs()).map(|_| Default::default()).collect(),
            host_read: (0..ports.host_read).map(|_| Default::default()).collect(),
            host_write: (0..ports.host_write).map(|_| Default::default()).collect(),
            memory_read: (0..ports.memory_read).map(|_| Default::default()).collect(),
            memory_write: (0..ports.memory_write)
                .map(|_| Default::default())
                .collect(),
            card: CardRegisters::new(config),
            queue_engine: QueueEngine::new(config),
            soft_reset: SoftReset::new(config),
            host_reads: ReadChannel::new(2 + ports.host_read, burst),
            host_writes: WriteChannel::new(2 + ports.host_write, burst),
            memory_reads: ReadChannel::new(1 + ports.memory_read, burst),
            memory_writes: WriteChannel::new(1 + ports.memory_write, burst),
            raised: Pack::new((0..VECTORS).collect()),
            _engines: config.engines.len(),
            _jobs: config.jobs(),
            _host_reads: ports.host_read,
            _host_writes: ports.host_write,
            _memory_reads: ports.memory_read,
            _memory_writes: ports.memory_write,
            ..Default::default()
        }
    }
}

impl<const W: usize, const S: usize> Logic for Core<W, S> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pulses);
        clock!(
            self,
            clock,
            lite,
            card,
            queue_engine,
            soft_reset,
            host_reads,
            host_writes,
            memory_reads,
            memory_writes
        );

        // registers
        LiteSubordinate::link(&mut self.registers, &mut self.lite.bus);
        self.lite.reset.next = self.reset.val();
        self.card.reset.next = self.reset.val();
        self.card.write.next = self.lite.write.val();
        self.card.write_address.next = self.lite.write_address.val();
        self.card.write_data.next = self.lite.write_data.val();
        self.card.read.next = self.lite.read.val();
        self.card.read_address.next = self.lite.read_address.val();
        self.queue_engine.write.next = self.lite.write.val() & self.soft_reset.ready.val();
        self.queue_engine.write_address.next = self.lite.write_address.val();
        self.queue_engine.write_data.next = self.lite.write_data.val();
        self.queue_engine.read_address.next = self.lite.read_address.val();
        self.lite.read_data.next = self.card.read_data.val() | self.queue_engine.read_data.val();
        self.card.ready.next = self.soft_reset.ready.val();
        self.card.resetting.next = self.soft_reset.resetting.val();
        self.card.needs_function_reset.next = self.soft_reset.failed.val();
        self.card.reset_count.next = self.soft_reset.count.val();
        self.card.queue_engine_busy.next = self.queue_engine.busy.val();
        self.engines_busy.next = false;
        for e in 0..self._engines {
            self.card.engine_busy[e].next = self.queue_engine.engine_busy[e].val();
            self.card.progress[e].next = self.queue_engine.progress[e].val();
            if self.queue_engine.engine_busy[e].val() {
                self.engines_busy.next = true;
            }
        }
        for j in 0..self._jobs {
            JobServer::link(&mut self.job[j], &mut self.queue_engine.job[j]);
        }

        // reset
        self.quiet.next = self.queue_engine.idle.val()
            & self.host_reads.idle.val()
            & self.host_writes.idle.val()
            & self.memory_reads.idle.val()
            & self.memory_writes.idle.val();
        self.soft_reset.reset.next = self.reset.val();
        self.soft_reset.request.next = self.card.soft_reset.val();
        self.soft_reset.idle.next = self.quiet.val();
        self.soft_reset.sweeping.next = self.queue_engine.sweeping.val();
        self.queue_engine.reset.next = self.reset.val() | self.soft_reset.clear.val();
        self.queue_engine.abort.next = self.soft_reset.abort.val();
        self.queue_engine.sweep.next = self.soft_reset.sweep.val();
        self.host_reads.reset.next = self.reset.val();
        self.host_reads.abort.next = self.soft_reset.abort.val();
        self.host_writes.reset.next = self.reset.val();
        self.host_writes.abort.next = self.soft_reset.abort.val();
        self.memory_reads.reset.next = self.reset.val();
        self.memory_reads.abort.next = self.soft_reset.abort.val();
        self.memory_writes.reset.next = self.reset.val();
        self.memory_writes.abort.next = self.soft_reset.abort.val();

        // interrupts
        for v in 0..VECTORS {
            self.raised.d[v].next = (self.queue_engine.interrupt.val()
                & (self.queue_engine.vector.val() == v.to_bits()))
                | (self.card.test_interrupt.val() & (self.card.test_vector.val() == v.to_bits()));
        }
        self.pulses.d.next = self.raised.q.val();
        self.interrupts.next = self.pulses.q.val();
        self.busy.next = self.queue_engine.busy.val()
            | self.engines_busy.val()
            | self.soft_reset.resetting.val()
            | self.pulses.q.val().any()
            | (!self.quiet.val() & !self.soft_reset.failed.val());

        // memories: the core's ports first, then the engines'
        ReadClient::<W>::join(
            &mut self.queue_engine.descriptors,
            &mut self.host_reads.client[0],
        );
        ReadClient::<W>::join(
            &mut self.queue_engine.host_read,
            &mut self.host_reads.client[1],
        );
        WriteClient::<W>::join(
            &mut self.queue_engine.completions,
            &mut self.host_writes.client[0],
        );
        WriteClient::<W>::join(
            &mut self.queue_engine.host_write,
            &mut self.host_writes.client[1],
        );
        ReadClient::<W>::join(
            &mut self.queue_engine.memory_read,
            &mut self.memory_reads.client[0],
        );
        WriteClient::<W>::join(
            &mut self.queue_engine.memory_write,
            &mut self.memory_writes.client[0],
        );
        for i in 0..self._host_reads {
            ReadServer::<W>::link(&mut self.host_read[i], &mut self.host_reads.client[i + 2]);
        }
        for i in 0..self._host_writes {
            WriteServer::<W>::link(&mut self.host_write[i], &mut self.host_writes.client[i + 2]);
        }
        for i in 0..self._memory_reads {
            ReadServer::<W>::link(
                &mut self.memory_read[i],
                &mut self.memory_reads.client[i + 1],
            );
        }
        for i in 0..self._memory_writes {
            WriteServer::<W>::link(
                &mut self.memory_write[i],
                &mut self.memory_writes.client[i + 1],
            );
        }

        // buses
        self.host.awvalid.next = self.host_writes.bus.awvalid.val();
        self.host_writes.bus.awready.next = self.host.awready.val();
        self.host.awid.next = self.host_writes.bus.awid.val();
        self.host.awaddr.next = self.host_writes.bus.awaddr.val();
        self.host.awlen.next = self.host_writes.bus.awlen.val();
        self.host.awsize.next = self.host_writes.bus.awsize.val();
        self.host.awburst.next = self.host_writes.bus.awburst.val();
        self.host.wvalid.next = self.host_writes.bus.wvalid.val();
        self.host_writes.bus.wready.next = self.host.wready.val();
        self.host.wdata.next = self.host_writes.bus.wdata.val();
        self.host_strobes.d.next = self.host_writes.bus.strobe.val();
        self.host.wstrb.next = self.host_strobes.q.val();
        self.host.wlast.next = self.host_writes.bus.wlast.val();
        self.host_writes.bus.bvalid.next = self.host.bvalid.val();
        self.host.bready.next = self.host_writes.bus.bready.val();
        self.host_writes.bus.bid.next = self.host.bid.val();
        self.host_writes.bus.bresp.next = self.host.bresp.val();
        self.host.arvalid.next = self.host_reads.bus.arvalid.val();
        self.host_reads.bus.arready.next = self.host.arready.val();
        self.host.arid.next = self.host_reads.bus.arid.val();
        self.host.araddr.next = self.host_reads.bus.araddr.val();
        self.host.arlen.next = self.host_reads.bus.arlen.val();
        self.host.arsize.next = self.host_reads.bus.arsize.val();
        self.host.arburst.next = self.host_reads.bus.arburst.val();
        self.host_reads.bus.rvalid.next = self.host.rvalid.val();
        self.host.rready.next = self.host_reads.bus.rready.val();
        self.host_reads.bus.rid.next = self.host.rid.val();
        self.host_reads.bus.rdata.next = self.host.rdata.val();
        self.host_reads.bus.rresp.next = self.host.rresp.val();
        self.memory.awvalid.next = self.memory_writes.bus.awvalid.val();
        self.memory_writes.bus.awready.next = self.memory.awready.val();
        self.memory.awid.next = self.memory_writes.bus.awid.val();
        self.memory.awaddr.next = self.memory_writes.bus.awaddr.val();
        self.memory.awlen.next = self.memory_writes.bus.awlen.val();
        self.memory.awsize.next = self.memory_writes.bus.awsize.val();
        self.memory.awburst.next = self.memory_writes.bus.awburst.val();
        self.memory.wvalid.next = self.memory_writes.bus.wvalid.val();
        self.memory_writes.bus.wready.next = self.memory.wready.val();
        self.memory.wdata.next = self.memory_writes.bus.wdata.val();
        self.memory_strobes.d.next = self.memory_writes.bus.strobe.val();
        self.memory.wstrb.next = self.memory_strobes.q.val();
        self.memory.wlast.next = self.memory_writes.bus.wlast.val();
        self.memory_writes.bus.bvalid.next = self.memory.bvalid.val();
        self.memory.bready.next = self.memory_writes.bus.bready.val();
        self.memory_writes.bus.bid.next = self.memory.bid.val();
        self.memory_writes.bus.bresp.next = self.memory.bresp.val();
        self.memory.arvalid.next = self.memory_reads.bus.arvalid.val();
        self.memory_reads.bus.arready.next = self.memory.arready.val();
        self.memory.arid.next = self.memory_reads.bus.arid.val();
        self.memory.araddr.next = self.memory_reads.bus.araddr.val();
        self.memory.arlen.next = self.memory_reads.bus.arlen.val();
        self.memory.arsize.next = self.memory_reads.bus.arsize.val();
        self.memory.arburst.next = self.memory_reads.bus.arburst.val();
        self.memory_reads.bus.rvalid.next = self.memory.rvalid.val();
        self.memory.rready.next = self.memory_reads.bus.rready.val();
        self.memory_reads.bus.rid.next = self.memory.rid.val();
        self.memory_reads.bus.rdata.next = self.memory.rdata.val();
        self.memory_reads.bus.rresp.next = self.memory.rresp.val();
    }
}
