//! Multi-scalar multiplications on a simulated card.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ark_ec::CurveGroup;
use ark_ff::{BigInteger, PrimeField};
use gristmill::{CardGroup, CardProvider};
use gristmill_conformance::curve::{Curve, Point as SlowPoint};
use gristmill_driver::{Bases, Card, Density, MsmBases, MsmRequest, MsmResult, MsmScalars, Plan};
use gristmill_protocol::format::{result_slot_bytes, windows};
use gristmill_protocol::{CurveId, EngineCapability, EngineKind};
use gristmill_sim::card::CardSimulation;
use rand::Rng;

use super::{Measurement, MsmMeasurement, PATIENCE, Place, Point, Work};
use crate::Failure;
use crate::distribution::Distribution;

/// A card with the points G, 2 G, 3 G ... in its memory.
pub struct MsmBench {
    place: Place,
    simulation: Arc<CardSimulation>,
    card: Arc<Card>,
    bases: Bases,
    engine: EngineCapability,
    curve: CurveId,
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
pub fn multiples<G: CurveGroup>(count: usize) -> Vec<G::Affine> {
    let generator = G::generator();
    let multiples = std::iter::successors(Some(generator), |sum| Some(*sum + generator));
    G::normalize_batch(&multiples.take(count).collect::<Vec<_>>())
}

/// Whether slots of a window width sum to what they should; `None` when one is no point of the curve.
type Verdict = Box<dyn Fn(&[u8], usize) -> Option<bool>>;

/// Scalars in memory, and the sum of k times scalar k modulo the order, k from 1.
struct Scalars<T> {
    bytes: Vec<u8>,
    factor: T,
}

fn of_group<G: CardGroup>(count: usize, distribution: Distribution) -> Scalars<G::ScalarField> {
    let scalars: Vec<G::ScalarField> = distribution.scalars(count);
    let bytes = scalars
        .iter()
        .flat_map(|scalar| scalar.into_bigint().to_bytes_le())
        .collect();
    let terms = (1u64..)
        .zip(&scalars)
        .map(|(k, s)| G::ScalarField::from(k) * s);
    Scalars {
        bytes,
        factor: terms.sum(),
    }
}

/// The order of the toy curve.
const TOY_ORDER: u64 = 211;

/// Scalars of the toy curve.
pub(crate) fn toy_scalars(count: usize, distribution: Distribution) -> Vec<u64> {
    distribution.values(count, |random| random.gen_range(0..TOY_ORDER), u64::from)
}

fn of_toy(count: usize, distribution: Distribution) -> Scalars<u64> {
    let scalars = toy_scalars(count, distribution);
    let terms = (1u64..)
        .zip(&scalars)
        .map(|(k, s)| k % TOY_ORDER * s % TOY_ORDER);
    Scalars {
        bytes: scalars.iter().flat_map(|s| s.to_le_bytes()).collect(),
        factor: terms.sum::<u64>() % TOY_ORDER,
    }
}

fn encoded<G: CardGroup>(count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * G::ELEMENT_BYTES * count);
    for point in multiples::<G>(count) {
        G::encode_point(&point, &mut bytes);
    }
    bytes
}

fn encoded_toy(count: usize) -> Vec<u8> {
    let curve = Curve::of(CurveId::Toy);
    let generator = curve.generator();
    let next = |sum: &SlowPoint| Some(curve.add(sum, &generator));
    let multiples: Vec<Vec<u8>> = std::iter::successors(Some(generator.clone()), next)
        .take(TOY_ORDER as usize)
        .map(|point| curve.encode_point(&point))
        .collect();
    multiples
        .iter()
        .cycle()
        .take(count)
        .flatten()
        .copied()
        .collect()
}

impl MsmBench {
    /// Powers the card up and loads `count` points.
    ///
    /// # Errors
    /// When the card cannot be simulated, has no MSM engine, or does not take the points.
    pub fn start(place: &Place, count: usize) -> Result<Self, Failure> {
        let simulated = place.simulated();
        let simulation = Arc::new(simulated.start()?);
        let card = Card::open(simulation.clone(), simulated.options())?;
        let engine = *card.engine(EngineKind::Msm)?;
        let curve = CurveId::from_code(engine.group).ok_or("the card's curve has no name")?;
        let bytes = match curve {
            CurveId::Toy => encoded_toy(count),
            CurveId::Bn254G1 => encoded::<ark_bn254::G1Projective>(count),
            CurveId::Bls12381G1 => encoded::<ark_bls12_381::G1Projective>(count),
        };
        let bases = card.load_bases(bytes, 2 * engine.element_bytes, count)?;
        Ok(Self {
            place: place.clone(),
            simulation,
            card,
            bases,
            engine,
            curve,
        })
    }

