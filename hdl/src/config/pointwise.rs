//! The engine of element-wise arithmetic of a card.

use super::{ConfigError, NttConfig, field};
use crate::card::config::EngineConfig;
use crate::pointwise::Parameters;
use gristmill_datapath::Fill;
use gristmill_protocol::{EngineCapability, EngineKind, Opcode};
use serde::{Deserialize, Serialize};

/// The table `[pointwise]` of a card; its field and its lanes are those of the table `[ntt]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointwiseConfig {
    /// Binary logarithm of the most elements of a vector.
    pub size_log2: usize,
}

impl PointwiseConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        field("size_log2", (1..=31).contains(&self.size_log2), "1 to 31")
    }

    /// What the engine is built with, and what the core is told.
    pub(super) fn engine(
        &self,
        ntt: &NttConfig,
        fill: Fill,
    ) -> Result<(Parameters, EngineConfig), ConfigError> {
        let Some((description, id)) = ntt.field() else {
            return Err(ConfigError::Field {
                field: "field",
                why: "unknown".into(),
            });
        };
        let parameters = Parameters {
            field: description,
            lanes: ntt.lanes,
            size_log2: self.size_log2,
            fill,
        };
        let engine = EngineConfig {
            capability: EngineCapability {
                kind: EngineKind::Pointwise as u32,
                group: id as u32,
                size_log2: self.size_log2 as u32,
                lanes: ntt.lanes as u32,
                element_bytes: parameters.field.element_bytes as u16,
                latency: parameters.latency() as u32,
                job_slots: 1,
                ..EngineCapability::default()
            },
            opcodes: vec![Opcode::MultiplySubtract],
            slots: 1,
        };
        Ok((parameters, engine))
    }
}
