//! Cycles of a multi-scalar multiplication.
//!
//! With n pairs, windows of c bits, L adders of latency λ, k = K / L windows of each adder in a pass:
//!
//! * **stream**, in each pass: the recoder spends a cycle on each window of a scalar that is in the pass, and a scalar is
//!   not taken faster than memory and link bring it and its point: max(Σ steps, n · max(1, bytes / rate)). Later
//!   passes take only the scalars that have further digits, from records in card memory. Writing a record takes its beats,
//!   and each run of 32 of them 25 cycles more.
//! * **drain**: what is on its way in the adder comes together bucket by bucket. The fullest bucket has about λ h of it, h its
//!   share of the digits: λ (1 + log2(1 + λ h)).
//! * **sweep**: level l of c - 1 has 2^(c-2-l) pairs of buckets a window, two cycles each: k' (2^c - 2) in all, k' the
//!   windows that have a digit; and each level ends when its last sum has come through the adder: λ.
//! * **results**: K c slots to the host, at a beat a cycle or the link's rate.
//!
//! What is fitted: cycles a job, a level, and a window of a level (the end of one window's reading overlaps the next's).

use gristmill_driver::{Density, Plan, RUN_CYCLES, RUN_RECORDS};
use gristmill_protocol::{CurveId, EngineCapability, format};

use super::card::Board;
use super::least_squares::solve;
use super::scalars::Magnitudes;
use crate::distribution::Distribution;
use crate::points::Work;

/// Fitted constants.
const UNKNOWNS: usize = 3;
/// What the structure says of a job.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Cycles that need no constant.
    pub known: f64,
    /// What the constants are multiplied with.
    pub factors: [f64; UNKNOWNS],
    /// The parts of `known`.
    pub parts: Parts,
}

/// Where the cycles go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// Latencies of link, memory and pipelines at the beginning of passes.
    pub start: f64,
    /// Streaming digits.
    pub stream: f64,
    /// Emptying the adder.
    pub drain: f64,
    /// Folding the buckets.
    pub sweep: f64,
    /// Writing the results.
    pub results: f64,
}

/// The fitted constants, in cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// A job.
    pub job: f64,
    /// A level of a sweep.
    pub level: f64,
    /// A window of a level.
    pub window: f64,
}

impl Terms {
    /// The terms of a job on this engine; `None` when it is no MSM, or the engine has no such plan. `entry_latency` is that
    /// of the pipelines which scalars and points come through.
    pub fn of(
        engine: &EngineCapability,
        entry_latency: f64,
        board: &Board,
        work: &Work,
    ) -> Option<Self> {
        let Work::Msm {
            count,
            scalars,
            plan,
        } = *work
        else {
            return None;
        };
        let curve = CurveId::from_code(engine.group)?;
        let (window, per_pass) = match plan {
            Some(plan) => plan,
            None => driver_plan(engine, count, scalars)?,
        };
        let (c, lanes) = (u32::from(window), engine.adders.max(1));
        let windows = u32::from(per_pass) / lanes;
        let loads = Magnitudes::of(curve, scalars, count).passes(count, c, lanes, windows);
        let (n, latency) = (count as f64, f64::from(engine.latency));
        let element = f64::from(engine.element_bytes);
        let scalar = f64::from(engine.scalar_bytes);
        let record = format::record_bytes(engine.element_bytes.into(), engine.scalar_bytes.into());
        let slots = f64::from(per_pass) * f64::from(c);
        let slot = format::result_slot_bytes(engine.element_bytes.into()) as f64;
        let (mut parts, mut windows_of_levels) = (Parts::default(), 0.0);
        for (pass, load) in loads.iter().enumerate() {
            let (taken, supply, latency_of_supply) = match pass {
                0 => (
                    n,
                    (scalar / board.read_rate).max(2.0 * element / board.beat_bytes),
                    board.read_latency.max(board.memory_latency),
                ),
                _ => (
                    n * load.taken,
                    record as f64 / board.beat_bytes,
                    board.memory_latency,
                ),
            };
            let left = loads.get(pass + 1).map_or(0.0, |next| n * next.taken);
            let written = left * (record as f64 / board.beat_bytes + RUN_CYCLES / RUN_RECORDS);
            parts.start += latency_of_supply + entry_latency;
            parts.stream += (n * load.steps).max(taken * supply.max(1.0)).max(written);
            windows_of_levels += load.occupied * f64::from(c - 1);
            parts.drain += latency * (1.0 + (1.0 + latency * load.hottest).log2());
            parts.sweep += load.occupied * f64::from((1u32 << c) - 2);
            parts.results += slots * (slot / board.write_rate) + board.write_latency;
        }
        parts.results += board.write_latency;
        let passes = loads.len() as f64;
        let levels = passes * f64::from(c - 1);
        let known = parts.start
            + parts.stream
            + parts.drain
            + parts.sweep
            + parts.results
            + levels * latency;
        Some(Self {
            known,
            factors: [1.0, levels, windows_of_levels],
            parts: Parts {
                sweep: parts.sweep + levels * latency,
                ..parts
            },
        })
    }
}

/// The c and K that the driver chooses.
pub fn driver_plan(
    engine: &EngineCapability,
    count: usize,
    scalars: Distribution,
) -> Option<(u8, u8)> {
    let bytes: Vec<u8> = match CurveId::from_code(engine.group)? {
        CurveId::Toy => crate::points::toy_scalars(count.min(1 << 18), scalars)
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect(),
        _ => {
            // only which scalars are 0 or 1 matters, and that is the same in both fields
            let scalars = scalars.scalars::<ark_bn254::Fr>(count.min(1 << 18));
            let bytes = scalars.into_iter().map(ark_ff::PrimeField::into_bigint);
            bytes
                .flat_map(|s| ark_ff::BigInteger::to_bytes_le(&s))
                .collect()
        }
    };
    let density = Density::sample(&bytes, engine.scalar_bytes.into(), false);
    let plan = Plan::choose(engine, count, density)?;
    Some((plan.window, plan.windows_per_pass))
}

impl Constants {
    /// The constants for which the relative errors are least.
    pub fn fit(points: impl Iterator<Item = (Terms, f64)>) -> Option<Self> {
        let rows: Vec<_> = points
            .map(|(terms, cycles)| {
                let row = terms.factors.map(|factor| factor / cycles);
                (row, (cycles - terms.known) / cycles)
            })
            .collect();
        let [job, level, window] = solve(&rows)?;
        Some(Self { job, level, window })
    }

    /// The cycles of a job.
    pub fn cycles(&self, terms: &Terms) -> f64 {
        let constants = [self.job, self.level, self.window];
        let fitted = constants.iter().zip(terms.factors).map(|(c, f)| c * f);
        terms.known + fitted.sum::<f64>()
    }
}
