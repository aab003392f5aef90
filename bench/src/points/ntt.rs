//! Number-theoretic transforms on a simulated card.

use std::sync::Arc;
use std::time::Instant;

use gristmill::CardProvider;
use gristmill_conformance::field::Field;
use gristmill_driver::{Card, NttDirection, NttInput, NttOrder, NttRequest, NttShape};
use gristmill_protocol::{EngineKind, FieldId};
use gristmill_sim::card::CardSimulation;
use gristmill_sim::verilator::ModelLibrary;
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Measurement, NttMeasurement, PATIENCE, Place, Point, Work};
use crate::Failure;

/// Bits of the card's addresses of host memory.
const ADDRESS_BITS: u32 = 48;

/// A card with an NTT engine.
pub struct NttBench {
    place: Place,
    simulation: Arc<CardSimulation>,
    card: Arc<Card>,
    field: Field,
}

impl NttBench {
    /// Powers the card of this model up.
    ///
    /// # Errors
    /// When the card cannot be simulated, or has no NTT engine.
    pub fn start(place: &Place, library: &ModelLibrary) -> Result<Self, Failure> {
        let simulated = place.simulated();
        let board = simulated.board()?;
        let simulation = CardSimulation::start(&place.card, library, &board, ADDRESS_BITS)?;
        let simulation = Arc::new(simulation);
        let card = Card::open(simulation.clone(), simulated.options())?;
        let group = card.engine(EngineKind::Ntt)?.group;
        let field = FieldId::from_code(group).ok_or("the card's field has no name")?;
        Ok(Self {
            place: place.clone(),
            simulation,
            card,
            field: Field::of(field),
        })
    }

    /// Measures a point of this card, and checks its first transform.
    ///
    /// # Errors
    /// When the job fails or its result is wrong; also when the point is no transform, or more than one job.
    pub fn measure(&self, point: &Point) -> Result<Measurement, Failure> {
        let Work::Ntt {
            log2,
            batch,
            inverse,
            reversed,
        } = point.work
        else {
            return Err("the point is no transform".into());
        };
        let size = 1usize << log2;
        let mut random = StdRng::seed_from_u64(20_261_122);
        let x: Vec<BigUint> = (0..size)
            .map(|_| random.gen_biguint_below(&self.field.modulus))
            .collect();
        let bytes: Vec<u8> = x.iter().flat_map(|x| self.field.encode(x)).collect();
        let input = bytes.repeat(batch);
        let mut output = vec![0; input.len()];
        let request = NttRequest {
            shape: NttShape {
                field: self.field.id,
                size_log2: log2,
                extension_log2: None,
                batch,
                columns: false,
            },
            direction: match inverse {
                true => NttDirection::Inverse,
                false => NttDirection::Forward,
            },
            input_order: NttOrder::Natural,
            output_order: match reversed {
                true => NttOrder::BitReversed,
                false => NttOrder::Natural,
            },
            offset: None,
            input: NttInput::Bytes(&input),
            patience: PATIENCE,
        };
        let (before, started) = (self.simulation.cycles(), Instant::now());
        let usage = self.card.ntt(&request, &mut output)?;
        let (simulated, wall) = (self.simulation.cycles() - before, started.elapsed());
        let expected = self.field.transform(&x, inverse, &1u32.into());
        let width = self.field.element_bytes;
        let right = expected.iter().enumerate().all(|(k, expected)| {
            let at = match (reversed, log2) {
                (true, 1..) => k.reverse_bits() >> (usize::BITS - log2),
                _ => k,
            };
            output[at * width..][..width] == self.field.encode(expected)
        });
        if !right {
            return Err(format!("the card's values are wrong: {point}").into());
        }
        let [(done, statistics)] = &usage.jobs[..] else {
            return Err(format!("{point} is {} jobs", usage.jobs.len()).into());
        };
        let passes = statistics.passes.iter().filter(|pass| pass.beats > 0);
        Ok(Measurement {
            point: Point {
                place: self.place.clone(),
                work: point.work,
            },
            cycles: done.cycles,
            busy: done.busy,
            link_bytes: done.link_bytes + usage.copied_bytes,
            stall_input: done.stall_input.into(),
            stall_memory: done.stall_memory.into(),
            stall_collision: done.stall_collision.into(),
            stall_output: done.stall_output.into(),
            drain: done.drain.into(),
            msm: None,
            ntt: Some(NttMeasurement {
                passes: passes
                    .map(|pass| (pass.feed_cycles.into(), pass.beats.into()))
                    .collect(),
                memory_bytes: statistics.read_bytes + statistics.written_bytes,
            }),
            simulated,
            wall: wall.as_secs_f64(),
        })
    }
}
