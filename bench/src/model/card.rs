//! What the model knows of a card and of its board.

use std::collections::HashMap;

use gristmill_datapath::Fill;
use gristmill_hdl::config::{CardConfig, NttConfig};
use gristmill_protocol::{EngineCapability, EngineKind};
use gristmill_sim::axi::Link;

use super::{msm, ntt};
use crate::Failure;
use crate::points::{LinkKind, MemoryKind, Place, Point};

/// Idle read of an open row, see [`gristmill_sim::axi::DramConfig::ddr4_2400`].
const DDR4_NANOSECONDS: f64 = 73.0;

/// What is around a card, in its cycles.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// Bytes of a beat.
    pub beat_bytes: f64,
    /// Bytes a cycle from the host.
    pub read_rate: f64,
    /// Bytes a cycle to the host.
    pub write_rate: f64,
    /// Cycles from an address to the host's first beat.
    pub read_latency: f64,
    /// Cycles from the last beat to the host's response.
    pub write_latency: f64,
    /// Cycles from an address to card memory's first beat.
    pub memory_latency: f64,
    /// Card memory is DRAM, with rows to open.
    pub dram: bool,
}

/// An NTT engine.
pub struct NttModel {
    /// What it says of itself.
    pub engine: EngineCapability,
    /// Its buffers.
    pub config: NttConfig,
    /// Cycles in the pipeline of frames of each size.
    pub latencies: Vec<usize>,
}

/// A card on its board.
pub struct CardModel {
    /// The MSM engine.
    pub msm: Option<EngineCapability>,
    /// The NTT engine.
    pub ntt: Option<NttModel>,
    /// Cycles that a scalar and a point take from memory to the reducer.
    pub entry_latency: f64,
    /// The board.
    pub board: Board,
    /// The clock that times in seconds assume, in kHz.
    pub clock_kilohertz: u32,
}

impl CardModel {
    /// The card of this place.
    ///
    /// # Errors
    /// When it has no file in `hdl/cards`, or one that makes no sense.
    pub fn load(place: &Place) -> Result<Self, Failure> {
        let config = CardConfig::load(&place.card)?;
        let (engines, pipelines) = config.engines(Fill::Fast)?;
        let engine = |kind: EngineKind| engines.iter().find(|e| e.kind == kind as u32).copied();
        let clock = config.clock_kilohertz;
        let link = match place.link {
            LinkKind::Ideal => Link::ideal(),
            LinkKind::Gen3 => Link::pcie_gen3_x16(clock),
            LinkKind::Gen4 => Link::pcie_gen4_x16(clock),
        };
        let beat_bytes = (config.axi_width / 8) as f64;
        let latency =
            |range: &std::ops::RangeInclusive<u32>| f64::from(*range.start() + *range.end()) / 2.0;
        let board = Board {
            beat_bytes,
            read_rate: link.read_bytes_per_cycle.min(beat_bytes),
            write_rate: link.write_bytes_per_cycle.min(beat_bytes),
            read_latency: latency(&link.read_latency),
            write_latency: latency(&link.write_latency),
            memory_latency: match place.memory {
                MemoryKind::Flat => latency(&Link::ideal().read_latency),
                MemoryKind::Ddr4 => DDR4_NANOSECONDS * f64::from(clock) / 1e6,
            },
            dram: place.memory == MemoryKind::Ddr4,
        };
        let ntt = match engine(EngineKind::Ntt).zip(config.ntt) {
            None => None,
            Some((engine, config)) => Some(NttModel {
                latencies: config.latencies(Fill::Fast).ok_or("the field is unknown")?,
                engine,
                config,
            }),
        };
        let entries = pipelines.iter().filter(|p| p.module.ends_with("_entry"));
        Ok(Self {
            msm: engine(EngineKind::Msm),
            ntt,
            entry_latency: entries.map(|p| p.latency as f64).sum(),
            board,
            clock_kilohertz: clock,
        })
    }

    /// The terms of an MSM.
    ///
    /// # Errors
    /// When the card has no such engine, or the engine no such plan.
    pub fn msm(&self, point: &Point) -> Result<msm::Terms, Failure> {
        let engine = self.msm.as_ref().ok_or("the card has no MSM engine")?;
        msm::Terms::of(engine, self.entry_latency, &self.board, &point.work)
            .ok_or_else(|| format!("no plan for {point}").into())
    }

    /// The terms of a transform.
    ///
    /// # Errors
    /// When the card has no such engine.
    pub fn ntt(&self, point: &Point) -> Result<ntt::Terms, Failure> {
        let engine = self.ntt.as_ref().ok_or("the card has no NTT engine")?;
        ntt::Terms::of(engine, &self.board, &point.work)
            .ok_or_else(|| format!("no transform for {point}").into())
    }
}

/// Cards that are loaded once.
#[derive(Default)]
pub(super) struct Cards {
    known: HashMap<Place, CardModel>,
}

impl Cards {
    /// The card of this place.
    pub fn get(&mut self, place: &Place) -> Result<&CardModel, Failure> {
        if !self.known.contains_key(place) {
            self.known.insert(place.clone(), CardModel::load(place)?);
        }
        self.known
            .get(place)
            .ok_or_else(|| "the card was just loaded".into())
    }
}
