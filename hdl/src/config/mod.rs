//! One file describes a card: `hdl/cards/<name>.toml`. Emitting, simulating, the capability table and
//! the benches read it.

mod msm;
mod ntt;
mod pointwise;

pub use msm::MsmConfig;
pub use ntt::NttConfig;
pub use pointwise::PointwiseConfig;

use crate::card::config::CoreConfig;
use crate::card::msm_card::{MSM_PORTS, MsmCard};
use crate::card::ntt_card::{NTT_PORTS, NttCard};
use crate::card::proving_card::{PROVING_PORTS, ProvingCard};
use crate::emit::{self, EmitError, Emitted};
use crate::msm::Parameters;
use crate::ntt::EngineParameters;
use crate::pointwise as pointwise_engine;
use gristmill_datapath::{Fill, dpi_source};
use gristmill_protocol::EngineCapability;
use rust_hdl_core::prelude::Block;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A card, as its file describes it: the core, and an engine for each of the tables `[msm]`, `[ntt]` and
/// `[pointwise]`; a card with the first two has the third.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// Name of the card and of its top module.
    pub name: String,
    /// Bits of both AXI data buses.
    pub axi_width: usize,
    /// Queue pairs.
    pub queues: usize,
    /// Entries of the region table.
    pub regions: usize,
    /// Bytes of card memory.
    pub memory_bytes: u64,
    /// Core clock that times in seconds assume, in kHz.
    pub clock_kilohertz: u32,
    /// The MSM engine.
    pub msm: Option<MsmConfig>,
    /// The NTT engine.
    pub ntt: Option<NttConfig>,
    /// The engine of element-wise arithmetic.
    pub pointwise: Option<PointwiseConfig>,
}

