//! An engine that sends what it is asked for back, and a card with it: the socket, from the other side.

use gristmill_hdl::card::axi::{AxiManager, LiteSubordinate};
use gristmill_hdl::card::config::{CoreConfig, EngineConfig, EnginePorts, VECTORS};
use gristmill_hdl::card::core::Core;
use gristmill_hdl::card::socket::{
    JobClient, JobServer, ReadClient, ReadServer, WriteClient, WriteServer,
};
use gristmill_hdl::cells::{Fixed, Register};
use gristmill_protocol::{EngineCapability, Opcode};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum EchoState {
    Idle,
    Ask,
    Move,
    Done,
}

/// Copies n slots of 64 bytes from the bases' region to the results' address. Detail: the bytes of the
/// scratch region. Counters: n as busy slots.
#[derive(LogicBlock, Default)]
pub struct Echo<const W: usize> {
    pub clock: Signal<In, Clock>,
    pub job: JobClient,
    pub source: ReadClient<W>,
    pub target: WriteClient<W>,
    beats_log2: Fixed<Bits<8>>,
    state: Register<EchoState>,
    asked: Register<Bit>,
    moved: Register<Bits<32>>,
    beats: Signal<Local, Bits<32>>,
    moving: Signal<Local, Bit>,
}

impl<const W: usize> Echo<W> {
    pub fn new() -> Self {
        Self {
            beats_log2: Fixed::new((512 / W).ilog2().to_bits()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Echo<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, asked, moved);
        self.beats.next = self.job.descriptor.val().get_bits::<32>(320) << self.beats_log2.val();
        self.moving.next = self.state.q.val() == EchoState::Move;
        self.source.request.next = (self.state.q.val() == EchoState::Ask) & !self.asked.q.val();
        self.source.address.next =
            self.job.first_base.val() + self.job.descriptor.val().get_bits::<64>(256);
        self.source.beats.next = self.beats.val();
        self.source.ready.next = self.moving.val() & self.target.ready.val();
        self.source.flush.next = self.job.abort.val();
        self.target.request.next = (self.state.q.val() == EchoState::Ask) & self.asked.q.val();
        self.target.address.next = self.job.descriptor.val().get_bits::<64>(384);
        self.target.beats.next = self.beats.val();
        self.target.valid.next = self.moving.val() & self.source.valid.val();
        self.target.data.next = self.source.data.val();
        self.target.flush.next = self.job.abort.val();
        if self.source.accepted.val() {
            self.asked.d.next = true;
        }
        if self.moving.val() & self.source.valid.val() & self.target.ready.val() {
            self.moved.d.next = self.moved.q.val() + 1;
        }
        self.job.done.next = false;
        match self.state.q.val() {
            EchoState::Idle => {
                self.asked.d.next = false;
                if self.job.start.val() {
                    self.state.d.next = EchoState::Ask;
                }
            }
            EchoState::Ask => {
                if self.target.accepted.val() {
                    self.state.d.next = EchoState::Move;
                }
            }
            EchoState::Move => {
                if self.target.done.val() {
                    self.state.d.next = EchoState::Done;
                }
            }
            EchoState::Done => {
                self.job.done.next = true;
                self.state.d.next = EchoState::Idle;
            }
        }
        if self.job.abort.val() {
            self.state.d.next = EchoState::Idle;
        }
        self.job.idle.next = (self.state.q.val() == EchoState::Idle)
            & self.source.idle.val()
            & self.target.idle.val();
        self.job.status.next = 0.into();
        self.job.counters.next =
            bit_cast::<352, 32>(self.job.descriptor.val().get_bits::<32>(320)) << 64;
        self.job.detail.next = self.job.second_length.val();
        self.job.progress.next = self.moved.q.val();
    }
}

#[derive(LogicBlock, Default)]
pub struct EchoCard<const W: usize, const S: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub registers: LiteSubordinate,
    pub host: AxiManager<W, S>,
    pub memory: AxiManager<W, S>,
    pub interrupts: Signal<Out, Bits<VECTORS>>,
    pub busy: Signal<Out, Bit>,
    core: Core<W, S>,
    engine: Echo<W>,
}

impl<const W: usize, const S: usize> EchoCard<W, S> {
    pub fn new(config: CoreConfig) -> Self {
        Self {
            core: Core::new(&CoreConfig {
                engines: vec![EngineConfig {
                    capability: EngineCapability {
                        kind: 1,
                        scalar_bits: 254,
                        ..EngineCapability::default()
                    },
                    opcodes: vec![Opcode::Msm],
                    slots: 1,
                }],
                ports: EnginePorts {
                    memory_read: 1,
                    host_write: 1,
                    ..EnginePorts::default()
                },
                ..config
            }),
            engine: Echo::new(),
            ..Default::default()
        }
    }
}

impl<const W: usize, const S: usize> Logic for EchoCard<W, S> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, core, engine);
        self.core.reset.next = self.reset.val();
        LiteSubordinate::link(&mut self.registers, &mut self.core.registers);
        AxiManager::<W, S>::link(&mut self.host, &mut self.core.host);
        AxiManager::<W, S>::link(&mut self.memory, &mut self.core.memory);
        self.interrupts.next = self.core.interrupts.val();
        self.busy.next = self.core.busy.val();
        JobServer::join(&mut self.core.job[0], &mut self.engine.job);
        ReadServer::<W>::join(&mut self.core.memory_read[0], &mut self.engine.source);
        WriteServer::<W>::join(&mut self.core.host_write[0], &mut self.engine.target);
    }
}
