//! The MSM engine of a card.

use super::{ConfigError, PipelineSummary, field};
use crate::card::config::EngineConfig;
use crate::msm::Parameters;
use crate::pipeline::Pipeline;
use gristmill_datapath::{Curve, Fill, adder, curve, entry};
use gristmill_protocol::capability::feature;
use gristmill_protocol::{CurveId, EngineCapability, EngineKind, Opcode};
use serde::{Deserialize, Serialize};

/// The table `[msm]` of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MsmConfig {
    /// `bn254`, `bls12-381` or `toy`.
    pub curve: String,
    /// Adders, a power of two.
    pub adders: usize,
    /// Binary logarithm of the buckets of each adder.
    pub buckets_log2: usize,
    /// Most windows a pass of each adder, up to 32.
    pub windows_per_lane: u32,
    /// Least and largest window width.
    pub window: (u32, u32),
    /// Binary logarithm of the largest number of pairs of a job.
    pub size_log2: u32,
}

impl MsmConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        field(
            "curve",
            self.curve().is_some(),
            "one of bn254, bls12-381, toy",
        )?;
        field(
            "windows_per_lane",
            (1..=32).contains(&self.windows_per_lane),
            "1 to 32",
        )?;
        let (least, largest) = self.window;
        field(
            "window",
            2 <= least && least <= largest && largest <= 16,
            "2 to 16, in order",
        )?;
        field("size_log2", (1..=26).contains(&self.size_log2), "1 to 26")
    }

    /// The curve's description and its number in the protocol.
    pub fn curve(&self) -> Option<(Curve, CurveId)> {
        match self.curve.as_str() {
            "bn254" => Some((curve::bn254(), CurveId::Bn254G1)),
            "bls12-381" => Some((curve::bls12_381(), CurveId::Bls12381G1)),
            "toy" => Some((curve::toy(), CurveId::Toy)),
            _ => None,
        }
    }

    /// What the engine is built with, what the core is told, and what its pipelines cost.
    pub(super) fn engine(
        &self,
        fill: Fill,
    ) -> Result<(Parameters, EngineConfig, Vec<PipelineSummary>), ConfigError> {
        let Some((curve, id)) = self.curve() else {
            return Err(ConfigError::Field {
                field: "curve",
                why: "unknown".into(),
            });
        };
        let graphs = [
            (
                "complete_adder",
                adder::complete_adder(&curve, fill),
                self.adders,
            ),
            ("point_entry", entry::point_entry(&curve), self.adders),
            ("scalar_entry", entry::scalar_entry(&curve), 1),
        ];
        let module = |name: &str| format!("{}_{name}", curve.name);
        let [adder, point_entry, scalar_entry] = graphs
            .each_ref()
            .map(|(name, graph, _)| Pipeline::new(&module(name), graph));
        let latency = adder.latency();
        let pipelines = graphs
            .iter()
            .map(|(name, graph, instances)| {
                let summary = graph.summary();
                PipelineSummary {
                    module: module(name),
                    instances: *instances,
                    latency: summary.latency,
                    tiles: summary.tiles,
                    registers: summary.registers,
                    delays: summary.delays,
                }
            })
            .collect();
        let parameters = Parameters {
            adder,
            point_entry,
            scalar_entry,
            size_log2: self.size_log2,
            windows_per_lane: self.windows_per_lane,
            window_min: self.window.0,
            window_max: self.window.1,
        };
        let engine = EngineConfig {
            capability: EngineCapability {
                kind: EngineKind::Msm as u32,
                group: id as u32,
                size_log2: self.size_log2,
                lanes: 1,
                adders: self.adders as u32,
                windows_per_pass: self.windows_per_lane * self.adders as u32,
                buckets_log2: self.buckets_log2 as u32,
                window_min: self.window.0 as u8,
                window_max: self.window.1 as u8,
                element_bytes: curve.base.element_bytes as u16,
                scalar_bytes: curve.scalar.element_bytes as u16,
                scalar_bits: curve.scalar.bits as u32,
                latency: latency as u32,
                pass_bits_min: Parameters::pass_bits_min(
                    curve.scalar.word_bits(),
                    curve.scalar.bits,
                ) as u32,
                features: feature::SCALARS_RESIDENT,
                ..EngineCapability::default()
            },
            opcodes: vec![Opcode::Msm],
            slots: 1,
        };
        Ok((parameters, engine, pipelines))
    }
}
