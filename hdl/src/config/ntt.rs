//! The NTT engine of a card.

use super::{ConfigError, field};
use crate::card::config::EngineConfig;
use crate::ntt::order::Geometry;
use crate::ntt::{EngineParameters, Parameters};
use gristmill_datapath::{Field, Fill, fields};
use gristmill_protocol::{EngineCapability, EngineKind, FieldId, Opcode};
use serde::{Deserialize, Serialize};

/// The table `[ntt]` of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NttConfig {
    /// The name of the field in the protocol.
    pub field: String,
    /// Elements a cycle: as many as fill a beat of the buses, or half as many, so that memory is ahead of the pipeline.
    pub lanes: usize,
    /// Binary logarithm of the largest transform of one pass.
    pub pass_log2: usize,
    /// Binary logarithm of the largest transform, with its extension.
    pub size_log2: usize,
    /// Binary logarithm of the elements of the largest tile; each of the two buffers holds two of them.
    pub tile_log2: usize,
    /// Binary logarithm of the columns of a tile.
    pub columns_log2: usize,
    /// Binary logarithm of the beats of a burst from each half of a transform in turn.
    pub split_log2: usize,
    /// Jobs that the engine has at a time.
    pub jobs: usize,
}

impl NttConfig {
    /// The field's description and its number in the protocol.
    pub fn field(&self) -> Option<(Field, FieldId)> {
        let id = FieldId::ALL
            .into_iter()
            .find(|id| id.name() == self.field)?;
        let field = match id {
            FieldId::Toy => fields::toy_ntt(),
            FieldId::Bn254Fr => fields::bn254_fr(),
            FieldId::Bls12381Fr => fields::bls12_381_fr(),
            FieldId::Goldilocks => fields::goldilocks(),
            FieldId::BabyBear => fields::baby_bear(),
            FieldId::KoalaBear => fields::koala_bear(),
        };
        Some((field, id))
    }

    pub(super) fn check(&self, axi_width: usize) -> Result<(), ConfigError> {
        let names: Vec<&str> = FieldId::ALL.iter().map(|id| id.name()).collect();
        let Some((description, _)) = self.field() else {
            return field("field", false, &format!("one of {}", names.join(", ")));
        };
        field(
            "lanes",
            self.lanes.is_power_of_two()
                && self.lanes >= 2
                && [1, 2]
                    .map(|part| part * self.lanes * description.word_bits())
                    .contains(&axi_width)
                && axi_width >= 128,
            "the elements of a beat, which has 128 bits or more, or half as many",
        )?;
        let parameters = self.parameters(axi_width, Fill::Record);
        match parameters.map(|parameters| parameters.check()) {
            Some(Err(rule)) => field("ntt", false, &rule),
            _ => Ok(()),
        }
    }

    fn parameters(&self, axi_width: usize, fill: Fill) -> Option<EngineParameters> {
        let (field, id) = self.field()?;
        let lanes_log2 = (axi_width / field.word_bits()).checked_ilog2()? as usize;
        let geometry = Geometry {
            lanes_log2,
            pass_log2: self.pass_log2,
            tile_log2: self.tile_log2,
            columns_log2: self.columns_log2,
            split_log2: self.split_log2,
        };
        let entries = self.size_log2.div_ceil(2).max(lanes_log2);
        let pipeline = Parameters {
            lanes: self.lanes,
            pass_log2: self.pass_log2,
            // a table is at least a block
            table_log2: entries.max((64 / field.element_bytes).trailing_zeros() as usize),
            fill,
            field,
        };
        Some(EngineParameters {
            pipeline,
            field: id,
            geometry,
            size_log2: self.size_log2,
            jobs: self.jobs,
        })
    }

    /// Cycles that a frame of each size from 1 element on takes in the pipeline, see [`Parameters::latency`]. Builds the
    /// arithmetic.
    pub fn latencies(&self, fill: Fill) -> Option<Vec<usize>> {
        let bits = self.lanes * self.field()?.0.word_bits();
        Some(self.parameters(bits, fill)?.pipeline.summary().latency)
    }

    /// What the engine is built with, and what the core is told.
    pub(super) fn engine(
        &self,
        axi_width: usize,
        fill: Fill,
    ) -> Result<(EngineParameters, EngineConfig), ConfigError> {
        let Some(parameters) = self.parameters(axi_width, fill) else {
            return Err(ConfigError::Field {
                field: "field",
                why: "unknown".into(),
            });
        };
        let pipeline = &parameters.pipeline;
        let engine = EngineConfig {
            capability: EngineCapability {
                kind: EngineKind::Ntt as u32,
                group: parameters.field as u32,
                size_log2: self.size_log2 as u32,
                lanes: self.lanes as u32,
                element_bytes: pipeline.field.element_bytes as u16,
                latency: pipeline.latency(self.pass_log2) as u32,
                pass_log2: self.pass_log2 as u32,
                job_slots: self.jobs as u32,
                ..EngineCapability::default()
            },
            opcodes: vec![Opcode::Ntt],
            slots: self.jobs,
        };
        Ok((parameters, engine))
    }
}
