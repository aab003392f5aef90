//! A card with one MSM engine.

use super::axi::{AxiManager, LiteSubordinate};
use super::config::{CoreConfig, EnginePorts, VECTORS};
use super::core::Core;
use super::socket::{JobServer, ReadServer, WriteServer};
use crate::cells::Register;
use crate::msm::{MsmEngine, Parameters};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Memory ports of the MSM engine.
pub const MSM_PORTS: EnginePorts = EnginePorts {
    host_read: 2,
    host_write: 1,
    memory_read: 2,
    memory_write: 1,
};

/// The core with one MSM engine. W: bits of both buses; B = W / 8; the other widths as in
/// [`MsmEngine`].
#[derive(LogicBlock, Default)]
pub struct MsmCard<
    const W: usize,
    const B: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> {
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
    msm: MsmEngine<W, S, M, E, P, A, H, R, T, L>,
}

impl<
    const W: usize,
    const B: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> MsmCard<W, B, S, M, E, P, A, H, R, T, L>
{
    /// The card of this core and this engine.
    pub fn new(core: &CoreConfig, engine: &Parameters) -> Self {
        Self {
            core: Core::new(core),
            msm: MsmEngine::new(engine),
            ..Default::default()
        }
    }
}

impl<
    const W: usize,
    const B: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> Logic for MsmCard<W, B, S, M, E, P, A, H, R, T, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reset_register);
        clock!(self, clock, core, msm);
        self.reset_register.d.next = self.reset.val();
        self.core.reset.next = self.reset_register.q.val();
        self.msm.reset.next = self.reset_register.q.val();
        LiteSubordinate::link(&mut self.registers, &mut self.core.registers);
        AxiManager::<W, B>::link(&mut self.host, &mut self.core.host);
        AxiManager::<W, B>::link(&mut self.memory, &mut self.core.memory);
        self.interrupts.next = self.core.interrupts.val();
        self.busy.next = self.core.busy.val();
        JobServer::join(&mut self.core.job[0], &mut self.msm.job);
        ReadServer::<W>::join(&mut self.core.host_read[0], &mut self.msm.scalars);
        ReadServer::<W>::join(&mut self.core.host_read[1], &mut self.msm.streamed);
        WriteServer::<W>::join(&mut self.core.host_write[0], &mut self.msm.results);
        ReadServer::<W>::join(&mut self.core.memory_read[0], &mut self.msm.resident);
        ReadServer::<W>::join(&mut self.core.memory_read[1], &mut self.msm.records);
        WriteServer::<W>::join(&mut self.core.memory_write[0], &mut self.msm.leftovers);
    }
}
