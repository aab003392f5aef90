//! What describes a card: one file, `hdl/cards/<name>.toml`, read by everything that builds or runs it.

use gristmill_datapath::curve;
use gristmill_protocol::{CurveId, register};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::card::config::REGION_INDEX_BITS;

/// A card.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// Its name: lower-case letters, digits and `_`. The top module is `gristmill_` and the name.
    pub name: String,
    /// The curve of its MSM engine.
    pub curve: Curve,
    /// Adders, a power of two.
    pub adders: usize,
    /// Data bits of both memory buses: 64 to 512, a power of two.
    pub axi_width: usize,
    /// Binary logarithm of the buckets of an adder.
    pub buckets_log2: u32,
    /// Most windows a pass over all adders.
    pub windows_per_pass: u32,
    /// Least window width in bits.
    pub window_min: u32,
    /// Largest window width in bits.
    pub window_max: u32,
    /// Binary logarithm of the largest number of pairs of a job.
    pub size_log2: u32,
    /// Queue pairs.
    pub queues: usize,
    /// Entries of the region table.
    pub regions: usize,
    /// Bytes of card memory.
    pub memory_bytes: u64,
    /// Bits of a host address.
    pub address_bits: u32,
    /// Beats of the largest burst.
    pub burst_beats: usize,
    /// Clock that the host's plans assume, in kHz. Nobody has measured that a board reaches it.
    pub clock_kilohertz: u32,
    /// What the modular multipliers are made of.
    pub fill: Fill,
}

/// A curve that a card can be built for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Curve {
    /// 211 points, for tests.
    Toy,
    /// BN254.
    Bn254,
    /// BLS12-381.
    #[serde(rename = "bls12-381")]
    Bls12381,
}

impl Curve {
    /// Its equation and fields.
    pub fn description(self) -> curve::Curve {
        match self {
            Curve::Toy => curve::toy(),
            Curve::Bn254 => curve::bn254(),
            Curve::Bls12381 => curve::bls12_381(),
        }
    }

    /// Its code in the capability table.
    pub fn id(self) -> CurveId {
        match self {
            Curve::Toy => CurveId::Toy,
            Curve::Bn254 => CurveId::Bn254G1,
            Curve::Bls12381 => CurveId::Bls12381G1,
        }
    }
}

/// What the modular multipliers are made of.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// Multiplier tiles of 26 x 17 bits: the RTL of record.
    #[default]
    Record,
    /// Multiplier tiles of 16 x 16 bits.
    Portable,
    /// For simulation: C++ functions with the same results in the same cycles.
    Fast,
}

impl From<Fill> for gristmill_datapath::Fill {
    fn from(fill: Fill) -> Self {
        match fill {
            Fill::Record => Self::Record,
            Fill::Portable => Self::Portable,
            Fill::Fast => Self::Fast,
        }
    }
}

/// Why a configuration is not accepted.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The text is not a configuration.
    #[error(transparent)]
    Parse(#[from] toml::de::Error),
    /// A value is outside of its limits.
    #[error("`{field}` is {value}: {rule}")]
    Limit {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: String,
    },
}

impl CardConfig {
    /// Reads a file and checks it.
    ///
    /// # Errors
    /// When the file cannot be read or is not a card.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.into(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a text and checks it.
    ///
    /// # Errors
    /// When the text is not a card.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Name of the top module.
    pub fn top(&self) -> String {
        format!("gristmill_{}", self.name)
    }

    /// First 32 bits of the checksum of the configuration; the card shows it.
    pub fn build(&self) -> u32 {
        let text = toml::to_string(self).unwrap_or_default();
        let digest = Sha256::digest(text);
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    /// Most windows a pass of one adder.
    pub fn windows_per_adder(&self) -> u32 {
        self.windows_per_pass / self.adders as u32
    }

    fn check(&self) -> Result<(), ConfigError> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        rule(
            "name",
            &self.name,
            !self.name.is_empty() && self.name.chars().all(word),
            || "it must consist of a-z, 0-9 and _".into(),
        )?;
        power_of_two("adders", self.adders, 1..=16)?;
        power_of_two("axi_width", self.axi_width, 64..=512)?;
        power_of_two("burst_beats", self.burst_beats, 1..=256)?;
        within("window_min", self.window_min, 2..=self.window_max)?;
        within("window_max", self.window_max, 2..=16)?;
        within("buckets_log2", self.buckets_log2, self.window_max - 1..=24)?;
        within("size_log2", self.size_log2, 1..=31)?;
        within("queues", self.queues, 1..=register::MAX_QUEUES as usize)?;
        within("regions", self.regions, 1..=1 << REGION_INDEX_BITS)?;
        within("address_bits", self.address_bits, 32..=63)?;
        rule(
            "burst_beats",
            self.burst_beats,
            self.burst_beats * self.axi_width <= 8 * 4096,
            || "a burst is at most 4096 bytes".into(),
        )?;
        rule(
            "memory_bytes",
            self.memory_bytes,
            self.memory_bytes.is_multiple_of(64),
            || "it must be a multiple of 64".into(),
        )?;
        let adders = self.adders as u32;
        rule(
            "windows_per_pass",
            self.windows_per_pass,
            self.windows_per_pass.is_multiple_of(adders)
                && (1..=32).contains(&self.windows_per_adder()),
            || format!("it must be 1 to 32 times the {adders} adders"),
        )
    }
}

fn rule(
    field: &'static str,
    value: impl ToString,
    holds: bool,
    rule: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    if holds {
        return Ok(());
    }
    Err(ConfigError::Limit {
        field,
        value: value.to_string(),
        rule: rule(),
    })
}

fn within<T: PartialOrd + ToString + Copy>(
    field: &'static str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    rule(field, value, range.contains(&value), || {
        let (least, most) = (range.start().to_string(), range.end().to_string());
        format!("it must be {least} to {most}")
    })
}

fn power_of_two(
    field: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
) -> Result<(), ConfigError> {
    within(field, value, range)?;
    rule(field, value, value.is_power_of_two(), || {
        "it must be a power of two".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOY: &str = include_str!("../cards/toy.toml");

    #[test]
    fn a_value_outside_of_its_limits_is_named() {
        let text = TOY.replace("adders = 1", "adders = 3");
        let error = CardConfig::parse(&text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`adders` is 3: it must be a power of two"
        );
        let text = TOY.replace("queues = 4", "queues = 17");
        assert!(matches!(
            CardConfig::parse(&text),
            Err(ConfigError::Limit {
                field: "queues",
                ..
            })
        ));
        assert!(matches!(
            CardConfig::parse(&format!("{TOY}\nlanes = 1\n")),
            Err(ConfigError::Parse(_))
        ));
    }

    #[test]
    fn the_build_tells_configurations_apart() {
        let one = CardConfig::parse(TOY).unwrap();
        let mut other = one.clone();
        other.regions = 32;
        assert_ne!(one.build(), other.build());
    }
}
