//! The cards of `hdl/cards`, simulated in this process.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use gristmill::remote::simulated_options;
use gristmill::{CardChoice, CardProvider, Error};
use gristmill_driver::{CardOptions, Transport};
use gristmill_hdl::config::{CardConfig, CardDesign, ConfigError};
use gristmill_hdl::datapath::Fill;
use thiserror::Error as ThisError;

use crate::axi::{DramConfig, Link};
use crate::card::{BoardError, BoardOptions, CardSimulation};
use crate::verilator::{BuildError, Design, ModelLibrary};

/// Wall time that a job may take: a simulated card is slower than a card by a thousand.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Which fill of the modular multipliers is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SimulatedFill {
    /// A DPI-C function for each reduced sum of products, in the cycles of the RTL.
    #[default]
    Fast,
    /// The RTL of record, tile by tile.
    Rtl,
    /// The RTL with 16-bit multipliers.
    Portable,
}

impl SimulatedFill {
    /// The datapath's name of it.
    pub fn fill(self) -> Fill {
        match self {
            Self::Fast => Fill::Fast,
            Self::Rtl => Fill::Record,
            Self::Portable => Fill::Portable,
        }
    }

    /// What a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast (DPI-C at each reduced sum of products)",
            Self::Rtl => "rtl (of record)",
            Self::Portable => "portable (16-bit multipliers)",
        }
    }
}

/// The link between the card and host memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SimulatedLink {
    /// No limits.
    Ideal,
    /// PCIe Gen3 x16.
    #[default]
    Gen3,
    /// PCIe Gen4 x16.
    Gen4,
    /// As unkind as AXI allows.
    Hostile,
}

/// Card memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SimulatedMemory {
    /// A beat a cycle both ways; with `--link hostile` as unkind as AXI allows.
    #[default]
    Flat,
    /// Four interleaved channels of DDR4-2400.
    Ddr4,
    /// One channel of DDR4-2400.
    Ddr4Single,
    /// Two stacks of HBM2.
    Hbm,
}

impl SimulatedMemory {
    /// The time that it takes, seen from a clock of `kilohertz`.
    pub fn dram(self, kilohertz: u32) -> Option<DramConfig> {
        match self {
            Self::Flat => None,
            Self::Ddr4 => Some(DramConfig::ddr4_2400(kilohertz)),
            Self::Ddr4Single => Some(DramConfig::ddr4_2400(kilohertz).with_channels(1)),
            Self::Hbm => Some(DramConfig::hbm2(kilohertz)),
        }
    }
}

/// A card to simulate.
#[derive(Args, Clone, Debug)]
pub struct SimulatedCard {
    /// The card: a name in hdl/cards, or a file.
    #[arg(long, default_value = "bn254")]
    pub config: String,
    /// How its modular multipliers are simulated.
    #[arg(long, value_enum, default_value_t)]
    pub fill: SimulatedFill,
    /// The link to host memory.
    #[arg(long, value_enum, default_value_t)]
    pub link: SimulatedLink,
    /// Card memory.
    #[arg(long, value_enum, default_value_t)]
    pub memory: SimulatedMemory,
}

/// Why a card cannot be simulated.
#[derive(Debug, ThisError)]
pub enum SimulateError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its model.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Its board.
    #[error(transparent)]
    Board(#[from] BoardError),
}

impl SimulatedCard {
    /// The arguments of `gristmill-sim` that name this card.
    pub fn arguments(&self) -> Vec<String> {
        vec![
            format!("--config={}", self.config),
            format!("--fill={}", argument(&self.fill)),
            format!("--link={}", argument(&self.link)),
            format!("--memory={}", argument(&self.memory)),
        ]
    }

    /// The card's configuration.
    pub fn load(&self) -> Result<CardConfig, SimulateError> {
        Ok(CardConfig::load(&self.config)?)
    }

    /// Builds the card's model, or finds it in the cache.
    pub fn library(&self) -> Result<ModelLibrary, SimulateError> {
        Ok(ModelLibrary::build(&design(
            &self.load()?.design(self.fill.fill())?,
        ))?)
    }

    /// The board around the card.
    pub fn board(&self) -> Result<BoardOptions, SimulateError> {
        let config = self.load()?;
        let clock = config.clock_kilohertz;
        let options = match self.link {
            SimulatedLink::Ideal => BoardOptions::default(),
            SimulatedLink::Gen3 => BoardOptions {
                host_link: Link::pcie_gen3_x16(clock),
                ..BoardOptions::default()
            },
            SimulatedLink::Gen4 => BoardOptions {
                host_link: Link::pcie_gen4_x16(clock),
                ..BoardOptions::default()
            },
            SimulatedLink::Hostile => BoardOptions::hostile(1),
        };
        let dram = self.memory.dram(clock);
        let memory_link = match dram {
            Some(dram) if self.link != SimulatedLink::Hostile => dram.link(),
            _ => options.memory_link.clone(),
        };
        Ok(BoardOptions {
            memory_link,
            dram,
            memory_bytes: config.memory_bytes,
            ..options
        })
    }

    /// Powers the card up.
    pub fn start(&self) -> Result<CardSimulation, SimulateError> {
        Ok(CardSimulation::start(
            &self.config,
            &self.library()?,
            &self.board()?,
            48,
        )?)
    }
}

/// How a value is written on the command line.
fn argument(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().into())
}

/// A card's Verilog as a design for the simulator.
pub fn design(card: &CardDesign) -> Design {
    let design = Design::new(&card.config.name, card.verilog.text());
    let functions = card.functions.iter();
    functions.fold(design, |design, functions| design.with_function(functions))
}

impl CardProvider for SimulatedCard {
    fn choice(&self) -> CardChoice {
        CardChoice::Sim
    }

    fn summary(&self) -> String {
        format!(
            "simulated {}, multipliers {}",
            self.config,
            self.fill.name()
        )
    }

    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(self.start().map_err(Error::card)?))
    }

    fn options(&self) -> CardOptions {
        simulated_options()
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}
