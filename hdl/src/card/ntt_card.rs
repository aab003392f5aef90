//! A card with one NTT engine.

use super::axi::{AxiManager, LiteSubordinate};
use super::config::{CoreConfig, EnginePorts, VECTORS};
use super::core::Core;
use super::socket::{JobServer, ReadServer, WriteServer};
use crate::cells::Register;
use crate::ntt::{EngineParameters, NttEngine};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Memory ports of the NTT engine.
pub const NTT_PORTS: EnginePorts = EnginePorts {
    host_read: 0,
    host_write: 1,
    memory_read: 2,
    memory_write: 1,
};

/// The core with one NTT engine. W: bits of both buses; B = W / 8; N: bits of a beat of the pipeline, W or half of it.
#[derive(LogicBlock, Default)]
pub struct NttCard<const W: usize, const B: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, at work from the next cycle on.
    pub reset: Signal<In, Bit>,
    /// Registers, BAR 0.
    pub registers: LiteSubordinate,
    /// Host memory.
    pub host: AxiManager<W, B>,
    /// Card memory.
    pub memory: AxiManager<W, B>,
    /// Pulses, one for each vector.
    pub interrupts: Signal<Out, Bits<VECTORS>>,
    /// Something is under way.
    pub busy: Signal<Out, Bit>,
    reset_register: Register<Bit>,
    core: Core<W, B>,
    ntt: NttEngine<W, N>,
    _jobs: usize,
}

impl<const W: usize, const B: usize, const N: usize> NttCard<W, B, N> {
    /// The card of this core and this engine.
    pub fn new(core: &CoreConfig, engine: &EngineParameters) -> Self {
        Self {
            core: Core::new(core),
            ntt: NttEngine::new(engine),
            _jobs: engine.jobs,
            ..Default::default()
        }
    }
}

impl<const W: usize, const B: usize, const N: usize> Logic for NttCard<W, B, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reset_register);
        clock!(self, clock, core, ntt);
        self.reset_register.d.next = self.reset.val();
        self.core.reset.next = self.reset_register.q.val();
        self.ntt.reset.next = self.reset_register.q.val();
        LiteSubordinate::link(&mut self.registers, &mut self.core.registers);
        AxiManager::<W, B>::link(&mut self.host, &mut self.core.host);
        AxiManager::<W, B>::link(&mut self.memory, &mut self.core.memory);
        self.interrupts.next = self.core.interrupts.val();
        self.busy.next = self.core.busy.val();
        for j in 0..self._jobs {
            JobServer::join(&mut self.core.job[j], &mut self.ntt.job[j]);
        }
        WriteServer::<W>::join(&mut self.core.host_write[0], &mut self.ntt.statistics);
        ReadServer::<W>::join(&mut self.core.memory_read[0], &mut self.ntt.data);
        ReadServer::<W>::join(&mut self.core.memory_read[1], &mut self.ntt.tables);
        WriteServer::<W>::join(&mut self.core.memory_write[0], &mut self.ntt.results);
    }
}
