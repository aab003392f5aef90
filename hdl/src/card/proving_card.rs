//! A card with all that a proof needs: MSM, NTT, and element-wise arithmetic.

use super::axi::{AxiManager, LiteSubordinate};
use super::config::{CoreConfig, EnginePorts, VECTORS};
use super::core::Core;
use super::msm_card::MSM_PORTS;
use super::ntt_card::NTT_PORTS;
use super::socket::{JobServer, ReadServer, WriteServer};
use crate::cells::Register;
use crate::msm::{MsmEngine, Parameters};
use crate::ntt::{EngineParameters, NttEngine};
use crate::pointwise::{self, PointwiseEngine};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Memory ports of the engine of element-wise arithmetic.
pub const POINTWISE_PORTS: EnginePorts = EnginePorts {
    host_read: 0,
    host_write: 0,
    memory_read: 1,
    memory_write: 1,
};

/// Memory ports of all engines, in their order.
pub const PROVING_PORTS: EnginePorts = EnginePorts {
    host_read: MSM_PORTS.host_read + POINTWISE_PORTS.host_read + NTT_PORTS.host_read,
    host_write: MSM_PORTS.host_write + POINTWISE_PORTS.host_write + NTT_PORTS.host_write,
    memory_read: MSM_PORTS.memory_read + POINTWISE_PORTS.memory_read + NTT_PORTS.memory_read,
    memory_write: MSM_PORTS.memory_write + POINTWISE_PORTS.memory_write + NTT_PORTS.memory_write,
};

/// The core with one MSM engine, engine 0, one of element-wise arithmetic, engine 1, and one NTT engine,
/// engine 2, which has the last job ports. W: bits of both buses; B = W / 8; the other widths as in [`MsmEngine`].
#[derive(LogicBlock, Default)]
pub struct ProvingCard<
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
    pointwise: PointwiseEngine<W>,
    ntt: NttEngine<W, W>,
    _jobs: usize,
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
> ProvingCard<W, B, S, M, E, P, A, H, R, T, L>
{
    /// The card of this core and these engines.
    pub fn new(
        core: &CoreConfig,
        msm: &Parameters,
        ntt: &EngineParameters,
        pointwise: &pointwise::Parameters,
    ) -> Self {
        Self {
            core: Core::new(core),
            msm: MsmEngine::new(msm),
            pointwise: PointwiseEngine::new(pointwise),
            ntt: NttEngine::new(ntt),
            _jobs: ntt.jobs,
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
> Logic for ProvingCard<W, B, S, M, E, P, A, H, R, T, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reset_register);
        clock!(self, clock, core, msm, pointwise, ntt);
        self.reset_register.d.next = self.reset.val();
        self.core.reset.next = self.reset_register.q.val();
        self.msm.reset.next = self.reset_register.q.val();
        self.pointwise.reset.next = self.reset_register.q.val();
        self.ntt.reset.next = self.reset_register.q.val();
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
        JobServer::join(&mut self.core.job[1], &mut self.pointwise.job);
        ReadServer::<W>::join(&mut self.core.memory_read[2], &mut self.pointwise.operands);
        WriteServer::<W>::join(&mut self.core.memory_write[1], &mut self.pointwise.results);
        for j in 0..self._jobs {
            JobServer::join(&mut self.core.job[j + 2], &mut self.ntt.job[j]);
        }
        WriteServer::<W>::join(&mut self.core.host_write[1], &mut self.ntt.statistics);
        ReadServer::<W>::join(&mut self.core.memory_read[3], &mut self.ntt.data);
        ReadServer::<W>::join(&mut self.core.memory_read[4], &mut self.ntt.tables);
        WriteServer::<W>::join(&mut self.core.memory_write[2], &mut self.ntt.results);
    }
}
