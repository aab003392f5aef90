//! Groth16 as a whole: what the CPU still does, what the card does, and what bounds both.
//!
//! A proof is: synthesis, matrices times assignment, transforms, four sums in G1, one in G2. The card does the transforms, the
//! products between them and the sums in G1, with its vectors in card memory: up go three vectors and the assignment, down come
//! the sums. The sum in G2 runs on the CPU at the same time:
//!
//! T = synthesis + rows + max(G2, card), card = cycles / clock + bytes copied / link rate.
//!
//! Amdahl's ceiling is T for a card that takes no time. Beyond the measured sizes the CPU's parts are extrapolated from the largest
//! one: synthesis and rows by n, transforms by n log n, sums by n / log n.

use std::collections::HashMap;

use super::{CardModel, Fit};
use crate::Failure;
use crate::distribution::Distribution;
use crate::points::{Place, Point, Work};
use crate::prover::{CARD, CardPart, Part, ProofRun};

/// A proof of one size with the card.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Binary logarithm of the domain.
    pub log2: u32,
    /// Seconds of each part on the CPU, measured or extrapolated.
    pub cpu: Vec<(Part, f64)>,
    /// Seconds of each part on the card at the assumed clock, the link included, simulated or by the model.
    pub card: Vec<(Part, f64)>,
    /// The card's parts are the model's, and the CPU's are extrapolated.
    pub modelled: bool,
}

impl Proof {
    fn cpu_of(&self, parts: impl Fn(Part) -> bool) -> f64 {
        self.cpu
            .iter()
            .filter(|(part, _)| parts(*part))
            .map(|(_, seconds)| seconds)
            .sum()
    }

    /// Seconds on the CPU alone.
    pub fn on_cpu(&self) -> f64 {
        self.cpu_of(|_| true)
    }

    /// Seconds of the card.
    pub fn of_card(&self) -> f64 {
        self.card.iter().map(|(_, seconds)| seconds).sum()
    }

    /// Seconds with the card: the sum in G2 runs beside it.
    pub fn with_card(&self) -> f64 {
        let before = self.cpu_of(|part| matches!(part, Part::Synthesis | Part::Rows));
        before + self.of_card().max(self.cpu_of(|part| part == Part::G2))
    }

    /// How many times as fast a card could make it that takes no time.
    pub fn ceiling(&self) -> f64 {
        self.on_cpu() / self.cpu_of(|part| !part.is_offloaded())
    }

    /// The proof that was measured, with the simulated card's cycles.
    ///
    /// # Errors
    /// When the card has no file.
    pub fn measured(run: &ProofRun) -> Result<Self, Failure> {
        let place = Place::usual(CARD);
        let card = CardModel::load(&place)?;
        let seconds =
            |part: &CardPart| seconds(&card, part.part, part.cycles as f64, part.link_bytes as f64);
        Ok(Self {
            log2: run.log2,
            cpu: run.cpu.iter().map(|cpu| (cpu.part, cpu.median)).collect(),
            card: run
                .card
                .iter()
                .map(|part| (part.part, seconds(part)))
                .collect(),
            modelled: false,
        })
    }

    /// The proof of a domain of 2^`log2` whose assignment is like that of `run`, by the model.
    ///
    /// # Errors
    /// When the card has no file, or is too small.
    pub fn modelled(run: &ProofRun, log2: u32, fit: &Fit) -> Result<Self, Failure> {
        let place = Place::usual(CARD);
        let card = CardModel::load(&place)?;
        let by = |log2: u32, part: Part| {
            let n = 2f64.powi(log2 as i32);
            match part {
                Part::Synthesis | Part::Rows => n,
                Part::Transforms | Part::Back => n * f64::from(log2),
                _ => n / f64::from(log2),
            }
        };
        let cpu = run.cpu.iter().map(|cpu| {
            let factor = by(log2, cpu.part) / by(run.log2, cpu.part);
            (cpu.part, cpu.median * factor)
        });
        let parts = predicted(run, log2, fit)?;
        let seconds =
            |(part, cycles, bytes): (Part, f64, f64)| (part, seconds(&card, part, cycles, bytes));
        Ok(Self {
            log2,
            cpu: cpu.collect(),
            card: parts.into_iter().map(seconds).collect(),
            modelled: true,
        })
    }
}

/// Seconds of a part on the card. What comes from the host is copied before its job: three vectors, and the assignment
/// before the first sum over it.
fn seconds(card: &CardModel, part: Part, cycles: f64, bytes: f64) -> f64 {
    let hertz = 1e3 * f64::from(card.clock_kilohertz);
    let copied = match part {
        Part::Transforms | Part::B => bytes / card.board.read_rate,
        _ => 0.0,
    };
    (cycles + copied) / hertz
}

/// The model's cycles, and bytes over the link, of each part on the card.
///
/// # Errors
/// When the card has no file, or is too small.
pub fn predicted(run: &ProofRun, log2: u32, fit: &Fit) -> Result<Vec<(Part, f64, f64)>, Failure> {
    let place = Place::usual(CARD);
    let card = CardModel::load(&place)?;
    let scale = 2f64.powi(log2 as i32 - run.log2 as i32);
    let percent = |fraction: f64| (100.0 * fraction).round() as u8;
    let assignment = Distribution::Mixed {
        zeros: percent(run.zeros),
        ones: percent(run.ones),
    };
    let mut cycles: HashMap<Point, f64> = HashMap::new();
    let mut of = |point: Point| -> Result<f64, Failure> {
        if let Some(known) = cycles.get(&point) {
            return Ok(*known);
        }
        let found = fit.cycles(&point)?;
        cycles.insert(point, found);
        Ok(found)
    };
    let transform = |batch: usize, inverse: bool| Point {
        place: place.clone(),
        work: Work::Ntt {
            log2,
            batch,
            inverse,
            reversed: false,
        },
    };
    let sum = |count: usize, scalars| Point::msm(place.clone(), count, scalars);
    let vector = 32.0 * 2f64.powi(log2 as i32);
    let mut parts = Vec::new();
    for part in &run.card {
        let elements = (part.elements as f64 * scale) as usize;
        parts.push(match part.part {
            // to coefficients, and to the values on the coset
            Part::Transforms => (
                Part::Transforms,
                of(transform(3, true))? + of(transform(3, false))?,
                3.0 * vector,
            ),
            // three vectors are read, one is written, a beat a cycle each way
            Part::Products => (Part::Products, 3.0 * vector / card.board.beat_bytes, 0.0),
            Part::Back => (Part::Back, of(transform(1, true))?, 0.0),
            Part::H => (Part::H, of(sum(elements, Distribution::Uniform))?, 0.0),
            Part::B => (
                Part::B,
                of(sum(elements, assignment))?,
                32.0 * elements as f64,
            ),
            other => (other, of(sum(elements, assignment))?, 0.0),
        });
    }
    Ok(parts)
}
