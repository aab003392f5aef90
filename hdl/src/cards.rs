//! Whole cards: the core and its engines, from a configuration.

use crate::card::axi::{AxiManager, LiteSubordinate};
use crate::card::config::{CoreConfig, EngineConfig, EnginePorts, VECTORS};
use crate::card::core::Core;
use crate::card::socket::{JobServer, ReadServer, WriteServer};
use crate::config::{CardConfig, Curve, Fill};
use crate::msm::{MsmEngine, Parameters};
use crate::pipeline::Pipeline;
use gristmill_datapath::{adder, entry};
use gristmill_protocol::{EngineCapability, EngineKind, Opcode};
use rust_hdl_core::prelude::*;
use thiserror::Error;

/// A card with one MSM engine.
///
/// W: bits of a beat; B: bytes of a beat; the others as in [`MsmEngine`].
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
    /// Clock of everything.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Registers, BAR 0.
    pub registers: LiteSubordinate,
    /// Host memory.
    pub host: AxiManager<W, B>,
    /// Card memory.
    pub memory: AxiManager<W, B>,
    /// Pulses of one cycle, one for each vector.
    pub interrupts: Signal<Out, Bits<VECTORS>>,
    /// Something is under way.
    pub busy: Signal<Out, Bit>,
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
> Logic for MsmCard<W, B, S, M, E, P, A, H, R, T, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, core, msm);
        self.core.reset.next = self.reset.val();
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

/// A card and what is known of it before it runs.
pub struct BuiltCard {
    /// The block, connected.
    pub block: Box<dyn Block>,
    /// What its engine says of itself.
    pub capability: EngineCapability,
    /// Its pipelines.
    pub pipelines: Vec<PipelineSummary>,
}

/// What a pipeline costs.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PipelineSummary {
    /// Name of its module.
    pub name: String,
    /// How many of it the card has.
    pub instances: usize,
    /// Cycles from input to output.
    pub latency: usize,
    /// Multiplier tiles of one.
    pub tiles: usize,
    /// Registered bits of one.
    pub registers: usize,
}

/// A card that nobody has laid out yet.
#[derive(Debug, Error)]
#[error(
    "no card of {curve:?} has {axi_width} bits, 2^{buckets_log2} buckets and {adders} adders; cards.rs lists those there are"
)]
pub struct NoSuchCard {
    curve: Curve,
    axi_width: usize,
    buckets_log2: u32,
    adders: usize,
}

/// The card of this configuration, its multipliers filled with `fill`.
///
/// Widths are types in rust-hdl, so that the cards that can be built are listed here.
///
/// # Errors
/// When no such card is listed.
pub fn card_from_config(config: &CardConfig, fill: Fill) -> Result<BuiltCard, NoSuchCard> {
    macro_rules! listed {
        ($($curve:ident, $width:literal, $buckets:literal, $adders:literal
            => <$($size:literal),*>;)*) => {
            match (config.curve, config.axi_width, config.buckets_log2, config.adders) {
                $((Curve::$curve, $width, $buckets, $adders) => Ok(build(config, fill, |core, parameters| {
                    let mut card = MsmCard::<$width, { $width / 8 }, $($size),*, $adders> {
                        core: Core::new(core),
                        msm: MsmEngine::new(parameters),
                        ..Default::default()
                    };
                    card.connect_all();
                    Box::new(card)
                })),)*
                (curve, axi_width, buckets_log2, adders) => {
                    Err(NoSuchCard { curve, axi_width, buckets_log2, adders })
                }
            }
        };
    }
    // scalar, magnitude, affine point, projective point, addresses of the banks, record, result slot
    listed! {
        Toy, 64, 10, 1 => <64, 8, 128, 24, 10, 9, 512, 256>;
        Toy, 64, 10, 2 => <64, 8, 128, 24, 10, 9, 512, 256>;
        Bn254, 512, 15, 1 => <256, 254, 512, 762, 15, 14, 1024, 1024>;
        Bn254, 512, 15, 2 => <256, 254, 512, 762, 15, 14, 1024, 1024>;
        Bn254, 512, 15, 4 => <256, 254, 512, 762, 15, 14, 1024, 1024>;
        Bls12381, 512, 15, 1 => <256, 255, 768, 1143, 15, 14, 1024, 1536>;
    }
}

fn build(
    config: &CardConfig,
    fill: Fill,
    card: impl FnOnce(&CoreConfig, &Parameters) -> Box<dyn Block>,
) -> BuiltCard {
    let curve = config.curve.description();
    let graphs = [
        (
            "adder",
            adder::complete_adder(&curve, fill.into()),
            config.adders,
        ),
        ("point_entry", entry::point_entry(&curve), config.adders),
        ("scalar_entry", entry::scalar_entry(&curve), 1),
    ];
    let [adder, point_entry, scalar_entry] = graphs
        .each_ref()
        .map(|(name, graph, _)| Pipeline::new(&format!("{}_{name}", curve.name), graph));
    let capability = EngineCapability {
        kind: EngineKind::Msm as u32,
        group: config.curve.id() as u32,
        size_log2: config.size_log2,
        lanes: 1,
        adders: config.adders as u32,
        windows_per_pass: config.windows_per_pass,
        buckets_log2: config.buckets_log2,
        window_min: config.window_min as u8,
        window_max: config.window_max as u8,
        element_bytes: curve.base.element_bytes as u16,
        scalar_bytes: curve.scalar.element_bytes as u16,
        scalar_bits: curve.scalar.bits as u32,
        latency: adder.latency() as u32,
    };
    let pipelines = graphs
        .iter()
        .map(|(name, graph, instances)| {
            let summary = graph.summary();
            PipelineSummary {
                name: format!("{}_{name}", curve.name),
                instances: *instances,
                latency: summary.latency,
                tiles: summary.tiles,
                registers: summary.registers,
            }
        })
        .collect();
    let core = CoreConfig {
        engines: vec![EngineConfig {
            capability,
            opcodes: vec![Opcode::Msm],
        }],
        ports: EnginePorts {
            host_read: 2,
            host_write: 1,
            memory_read: 2,
            memory_write: 1,
        },
        queues: config.queues,
        regions: config.regions,
        memory_bytes: config.memory_bytes,
        clock_kilohertz: config.clock_kilohertz,
        address_bits: config.address_bits,
        build: config.build(),
        burst_beats: config.burst_beats,
        ..CoreConfig::default()
    };
    let parameters = Parameters {
        adder,
        point_entry,
        scalar_entry,
        size_log2: config.size_log2,
        windows_per_lane: config.windows_per_adder(),
        window_min: config.window_min,
        window_max: config.window_max,
    };
    BuiltCard {
        block: card(&core, &parameters),
        capability,
        pipelines,
    }
}
