//! The simulated BN254 card with points on it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, PrimeField, Zero};
use gristmill::{CardGroup, CardProvider};
use gristmill_driver::{Bases, Card, MsmBases, MsmRequest, MsmResult, MsmScalars};
use gristmill_protocol::format::result_slot_bytes;
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::{SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory};

use crate::distribution::Distribution;

/// Wall time that a job may take in simulation.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Bytes of a coordinate.
const ELEMENT_BYTES: usize = <G1Projective as CardGroup>::ELEMENT_BYTES;

/// The card, with the points G, 2 G, 3 G … in its memory.
pub struct BenchCard {
    simulation: Arc<CardSimulation>,
    card: Arc<Card>,
    bases: Bases,
}

/// One multiplication by the card.
#[derive(Clone, Debug)]
pub struct Run {
    /// Pairs.
    pub count: usize,
    /// How the scalars are distributed.
    pub distribution: Distribution,
    /// What the card answered.
    pub result: MsmResult,
    /// Cycles that the simulation ran for it.
    pub simulated: u64,
    /// Wall time that the simulation took.
    pub wall: Duration,
}

/// The first `count` multiples of the generator.
pub fn points(count: usize) -> Vec<G1Affine> {
    let generator = G1Affine::generator();
    let multiples = std::iter::successors(Some(G1Projective::generator()), |sum| {
        Some(*sum + generator)
    });
    G1Projective::normalize_batch(&multiples.take(count).collect::<Vec<_>>())
}

impl BenchCard {
    /// Powers the card up and loads `count` points.
    pub fn start(count: usize) -> Result<Self, Box<dyn Error>> {
        let simulated = SimulatedCard {
            config: "bn254".into(),
            fill: SimulatedFill::Fast,
            link: SimulatedLink::Gen3,
            memory: SimulatedMemory::Flat,
        };
        let simulation = Arc::new(simulated.start()?);
        let card = Card::open(simulation.clone(), simulated.options())?;
        let mut bytes = Vec::with_capacity(2 * ELEMENT_BYTES * count);
        for point in points(count) {
            G1Projective::encode_point(&point, &mut bytes);
        }
        let bases = card.load_bases(bytes, 2 * ELEMENT_BYTES as u16, count)?;
        Ok(Self {
            simulation,
            card,
            bases,
        })
    }

    /// Multiplies the first `count` points with scalars that lie in DMA memory in canonical form.
    pub fn run(&self, count: usize, distribution: Distribution) -> Result<Run, Box<dyn Error>> {
        let scalars = distribution.scalars(count);
        let limbs = scalars.iter().map(|scalar| scalar.into_bigint().0);
        let mut dma = self.card.alloc::<[u64; 4]>(count)?;
        let target = dma.as_mut_slice().ok_or("the new vector is in use")?;
        target
            .iter_mut()
            .zip(limbs)
            .for_each(|(target, limbs)| *target = limbs);
        let request = MsmRequest {
            bases: MsmBases::Resident {
                bases: &self.bases,
                first: 0,
            },
            scalars: MsmScalars::Dma(&dma.as_dma()),
            montgomery: false,
            count,
            density: None,
            plan: None,
            patience: PATIENCE,
        };
        let (before, started) = (self.simulation.cycles(), Instant::now());
        let result = self.card.msm(&request)?;
        let (simulated, wall) = (self.simulation.cycles() - before, started.elapsed());
        // The points are multiples of the generator, and so is the sum.
        let factor: Fr = (1u64..).zip(&scalars).map(|(k, s)| Fr::from(k) * s).sum();
        if sum(&result.slots)? != G1Projective::generator() * factor {
            return Err(format!("the card's sum is wrong: {count} scalars, {distribution}").into());
        }
        Ok(Run {
            count,
            distribution,
            result,
            simulated,
            wall,
        })
    }
}

impl Run {
    /// Cycles of the job, from its descriptor to its completion.
    pub fn cycles(&self) -> f64 {
        self.result.completion.cycles as f64
    }

    /// A number for each pair.
    pub fn per_point(&self, total: f64) -> f64 {
        total / self.count as f64
    }

    /// Non-zero digits taken in a cycle of streaming.
    pub fn digits_per_cycle(&self) -> f64 {
        let statistics = &self.result.statistics;
        statistics.digits as f64 / statistics.stream_cycles as f64
    }
}

/// The sum of 2^i times slot i.
fn sum(slots: &[u8]) -> Result<G1Projective, Box<dyn Error>> {
    let mut sum = G1Projective::zero();
    for slot in slots.chunks_exact(result_slot_bytes(ELEMENT_BYTES)).rev() {
        let [x, y, z] = [0, 1, 2].map(|index| &slot[index * ELEMENT_BYTES..][..ELEMENT_BYTES]);
        sum.double_in_place();
        sum += G1Projective::decode_homogeneous(x, y, z).ok_or("a result is not on the curve")?;
    }
    Ok(sum)
}
