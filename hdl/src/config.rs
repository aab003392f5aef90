//! One file describes a card: `hdl/cards/<name>.toml`. Emitting, simulating, the capability table and
//! the benches read it.

use crate::card::config::{CoreConfig, EngineConfig};
use crate::card::msm_card::{MSM_PORTS, MsmCard};
use crate::emit::{self, EmitError, Emitted};
use crate::msm::Parameters;
use crate::pipeline::Pipeline;
use gristmill_datapath::{Curve, Fill, adder, curve, dpi_source, entry};
use gristmill_protocol::{CurveId, EngineCapability, EngineKind, Opcode};
use rust_hdl_core::prelude::Block;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A card, as its file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// Name of the card and of its top module.
    pub name: String,
    /// `bn254`, `bls12-381` or `toy`.
    pub curve: String,
    /// Adders, a power of two.
    pub adders: usize,
    /// Bits of both AXI data buses.
    pub axi_width: usize,
    /// Binary logarithm of the buckets of each adder.
    pub buckets_log2: usize,
    /// Most windows a pass of each adder, up to 32.
    pub windows_per_lane: u32,
    /// Least and largest window width.
    pub window: (u32, u32),
    /// Binary logarithm of the largest number of pairs of a job.
    pub size_log2: u32,
    /// Queue pairs.
    pub queues: usize,
    /// Entries of the region table.
    pub regions: usize,
    /// Bytes of card memory.
    pub memory_bytes: u64,
    /// Core clock that times in seconds assume, in kHz.
    pub clock_kilohertz: u32,
}

/// Stack of the thread in which a card is built.
const STACK_BYTES: usize = 1 << 28;

/// Why a card cannot be built.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a card.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// A field has a value that no card can have.
    #[error("`{field}`: {why}")]
    Field {
        /// The field.
        field: &'static str,
        /// Why.
        why: String,
    },
    /// The combination of curve, adders, bus and buckets is not among those that are compiled in.
    #[error(
        "no card of curve {curve}, {adders} adders, {axi_width} bits, 2^{buckets_log2} buckets is compiled in; `hdl/src/config.rs` lists them"
    )]
    Combination {
        /// The curve.
        curve: String,
        /// Adders.
        adders: usize,
        /// Bits of the buses.
        axi_width: usize,
        /// Binary logarithm of the buckets.
        buckets_log2: usize,
    },
    /// There is no thread to build the card in.
    #[error("no thread for the card: {0}")]
    Thread(std::io::Error),
    /// The emitter refused.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// A card in Verilog.
#[derive(Clone, Debug)]
pub struct CardDesign {
    /// Its configuration.
    pub config: CardConfig,
    /// The modules.
    pub verilog: Emitted,
    /// C++ of the DPI functions that the fast fill calls.
    pub functions: Option<String>,
    /// Latency of the adder in cycles.
    pub latency: usize,
    /// Its pipelines.
    pub pipelines: Vec<PipelineSummary>,
}

/// What a pipeline costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PipelineSummary {
    /// Name of its module.
    pub module: String,
    /// How many of it the card has.
    pub instances: usize,
    /// Cycles from input to output.
    pub latency: usize,
    /// Multiplier tiles of one.
    pub tiles: usize,
    /// Flip-flops of one, without delay lines.
    pub registers: usize,
    /// Bits of delay lines of one.
    pub delays: usize,
}

impl CardConfig {
    /// The folder of the cards in the repository.
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("cards")
    }

    /// Reads a card by the path of its file, or by the name of one in [`Self::folder`].
    pub fn load(name: &str) -> Result<Self, ConfigError> {
        let path = if name.ends_with(".toml") {
            PathBuf::from(name)
        } else {
            Self::folder().join(name).with_extension("toml")
        };
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read {
            path: path.clone(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path,
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let field = |field, fits: bool, why: &str| {
            if fits {
                Ok(())
            } else {
                Err(ConfigError::Field {
                    field,
                    why: why.into(),
                })
            }
        };
        field(
            "name",
            self.name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && !self.name.is_empty(),
            "lower case letters, digits and underscores only: it names a module",
        )?;
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
        field("size_log2", (1..=26).contains(&self.size_log2), "1 to 26")?;
        field("queues", (1..=16).contains(&self.queues), "1 to 16")?;
        field("regions", (1..=64).contains(&self.regions), "1 to 64")?;
        field(
            "memory_bytes",
            self.memory_bytes.is_multiple_of(4096) && self.memory_bytes > 0,
            "a multiple of 4096",
        )?;
        field(
            "memory_bytes",
            self.memory_bytes / (self.axi_width.max(8) as u64 / 8) < 1 << 32,
            "less than 2^32 beats",
        )
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

    /// SHA-256 of the configuration; its first 32 bits are the register `BUILD`.
    pub fn sha256(&self) -> [u8; 32] {
        let text = toml::to_string(self).unwrap_or_default();
        Sha256::digest(text).into()
    }

    /// The card with this fill of its multipliers.
    pub fn design(&self, fill: Fill) -> Result<CardDesign, ConfigError> {
        self.check()?;
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
        let digest = self.sha256();
        let core = CoreConfig {
            engines: vec![EngineConfig {
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
                    ..EngineCapability::default()
                },
                opcodes: vec![Opcode::Msm],
            }],
            ports: MSM_PORTS,
            queues: self.queues,
            regions: self.regions,
            memory_bytes: self.memory_bytes,
            clock_kilohertz: self.clock_kilohertz,
            build: u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]),
            // stopping an MSM ends with emptying every bucket
            drain_cycles: 1 << 18,
            ..CoreConfig::default()
        };
        Ok(CardDesign {
            config: self.clone(),
            verilog: self.verilog(&core, &parameters)?,
            functions: (fill == Fill::Fast).then(|| dpi_source(&curve)),
            latency,
            pipelines,
        })
    }

    /// The Verilog of the block, which is built by value and overflows the stack of a usual thread.
    fn verilog(&self, core: &CoreConfig, engine: &Parameters) -> Result<Emitted, ConfigError> {
        let emit = || {
            let mut card = self.block(core, engine)?;
            card.connect_all();
            Ok(emit::verilog(card.as_ref(), &self.name)?)
        };
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, emit)
                .map_err(ConfigError::Thread)?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Widths are types, so the combinations are listed.
    fn block(&self, core: &CoreConfig, engine: &Parameters) -> Result<Box<dyn Block>, ConfigError> {
        macro_rules! card {
            ($($curve:literal, $adders:literal, $width:literal, $buckets:literal => <$($parameter:literal),*>;)*) => {
                match (self.curve.as_str(), self.adders, self.axi_width, self.buckets_log2) {
                    $(($curve, $adders, $width, $buckets) => {
                        Ok(Box::new(MsmCard::<$width, { $width / 8 }, $($parameter),*, $adders>::new(core, engine)))
                    })*
                    _ => Err(ConfigError::Combination {
                        curve: self.curve.clone(),
                        adders: self.adders,
                        axi_width: self.axi_width,
                        buckets_log2: self.buckets_log2,
                    }),
                }
            };
        }
        // scalar, magnitude, affine point, projective point, buckets log2, the same less one, record, slot
        card! {
            "bn254", 1, 512, 15 => <256, 254, 512, 762, 15, 14, 1024, 1024>;
            "bls12-381", 1, 512, 15 => <256, 255, 768, 1143, 15, 14, 1024, 1536>;
            "toy", 1, 64, 10 => <64, 8, 128, 24, 10, 9, 512, 256>;
            "toy", 2, 64, 10 => <64, 8, 128, 24, 10, 9, 512, 256>;
        }
    }
}