    /// Multiplies the first `count` points with scalars that lie in DMA memory in canonical form, with these c and K
    /// or those of the driver's choice, and checks the sum.
    ///
    /// # Errors
    /// When the job fails, or the sum is wrong.
    pub fn run(
        &self,
        count: usize,
        distribution: Distribution,
        plan: Option<(u8, u8)>,
    ) -> Result<Run, Failure> {
        let right: Verdict;
        let bytes = match self.curve {
            CurveId::Toy => {
                let scalars = of_toy(count, distribution);
                let factor = scalars.factor.into();
                right = Box::new(move |slots, window| {
                    let curve = Curve::of(CurveId::Toy);
                    let expected = curve.multiply(&factor, &curve.generator());
                    Some(curve.equal(&curve.sum_of_slots(slots, window)?, &expected))
                });
                scalars.bytes
            }
            CurveId::Bn254G1 => {
                let scalars = of_group::<ark_bn254::G1Projective>(count, distribution);
                right = is_right::<ark_bn254::G1Projective>(scalars.factor);
                scalars.bytes
            }
            CurveId::Bls12381G1 => {
                let scalars = of_group::<ark_bls12_381::G1Projective>(count, distribution);
                right = is_right::<ark_bls12_381::G1Projective>(scalars.factor);
                scalars.bytes
            }
        };
        let mut dma = self.card.alloc::<u8>(bytes.len())?;
        let target = dma.as_mut_slice().ok_or("the new vector is in use")?;
        target.copy_from_slice(&bytes);
        let request = MsmRequest {
            bases: MsmBases::Resident {
                bases: &self.bases,
                first: 0,
            },
            scalars: MsmScalars::Dma(&dma.as_dma()),
            montgomery: false,
            count,
            density: None,
            plan: plan.map(|plan| self.plan(count, plan)).transpose()?,
            patience: PATIENCE,
        };
        let (before, started) = (self.simulation.cycles(), Instant::now());
        let result = self.card.msm(&request)?;
        let (simulated, wall) = (self.simulation.cycles() - before, started.elapsed());
        if right(&result.slots, result.window as usize) != Some(true) {
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

    fn plan(&self, count: usize, (window, windows_per_pass): (u8, u8)) -> Result<Plan, Failure> {
        let plan = Plan::with_window(&self.engine, window, count, Density::UNIFORM);
        let plan = plan.ok_or("the engine does not have this window width")?;
        let all = windows(self.engine.scalar_bits, window.into());
        let passes = all.div_ceil(windows_per_pass.into());
        Ok(Plan {
            window,
            windows_per_pass,
            windows: all,
            passes,
            cycles: 2 * plan.cycles * u64::from(passes),
        })
    }

    /// Measures a point of this card.
    ///
    /// # Errors
    /// As [`Self::run`]; also when the point is no MSM.
    pub fn measure(&self, point: &Point) -> Result<Measurement, Failure> {
        let Work::Msm {
            count,
            scalars,
            plan,
        } = point.work
        else {
            return Err("the point is no MSM".into());
        };
        let run = self.run(count, scalars, plan)?;
        let (done, statistics) = (&run.result.completion, &run.result.statistics);
        let windows_per_pass = match statistics.passes {
            0 => 0,
            passes => u64::from(run.result.windows) / passes,
        };
        Ok(Measurement {
            point: Point {
                place: self.place.clone(),
                work: point.work,
            },
            cycles: done.cycles,
            busy: done.busy,
            link_bytes: done.link_bytes,
            stall_input: done.stall_input.into(),
            stall_memory: done.stall_memory.into(),
            stall_collision: done.stall_collision.into(),
            stall_output: done.stall_output.into(),
            drain: done.drain.into(),
            msm: Some(MsmMeasurement {
                window: run.result.window,
                windows_per_pass: windows_per_pass as u32,
                passes: statistics.passes,
                stream: statistics.stream_cycles,
                sweep: statistics.sweep_cycles,
                digits: statistics.digits,
                records: statistics.records,
            }),
            ntt: None,
            simulated: run.simulated,
            wall: run.wall.as_secs_f64(),
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

/// Whether slots sum to `factor` times the generator.
fn is_right<G: CardGroup>(factor: G::ScalarField) -> Verdict {
    Box::new(move |slots, _| Some(sum::<G>(slots)? == G::generator() * factor))
}

/// The sum of 2^i times slot i; `None` when a slot is no point of the curve.
fn sum<G: CardGroup>(slots: &[u8]) -> Option<G> {
    let bytes = G::ELEMENT_BYTES;
    let mut sum = G::zero();
    for slot in slots.chunks_exact(result_slot_bytes(bytes)).rev() {
        let [x, y, z] = [0, 1, 2].map(|index| &slot[index * bytes..][..bytes]);
        sum.double_in_place();
        sum += G::decode_homogeneous(x, y, z)?;
    }
    Some(sum)
}