/// The cards of [`CardConfig::folder`] that have an NTT engine over a field of record, and no other engine.
pub const TRANSFORM_CARDS: [&str; 7] = [
    "ntt_bn254",
    "ntt_bls12_381",
    "ntt_goldilocks",
    "ntt_baby_bear",
    "ntt_baby_bear_8",
    "ntt_koala_bear",
    "ntt_koala_bear_8",
];

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
    /// The combination of engines and bus is not among those that are compiled in.
    #[error(
        "no card of {engines} on buses of {axi_width} bits is compiled in; `hdl/src/config/mod.rs` lists them"
    )]
    Combination {
        /// The engines.
        engines: String,
        /// Bits of the buses.
        axi_width: usize,
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
    /// C++ of the DPI functions that the fast fill calls, a file each.
    pub functions: Vec<String>,
    /// Its pipelines, but those of an NTT engine.
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
        field(
            "name",
            self.name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && !self.name.is_empty(),
            "lower case letters, digits and underscores only: it names a module",
        )?;
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
        )?;
        self.msm.iter().try_for_each(MsmConfig::check)?;
        self.pointwise.iter().try_for_each(PointwiseConfig::check)?;
        self.ntt
            .iter()
            .try_for_each(|ntt| ntt.check(self.axi_width))
    }

    /// SHA-256 of the configuration; its first 32 bits are the register `BUILD`.
    pub fn sha256(&self) -> [u8; 32] {
        let text = toml::to_string(self).unwrap_or_default();
        Sha256::digest(text).into()
    }

    /// The card with this fill of its multipliers.
    pub fn design(&self, fill: Fill) -> Result<CardDesign, ConfigError> {
        self.check()?;
        let digest = self.sha256();
        let mut core = CoreConfig {
            queues: self.queues,
            regions: self.regions,
            memory_bytes: self.memory_bytes,
            clock_kilohertz: self.clock_kilohertz,
            build: u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]),
            // stopping an MSM ends with emptying every bucket
            drain_cycles: 1 << 18,
            ..CoreConfig::default()
        };
        let (mut functions, mut pipelines) = (Vec::new(), Vec::new());
        let mut engines = Engines::default();
        if let Some(msm) = &self.msm {
            let (parameters, engine, summaries) = msm.engine(fill)?;
            core.engines.push(engine);
            pipelines = summaries;
            let curve = msm.curve().filter(|_| fill == Fill::Fast);
            functions.extend(curve.map(|(curve, _)| dpi_source(&curve)));
            engines.msm = Some((msm, parameters));
        }
        if let (Some(pointwise), Some(ntt)) = (&self.pointwise, &self.ntt) {
            let (parameters, engine) = pointwise.engine(ntt, fill)?;
            core.engines.push(engine);
            engines.pointwise = Some(parameters);
        }
        if let Some(ntt) = &self.ntt {
            let (parameters, engine) = ntt.engine(self.axi_width, fill)?;
            core.engines.push(engine);
            functions.extend(parameters.pipeline.functions());
            engines.ntt = Some(parameters);
        }
        core.ports = match (&self.msm, &self.ntt) {
            (Some(_), Some(_)) => PROVING_PORTS,
            (None, Some(_)) => NTT_PORTS,
            _ => MSM_PORTS,
        };
        Ok(CardDesign {
            config: self.clone(),
            verilog: self.verilog(&core, &engines)?,
            functions,
            pipelines,
        })
    }

    /// What the card's engines say of themselves, in the order of the capability table, and what the pipelines of its MSM
    /// engine cost; without building the card.
    pub fn engines(
        &self,
        fill: Fill,
    ) -> Result<(Vec<EngineCapability>, Vec<PipelineSummary>), ConfigError> {
        self.check()?;
        let (mut engines, mut pipelines) = (Vec::new(), Vec::new());
        if let Some(msm) = &self.msm {
            let (_, engine, summaries) = msm.engine(fill)?;
            engines.push(engine.capability);
            pipelines = summaries;
        }
        if let Some(ntt) = &self.ntt {
            engines.push(ntt.engine(self.axi_width, fill)?.1.capability);
        }
        Ok((engines, pipelines))
    }

    /// The Verilog of the block, which is built by value and overflows the stack of a usual thread.
    fn verilog(&self, core: &CoreConfig, engines: &Engines) -> Result<Emitted, ConfigError> {
        let emit = || {
            let mut card = self.block(core, engines)?;
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
    fn block(&self, core: &CoreConfig, engines: &Engines) -> Result<Box<dyn Block>, ConfigError> {
        macro_rules! cards {
            ($msm:expr, $proving:expr; $($curve:literal, $adders:literal, $width:literal, $buckets:literal => <$($parameter:literal),*>;)*) => {
                match ($msm.0.curve.as_str(), $msm.0.adders, self.axi_width, $msm.0.buckets_log2) {
                    $(($curve, $adders, $width, $buckets) => Some(match $proving {
                        None => Box::new(MsmCard::<$width, { $width / 8 }, $($parameter),*, $adders>::new(core, &$msm.1)) as Box<dyn Block>,
                        Some((ntt, pointwise)) => Box::new(ProvingCard::<$width, { $width / 8 }, $($parameter),*, $adders>::new(core, &$msm.1, ntt, pointwise)),
                    }),)*
                    _ => None,
                }
            };
        }
        let card = match (&engines.msm, &engines.ntt, &engines.pointwise) {
            (Some(msm), ntt, pointwise)
                if ntt.is_some() == self.pointwise.is_some()
                    && ntt
                        .as_ref()
                        .is_none_or(|ntt| ntt.pipeline.lanes_log2() == ntt.geometry.lanes_log2) =>
            {
                let proving = ntt.as_ref().zip(pointwise.as_ref());
                // scalar, magnitude, affine point, projective point, buckets log2, the same less one, record, slot
                cards! {
                    msm, proving;
                    "bn254", 1, 512, 15 => <256, 254, 512, 762, 15, 14, 1024, 1024>;
                    "bls12-381", 1, 512, 15 => <256, 255, 768, 1143, 15, 14, 1024, 1536>;
                    "toy", 1, 64, 10 => <64, 8, 128, 24, 10, 9, 512, 256>;
                    "toy", 2, 64, 10 => <64, 8, 128, 24, 10, 9, 512, 256>;
                    "toy", 1, 128, 10 => <64, 8, 128, 24, 10, 9, 512, 256>;
                }
            }
            (None, Some(ntt), None) => {
                macro_rules! cards {
                    ($($width:literal, $lanes:literal;)*) => {
                        match (self.axi_width, ntt.pipeline.lanes * ntt.pipeline.field.word_bits()) {
                            $(($width, $lanes) => Some(
                                Box::new(NttCard::<$width, { $width / 8 }, $lanes>::new(core, ntt)) as Box<dyn Block>
                            ),)*
                            _ => None,
                        }
                    };
                }
                // bits of a beat, and of the lanes
                cards! {
                    128, 128;
                    256, 256;
                    256, 128;
                    512, 512;
                    512, 256;
                }
            }
            _ => None,
        };
        card.ok_or_else(|| {
            let msm = engines.msm.as_ref().map(|(msm, _)| {
                format!(
                    "MSM of {} with {} adders of 2^{} buckets",
                    msm.curve, msm.adders, msm.buckets_log2
                )
            });
            let ntt = self.ntt.as_ref();
            let ntt = ntt.map(|ntt| format!("NTT of {} with {} lanes", ntt.field, ntt.lanes));
            let pointwise = self
                .pointwise
                .as_ref()
                .map(|_| "element-wise arithmetic".into());
            let engines: Vec<String> = msm.into_iter().chain(ntt).chain(pointwise).collect();
            ConfigError::Combination {
                engines: match engines.is_empty() {
                    true => "no engine".into(),
                    false => engines.join(" and "),
                },
                axi_width: self.axi_width,
            }
        })
    }
}

/// What the engines of a card are built with.
#[derive(Default)]
struct Engines<'a> {
    msm: Option<(&'a MsmConfig, Parameters)>,
    ntt: Option<EngineParameters>,
    pointwise: Option<pointwise_engine::Parameters>,
}

/// An error that names the field, unless the value fits.
fn field(field: &'static str, fits: bool, why: &str) -> Result<(), ConfigError> {
    if fits {
        Ok(())
    } else {
        Err(ConfigError::Field {
            field,
            why: why.into(),
        })
    }
}
